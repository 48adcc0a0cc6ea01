/**
 * Pauses within the recorded sentences, and what a flush in them costs a recogniser that starts anew after each flush: the
 * embedded one. Cloud recognisers that go on in the next segment cannot be measured here.
 */
import { localSpeechToText } from '../../dist/providers/local/stt/local-speech-to-text.js';
import { words } from '../../dist/session/input/caller-text.js';
import { SpeechSegmenter } from '../../dist/session/input/speech-segmenter.js';
import { defaultTurnTaking } from '../../dist/session/turn-taking/turn-taking.js';
import { rmsDbfs } from '../../dist/audio/level.js';
import { webRtcVad } from '../../dist/vad/webrtc-vad.js';
import { manifest, recordingOf } from '../soak/recordings.js';
import { single } from './section.js';

const frameMs = 20;
const pausesMs = [60, 80, 100, 120, 160];
/** Silence behind each recording, so that its end is noticed. */
const behindMs = 400;

export async function earlyFlush() {
  const said = manifest.filter(({ kind }) => kind === 'utterance' || kind === 'noisy');
  const stt = localSpeechToText({ workers: 1 });
  await stt.warmUp();
  const pauses = new Map(pausesMs.map((ms) => [ms, 0]));
  let cut = 0;
  const wrong = { once: 0, early: 0 };
  let total = 0;
  for (const { file, text } of said) {
    const recording = await recordingOf(file);
    const boundaries = await boundariesOf(recording);
    for (const ms of pausesMs)
      if (boundaries.some((one) => one.type === 'pause' && one.isInside && one.silenceMs >= ms))
        pauses.set(ms, pauses.get(ms) + 1);
    const isCut = boundaries.some(
      (one) => one.type === 'pause' && one.isInside && one.silenceMs >= defaultTurnTaking.earlyFlushMs,
    );
    total += words(text).length;
    const once = await recognise(stt, recording, boundaries, false);
    wrong.once += missing(words(text), words(once));
    if (!isCut) {
      wrong.early += missing(words(text), words(once));
      continue;
    }
    cut++;
    wrong.early += missing(words(text), words(await recognise(stt, recording, boundaries, true)));
  }
  await stt.close();
  const share = (count) => (100 * count) / said.length;
  return {
    title: `A flush in the first silence, over ${said.length} recorded sentences`,
    figures: [
      ...pausesMs.map((ms) =>
        single(`sentences with a pause of ${ms} ms or more`, '%', share(pauses.get(ms))),
      ),
      single(`sentences that a flush after ${defaultTurnTaking.earlyFlushMs} ms cuts`, '%', share(cut)),
      single(
        'words that the embedded recogniser misses, flushed at the end',
        '%',
        (100 * wrong.once) / total,
      ),
      single('the same, flushed early', '%', (100 * wrong.early) / total),
    ],
    problems: [],
  };
}

/** The boundaries of the speech, with the frames at which they are noticed; a pause is inside if speech goes on behind it. */
async function boundariesOf({ samples, sampleRateHz }) {
  const vad = await webRtcVad().create();
  const segmenter = new SpeechSegmenter({ ...defaultTurnTaking, pausesMs });
  const boundaries = [];
  for (const [index, frame] of framesOf(samples, sampleRateHz).entries()) {
    const boundary = segmenter.push({
      speech: vad.isSpeech({ samples: frame, sampleRateHz }),
      levelDbfs: rmsDbfs(frame),
      endMs: (index + 1) * frameMs,
      durationMs: frameMs,
    });
    if (boundary) boundaries.push({ ...boundary, index, isInside: false });
  }
  vad.close();
  for (const [at, one] of boundaries.entries())
    one.isInside =
      one.type === 'pause' &&
      boundaries.slice(at + 1).find(({ type }) => type !== 'pause')?.type === 'resume';
  return boundaries;
}

async function recognise(stt, { samples, sampleRateHz }, boundaries, isEarly) {
  const ending = new AbortController();
  const finals = [];
  let answered = () => undefined;
  const stream = stt.open({
    format: { encoding: 'linear16', sampleRateHz },
    signal: ending.signal,
    onEvent: (event) => {
      if (event.type !== 'final') return;
      finals.push(event.text);
      answered();
    },
  });
  let flushes = 0;
  let isFlushed = false;
  for (const [index, frame] of framesOf(samples, sampleRateHz).entries()) {
    stream.write({ samples: frame, sampleRateHz });
    for (const boundary of boundaries.filter((one) => one.index === index)) {
      const isLong = boundary.silenceMs >= defaultTurnTaking.earlyFlushMs;
      if (boundary.type === 'start' || (boundary.type === 'resume' && isFlushed)) {
        stream.speechStarted();
        isFlushed = false;
      } else if (boundary.type === 'end' || (isEarly && boundary.type === 'pause' && isLong)) {
        if (isFlushed) continue;
        stream.flush();
        flushes++;
        isFlushed = true;
      }
    }
  }
  while (finals.length < flushes) await new Promise((resolve) => (answered = resolve));
  await stream.close();
  return finals.join(' ');
}

function framesOf(samples, sampleRateHz) {
  const length = (sampleRateHz * frameMs) / 1000;
  const whole = new Int16Array(samples.length + (behindMs / frameMs) * length);
  whole.set(samples);
  return Array.from({ length: Math.floor(whole.length / length) }, (_, index) =>
    whole.subarray(index * length, (index + 1) * length),
  );
}

/** How many of the words are missing, in order. */
function missing(expected, heard) {
  const rows = [Array(heard.length + 1).fill(0)];
  for (const [i, word] of expected.entries()) {
    const row = [0];
    for (const [j, other] of heard.entries())
      row.push(word === other ? rows[i][j] + 1 : Math.max(rows[i][j + 1], row[j]));
    rows.push(row);
  }
  return expected.length - rows.at(-1).at(-1);
}
