import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { drawn, isThorough } from '../../../test/harness/thorough.js';
import { textToSpeechContract } from '../../simulators/contracts/text-to-speech-contract.js';
import { elevenLabsTimings, type ElevenLabsManners } from '../../simulators/elevenlabs/elevenlabs-manners.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
} from '../../simulators/elevenlabs/elevenlabs-simulator.js';
import type { AudioFormat } from '../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../core/clock.js';
import type { TtsEvent } from '../text-to-speech.js';
import { elevenLabsTextToSpeech, type ElevenLabsTextToSpeech } from './elevenlabs-text-to-speech.js';

const apiKey = 'el-test-5e0b77';
const others: readonly ElevenLabsManners[] = [
  { contextKey: 'context_id' },
  { flushDone: true },
  { flushDone: true, timing: 'none' },
  { unknown: true },
  { oddFrames: true },
  { oddFrames: true, timing: 'none', contextKey: 'context_id' },
  { final: 'late' },
  { final: 'missing' },
];
const named: readonly (readonly [string, ElevenLabsManners | 'random'])[] = [
  ...elevenLabsTimings.map((timing) => [`times as ${timing}`, { timing }] as const),
  ...others.map((one) => [JSON.stringify(one), one] as const),
  ['random manners', 'random'],
];
/** With the pieces behind which an end is tried that comes too early: one for each, in turn, unless all of them are asked for. */
const manners = named.map(
  ([name, manner], index) => [name, manner, isThorough ? [1, 2, 3] : [1 + (index % 3)]] as const,
);
const sentences = ['Sure, I can book 2 of them.', 'What day works for you?', 'Yes.', 'Take your time.'];
const phone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const web: AudioFormat = { encoding: 'linear16', sampleRateHz: 24_000 };
/** Ends that are not told are waited for, so long. */
const untoldEndMs = 800;
/** For what hangs, not for what is slow. */
const patience = { firstAudioTimeoutMs: 60_000, audioTimeoutMs: 60_000 };
/** A simulator whose time passes twenty times as fast. */
const hurried: Clock = {
  nowMs: () => systemClock.nowMs(),
  setTimer: (delayMs, callback) => systemClock.setTimer(delayMs / 20, callback),
};

/** Random manners are always among them. */
const tried = [...drawn(manners.slice(0, -1), 12), ...manners.slice(-1)];

describe.each(tried)('ElevenLabs with %s', (_name, manner, endsAfter) => {
  const waits = manner === 'random' || manner.final === 'missing';
  const limits = waits ? { ...patience, audioTimeoutMs: untoldEndMs } : patience;
  // Random manners differ from answer to answer.
  const several = isThorough || manner === 'random' ? 8 : 4;
  const answers = waits && manner !== 'random' ? 2 : several;
  const timing = typeof manner === 'object' ? (manner.timing ?? 'piece') : 'none';
  const tellsLetters = !['none', 'no_characters', 'nonsense'].includes(timing);
  let simulator: ElevenLabsSimulator;
  let tts: ElevenLabsTextToSpeech;

  beforeAll(async () => {
    simulator = await startElevenLabsSimulator({
      apiKey,
      manners: manner,
      clock: hurried,
      pace: { firstAudioMs: 0, pieceMs: 0 },
    });
    tts = elevenLabsTextToSpeech({ apiKey, baseUrl: simulator.baseUrl, ...limits });
  });
  afterAll(async () => {
    await tts.close();
    await simulator.close();
  });

  it('gives every sample once and in order, each chunk once, and no error, answer after answer', async () => {
    for (let answer = 0; answer < answers; answer++) {
      simulator.sentAudio.length = 0;
      const events = await speak(tts, answer % 2 === 0 ? phone : web);
      expect(events.at(-1)).toEqual({ type: 'done' });
      const bytes = events.flatMap((event) =>
        event.type === 'audio' ? [event.frame.encoded?.bytes ?? littleEndian(event.frame.samples)] : [],
      );
      expect(Buffer.concat(bytes).equals(Buffer.concat(simulator.sentAudio))).toBe(true);
      expect(events.flatMap((event) => (event.type === 'chunk_done' ? [event.chunk] : []))).toEqual([
        0, 1, 2, 3,
      ]);
    }
    expect(simulator.problems).toEqual([]);
  });

  it('drops what is spoken behind the end of its context', async () => {
    simulator.sentAudio.length = 0;
    simulator.failNext({ fault: 'stale_audio' });
    const events = await speak(tts, phone);
    const samples = events.reduce(
      (sum, event) => sum + (event.type === 'audio' ? event.frame.samples.length : 0),
      0,
    );
    const spoken = sentences.reduce((sum, sentence) => sum + sentence.length + 1, 0);
    expect(samples).toBe(spoken * 480);
    expect(events.at(-1)).toEqual({ type: 'done' });
  });

  for (const afterPieces of tellsLetters ? endsAfter : [])
    it(`knows that an answer is cut whose end comes after piece ${afterPieces}`, async () => {
      simulator.failNext({ fault: 'early_final', afterPieces });
      const events = await speak(tts, phone);
      expect(events.at(-1)).toMatchObject({ type: 'error', error: { category: 'server', retryable: true } });
    });

  it('tells when words are said, or that it guesses', async () => {
    for (const event of await speak(tts, phone)) {
      if (event.type !== 'alignment' || event.origin === 'estimated') continue;
      const written = sentences[event.chunk]!.split(' ');
      expect(event.words.map(({ text }) => text)).toEqual(written.slice(0, event.words.length));
      let sentenceMs = 0;
      for (const before of sentences.slice(0, event.chunk)) sentenceMs += (before.length + 1) * 60;
      for (const [index, { startMs }] of event.words.entries()) {
        const at = written.slice(0, index).join(' ').length + (index === 0 ? 0 : 1);
        // Within a word of what is heard.
        expect(Math.abs(startMs - (sentenceMs + at * 60))).toBeLessThanOrEqual(300);
      }
    }
  });

  // The contract is about more than times; `npm run soak -- --only shapes` holds calls with every shape.
  if (!isWholeContract(manner)) return;
  describeContract(
    'it as a TextToSpeech',
    textToSpeechContract({
      create: () => elevenLabsTextToSpeech({ apiKey, baseUrl: simulator.baseUrl, ...limits }),
      settleMs: 20,
    }),
  );
});

/** Whether the whole contract is tried: with times from the audio's beginning, without any, and with everything at random. */
function isWholeContract(manner: ElevenLabsManners | 'random'): boolean {
  return manner === 'random' || manner.timing === 'context' || manner.timing === 'none';
}

function speak(tts: ElevenLabsTextToSpeech, format: AudioFormat): Promise<readonly TtsEvent[]> {
  const events: TtsEvent[] = [];
  return new Promise((resolve) => {
    const stream = tts.open({
      format,
      signal: new AbortController().signal,
      onEvent: (event) => {
        events.push(event);
        if (event.type === 'done' || event.type === 'error') resolve(events);
      },
    });
    for (const sentence of sentences) stream.write(sentence);
    stream.end();
  });
}

function littleEndian(samples: Int16Array): Buffer {
  const bytes = Buffer.alloc(samples.length * 2);
  for (const [index, sample] of samples.entries()) bytes.writeInt16LE(sample, index * 2);
  return bytes;
}
