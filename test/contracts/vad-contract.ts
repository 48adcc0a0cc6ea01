import { afterEach, describe, expect, it } from '@jest/globals';
import type { AudioFrame } from '#src/audio/audio-frame.js';
import type { VoiceActivityDetection, VoiceActivityDetector } from '#src/vad/voice-activity-detector.js';

const sampleRatesHz = [8000, 16000, 32000, 48000];

/**
 * The conformance suite of voice activity detection: call it in a test file with a function that makes the implementation.
 * For Jest only.
 */
export function vadContract(name: string, make: () => VoiceActivityDetection): void {
  describe(`${name} as a voice activity detector`, () => {
    const open: VoiceActivityDetector[] = [];
    const create = async (): Promise<VoiceActivityDetector> => {
      const detector = await make().create();
      open.push(detector);
      return detector;
    };
    afterEach(() => {
      for (const detector of open.splice(0)) detector.close();
    });

    it.each(sampleRatesHz)('hears a voice at %i Hz, in frames of 10, 20 and 30 ms', async (sampleRateHz) => {
      for (const frameMs of [10, 20, 30]) {
        const detector = await create();
        expect(
          shareOfSpeech(detector, voicedSound(990, sampleRateHz), sampleRateHz, frameMs),
        ).toBeGreaterThan(0.9);
      }
    });

    it.each(sampleRatesHz)('hears no voice in digital silence at %i Hz', async (sampleRateHz) => {
      const detector = await create();
      expect(shareOfSpeech(detector, new Int16Array(sampleRateHz), sampleRateHz)).toBe(0);
    });

    it('hears no voice in soft white noise, except briefly', async () => {
      const detector = await create();
      const noise = whiteNoise(2000, 8000, 100);
      shareOfSpeech(detector, noise.subarray(0, 1600), 8000);
      expect(shareOfSpeech(detector, noise.subarray(1600), 8000)).toBeLessThan(0.02);
    });

    it('hears that the voice has stopped within 200 ms', async () => {
      const detector = await create();
      shareOfSpeech(detector, voicedSound(1000, 8000), 8000);
      shareOfSpeech(detector, new Int16Array(1600), 8000);
      expect(shareOfSpeech(detector, new Int16Array(8000), 8000)).toBe(0);
    });

    it.each([0, 1, 79, 159, 161, 320, 4000])('refuses a frame of %i samples at 8 kHz', async (length) => {
      const detector = await create();
      const frame = { samples: new Int16Array(length), sampleRateHz: 8000 };
      expect(() => detector.isSpeech(frame)).toThrow(RangeError);
    });

    it.each([0, 11025, 22050, 24000, 44100])('refuses a rate of %i Hz', async (sampleRateHz) => {
      const detector = await create();
      const frame = { samples: new Int16Array(sampleRateHz / 50), sampleRateHz };
      expect(() => detector.isSpeech(frame)).toThrow(RangeError);
    });

    it('continues after a refused frame', async () => {
      const detector = await create();
      expect(() => detector.isSpeech({ samples: new Int16Array(7), sampleRateHz: 8000 })).toThrow(RangeError);
      expect(() => detector.isSpeech({ samples: new Int16Array(480), sampleRateHz: 24000 })).toThrow(
        RangeError,
      );
      expect(shareOfSpeech(detector, voicedSound(500, 8000), 8000)).toBeGreaterThan(0.9);
    });

    it('behaves like a new one after a reset', async () => {
      const detector = await create();
      const sound = mixed(voicedSound(600, 8000), whiteNoise(600, 8000, 2500));
      const first = judgements(detector, sound, 8000);
      detector.reset();
      expect(judgements(detector, sound, 8000)).toEqual(first);
    });

    it('keeps two callers apart', async () => {
      const sound = mixed(voicedSound(600, 8000), whiteNoise(600, 8000, 2500));
      const expected = judgements(await create(), sound, 8000);
      const [one, other] = [await create(), await create()];
      const noise = framesOf(whiteNoise(600, 16000, 9000), 16000, 20);
      const interleaved = framesOf(sound, 8000, 20).map((frame, i) => {
        const otherFrame = noise[i];
        if (otherFrame) other.isSpeech(otherFrame);
        return one.isSpeech(frame);
      });
      expect(interleaved).toEqual(expected);
    });

    it('leaves the frame as it was', async () => {
      const detector = await create();
      const samples = voicedSound(20, 8000);
      const copy = samples.slice();
      detector.isSpeech({ samples, sampleRateHz: 8000 });
      expect(samples).toEqual(copy);
    });

    it('may be closed several times, without affecting its successors', async () => {
      const closed = await create();
      closed.close();
      const next = await create();
      closed.close();
      expect(shareOfSpeech(next, voicedSound(500, 8000), 8000)).toBeGreaterThan(0.9);
    });
  });
}

function framesOf(samples: Int16Array, sampleRateHz: number, frameMs: number): AudioFrame[] {
  const length = (sampleRateHz * frameMs) / 1000;
  const frames: AudioFrame[] = [];
  for (let at = 0; at + length <= samples.length; at += length)
    frames.push({ samples: samples.subarray(at, at + length), sampleRateHz });
  return frames;
}

function judgements(
  detector: VoiceActivityDetector,
  samples: Int16Array,
  sampleRateHz: number,
  frameMs = 20,
): boolean[] {
  return framesOf(samples, sampleRateHz, frameMs).map((frame) => detector.isSpeech(frame));
}

function shareOfSpeech(
  detector: VoiceActivityDetector,
  samples: Int16Array,
  sampleRateHz: number,
  frameMs = 20,
): number {
  const judged = judgements(detector, samples, sampleRateHz, frameMs);
  return judged.filter((speech) => speech).length / judged.length;
}

/** A sound like a sung "ah": a pulse train at the pitch of a voice through three formants, with four swells a second. */
function voicedSound(durationMs: number, sampleRateHz: number): Int16Array {
  const resonators = [
    { hz: 700, widthHz: 90 },
    { hz: 1200, widthHz: 110 },
    { hz: 2500, widthHz: 160 },
  ].map(({ hz, widthHz }) => {
    const radius = Math.exp((-Math.PI * widthHz) / sampleRateHz);
    return {
      a: 2 * radius * Math.cos((2 * Math.PI * hz) / sampleRateHz),
      b: -radius * radius,
      last: 0,
      lastButOne: 0,
    };
  });
  const gain = 4000 * Math.sqrt(8000 / sampleRateHz);
  let phase = 0;
  return Int16Array.from({ length: (durationMs * sampleRateHz) / 1000 }, (_, i) => {
    const seconds = i / sampleRateHz;
    phase += (120 + 15 * Math.sin(6 * Math.PI * seconds)) / sampleRateHz;
    const pulse = phase >= 1 ? 1 : 0;
    phase -= pulse;
    let sum = 0;
    for (const resonator of resonators) {
      const output = pulse + resonator.a * resonator.last + resonator.b * resonator.lastButOne;
      resonator.lastButOne = resonator.last;
      resonator.last = output;
      sum += output;
    }
    const swell = 0.55 - 0.45 * Math.cos(8 * Math.PI * seconds);
    return Math.max(-32768, Math.min(32767, Math.round(sum * swell * gain)));
  });
}

/** White noise, the same in every run: a linear congruential generator (Numerical Recipes). */
function whiteNoise(durationMs: number, sampleRateHz: number, amplitude: number): Int16Array {
  let state = 1;
  return Int16Array.from({ length: (durationMs * sampleRateHz) / 1000 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 2 ** 31 - 1) * amplitude);
  });
}

function mixed(one: Int16Array, other: Int16Array): Int16Array {
  return one.map((sample, i) => Math.max(-32768, Math.min(32767, sample + (other[i] ?? 0))));
}
