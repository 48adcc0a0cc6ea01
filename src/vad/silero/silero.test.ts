import { describe, expect, it } from '@jest/globals';
import { backgroundNoises } from '../../../test/harness/background-noise.js';
import { durationMs } from '../../audio/audio-frame.js';
import { callerSpeech, framesOf } from '../../simulators/caller-speech.js';
import type { VoiceCheck } from '../voice-check.js';
import { sileroVoiceCheck } from './silero.js';

const rates = [8000, 16_000, 48_000];

/** The highest answer, if the check is asked after each frame of the last `askedMs`. */
function highest(check: VoiceCheck, samples: Int16Array, sampleRateHz: number, askedMs = Infinity): number {
  const frames = [...framesOf(samples, sampleRateHz)];
  let leftMs = frames.reduce((sum, frame) => sum + durationMs(frame), 0);
  let found = 0;
  for (const frame of frames) {
    check.push(frame);
    if (leftMs <= askedMs) found = Math.max(found, check.voiceProbability());
    leftMs -= durationMs(frame);
  }
  return found;
}

describe('the check of voices', () => {
  it.each(rates)('hears a voice at %i Hz', async (sampleRateHz) => {
    const check = await sileroVoiceCheck().create();
    expect(highest(check, await callerSpeech('hello there', { sampleRateHz }), sampleRateHz)).toBeGreaterThan(
      0.9,
    );
  });

  it.each(rates)('hears no voice in clicks and tones at %i Hz', async (sampleRateHz) => {
    for (const name of [
      'a key click each second',
      'typing',
      'the beep of a fake microphone each second',
    ] as const) {
      const check = await sileroVoiceCheck().create();
      expect(highest(check, backgroundNoises[name](3, sampleRateHz), sampleRateHz)).toBeLessThan(0.3);
    }
  });

  it.each([30, 80, 160, 240, 1000, 6000])(
    'hears the same in frames of %i samples in one array',
    async (length) => {
      const speech = (await callerSpeech('hello there')).subarray(0, 8 * 900);
      const check = await sileroVoiceCheck().create();
      const expected = await sileroVoiceCheck().create();
      const frame = new Int16Array(length);
      for (let at = 0; at + length <= speech.length; at += length) {
        frame.set(speech.subarray(at, at + length));
        check.push({ samples: frame, sampleRateHz: 8000 });
      }
      for (const { samples } of framesOf(speech.subarray(0, speech.length - (speech.length % length)), 8000))
        expected.push({ samples, sampleRateHz: 8000 });
      expect(check.voiceProbability()).toBeCloseTo(expected.voiceProbability(), 1);
      expect(check.voiceProbability()).toBeGreaterThan(0.5);
    },
  );

  it('says 0 before any audio, and of less than a window', async () => {
    const check = await sileroVoiceCheck().create();
    expect(check.voiceProbability()).toBe(0);
    check.push({ samples: new Int16Array(160).fill(8000), sampleRateHz: 8000 });
    expect(check.voiceProbability()).toBe(0);
  });

  it('hears the same when it is asked once as when it is asked after each frame', async () => {
    // From where the voice has begun: quiet before it is not kept.
    const speech = (await callerSpeech('hello there')).subarray(8 * 440, 8 * 920);
    const once = await sileroVoiceCheck().create();
    const often = await sileroVoiceCheck().create();
    highest(often, speech, 8000);
    highest(once, speech, 8000, 20);
    expect(once.voiceProbability()).toBe(often.voiceProbability());
  });

  it('answers about the last 100 ms only', async () => {
    const check = await sileroVoiceCheck().create();
    const speech = await callerSpeech('hello there');
    expect(highest(check, speech, 8000)).toBeGreaterThan(0.9);
    highest(check, new Int16Array(8 * 400), 8000);
    expect(check.voiceProbability()).toBeLessThan(0.3);
  });

  it('begins afresh after more audio than it keeps', async () => {
    const speech = await callerSpeech('hello there');
    const fresh = await sileroVoiceCheck().create();
    const used = await sileroVoiceCheck().create();
    highest(used, backgroundNoises.typing(2, 8000), 8000);
    used.voiceProbability();
    const frames = [...framesOf(speech, 8000)].filter(({ samples }) => samples.length === 160);
    for (const frame of frames) used.push(frame);
    for (const frame of frames.slice(-25)) fresh.push(frame);
    expect(used.voiceProbability()).toBe(fresh.voiceProbability());
  });
});
