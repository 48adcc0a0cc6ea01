/** The cost of the embedded recogniser: start, listening, answers. */
import { localSpeechToText } from '../../dist/providers/local/stt/local-speech-to-text.js';
import { manifest, recordingOf } from '../soak/recordings.js';
import { distribution, single } from './section.js';

const phoneHz = 8000;
const frameSamples = 160;

export async function speechRecognition({ rounds }) {
  const starts = [];
  for (let round = 0; round < rounds; round++) starts.push(await startOne());
  const stt = localSpeechToText();
  await stt.warmUp();
  await stt.idle();
  const spoken = manifest.filter(
    ({ kind, voice, file }) => kind === 'utterance' && file.includes(`/voices/${voice}/`),
  );
  const chosen = spoken.filter((_, index) => index % 5 === 0);
  const answersMs = [];
  let audioSeconds = 0;
  const before = process.cpuUsage();
  for (const { file } of chosen) {
    const { samples } = await recordingOf(file);
    audioSeconds += samples.length / phoneHz;
    answersMs.push(await recognise(stt, samples));
  }
  const { user, system } = process.cpuUsage(before);
  await stt.close();
  return {
    title: 'Speech recognition (SoundSwallower)',
    figures: [
      distribution(
        'first decoder: thread, model and grammar',
        'ms',
        starts.map(({ firstMs }) => firstMs),
      ),
      distribution(
        'each further decoder',
        'ms',
        starts.map(({ nextMs }) => nextMs),
      ),
      distribution('final after the flush, at full speed', 'ms', answersMs),
      single('processor time per second of audio', 'ms', (user + system) / 1000 / audioSeconds),
    ],
    problems: [],
  };
}

/** Start-up time of the first decoder, and of a second one. */
async function startOne() {
  const stt = localSpeechToText({ workers: 1 });
  const startedMs = performance.now();
  await stt.warmUp();
  const firstMs = performance.now() - startedMs;
  const silence = new Int16Array(frameSamples);
  // The second of two simultaneous utterances needs another decoder.
  const [first, second] = [openStream(stt), openStream(stt)];
  first.stream.speechStarted();
  await stt.idle();
  const nextStartedMs = performance.now();
  second.stream.speechStarted();
  second.stream.write({ samples: silence, sampleRateHz: phoneHz });
  second.stream.flush();
  await second.final;
  const nextMs = performance.now() - nextStartedMs;
  await Promise.all([first.stream.close(), second.stream.close()]);
  await stt.close();
  return { firstMs, nextMs };
}

/** Writes an utterance in frames without waiting between them; resolves with the time from flush to final. */
async function recognise(stt, samples) {
  const { stream, final } = openStream(stt);
  stream.speechStarted();
  for (let at = 0; at < samples.length; at += frameSamples)
    stream.write({ samples: samples.subarray(at, at + frameSamples), sampleRateHz: phoneHz });
  const flushedMs = performance.now();
  stream.flush();
  await final;
  const tookMs = performance.now() - flushedMs;
  await stream.close();
  return tookMs;
}

function openStream(stt) {
  let settle;
  const final = new Promise((resolve, reject) => (settle = { resolve, reject }));
  const stream = stt.open({
    format: { encoding: 'linear16', sampleRateHz: phoneHz },
    signal: new globalThis.AbortController().signal,
    onEvent(event) {
      if (event.type === 'final') settle.resolve(event.text);
      if (event.type === 'error') settle.reject(event.error);
    },
  });
  return { stream, final };
}
