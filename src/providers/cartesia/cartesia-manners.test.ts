import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { phoneFormat, webFormat, SpokenAnswer } from '../../../test/harness/spoken-answer.js';
import { systemClock, type Clock } from '../../core/clock.js';
import {
  cartesiaFlushes,
  cartesiaTimings,
  type CartesiaManners,
} from '../../simulators/cartesia/cartesia-manners.js';
import {
  startCartesiaVoiceSimulator,
  type CartesiaVoiceSimulator,
} from '../../simulators/cartesia/cartesia-voice-simulator.js';
import { cartesiaTextToSpeech, type CartesiaTextToSpeech } from './cartesia-text-to-speech.js';

const manners: readonly (readonly [string, CartesiaManners | 'random'])[] = [
  ...cartesiaFlushes.map((flushes) => [`flushes as ${flushes}`, { flushes }] as const),
  ...cartesiaTimings.map((timing) => [`times ${timing}`, { timing }] as const),
  ['silence before the first word', { silenceMs: 310 }],
  ['unknown messages', { unknown: true }],
  ['a late end', { end: 'late' }],
  ['random manners', 'random'],
];
const sentences = ['Sure, I can book 2 of them.', 'What day works for you?', '…', 'Yes.', 'Take your time.'];
/** A simulator whose time passes twenty times as fast. */
const hurried: Clock = {
  nowMs: () => systemClock.nowMs(),
  setTimer: (delayMs, callback) => systemClock.setTimer(delayMs / 20, callback),
};

describe.each(manners)('Cartesia with %s', (_name, manner) => {
  let simulator: CartesiaVoiceSimulator;
  let tts: CartesiaTextToSpeech;
  const tellsWords = manner !== 'random' && manner.timing !== 'none';
  const tellsFlushes = manner !== 'random' && manner.flushes !== 'none';

  beforeAll(async () => {
    simulator = await startCartesiaVoiceSimulator({
      ...{ manners: manner, clock: hurried, pace: { firstAudioMs: 0, pieceMs: 0 } },
    });
    tts = cartesiaTextToSpeech({
      ...{ apiKey: 'sk_car_any', baseUrl: simulator.baseUrl },
      // For what hangs, not for what is slow.
      ...{ firstAudioTimeoutMs: 60_000, audioTimeoutMs: 60_000 },
    });
  });
  afterAll(async () => {
    await tts.close();
    await simulator.close();
  });

  it('gives every sample once and in order, each chunk once, and no error, answer after answer', async () => {
    for (let turn = 0; turn < (manner === 'random' ? 16 : 4); turn++) {
      simulator.sentAudio.length = 0;
      const answer = await new SpokenAnswer(tts, turn % 2 === 0 ? phoneFormat : webFormat).speak(sentences);
      expect(answer.error).toBeNull();
      const { events } = answer;
      expect(events.at(-1)).toEqual({ type: 'done' });
      expect(events.flatMap((event) => (event.type === 'chunk_done' ? [event.chunk] : []))).toEqual([
        0, 1, 2, 3, 4,
      ]);
      const sent = Buffer.concat(simulator.sentAudio);
      const given = Buffer.concat(
        events.flatMap((event) =>
          event.type === 'audio'
            ? [event.frame.encoded?.bytes ?? new Uint8Array(Int16Array.from(event.frame.samples).buffer)]
            : [],
        ),
      );
      // The silence at the beginning is left out.
      expect(sent.subarray(sent.length - given.length).equals(given)).toBe(true);
      expect(sent.length - given.length).toBeLessThanOrEqual(0.31 * 48_000);
      expect(given.length).toBeGreaterThan(0);
      if (tellsFlushes) expect(chunksWithAudio(answer)).toEqual([0, 1, 3, 4]);
      if (tellsWords) expect(wordsOf(answer)).toEqual(sentences.filter((text) => text !== '…'));
    }
    expect(simulator.problems).toEqual([]);
  });

  it('keeps audio that the end has overtaken, and drops audio behind the end', async () => {
    if (!tellsFlushes) return;
    for (const fault of ['out_of_order', 'stale_audio'] as const) {
      simulator.failNext({ fault });
      simulator.sentAudio.length = 0;
      const answer = await new SpokenAnswer(tts).speak(sentences);
      expect(answer.error).toBeNull();
      const sent = Buffer.concat(simulator.sentAudio);
      expect(sent.subarray(sent.length - answer.bytes.length).equals(answer.bytes)).toBe(true);
      expect(answer.bytes.length).toBeGreaterThan(sent.length - 0.32 * 8000);
    }
  });
});

function chunksWithAudio({ events }: SpokenAnswer): readonly number[] {
  return [...new Set(events.flatMap((event) => (event.type === 'audio' ? [event.chunk] : [])))];
}

/** The words of each chunk as they were last reported. */
function wordsOf({ events }: SpokenAnswer): readonly string[] {
  const texts = new Map<number, string>();
  for (const event of events)
    if (event.type === 'alignment') texts.set(event.chunk, event.words.map(({ text }) => text).join(' '));
  return [...texts.values()];
}
