/** A caller's speech as the phone delivers it, for tests and fixtures. */
import type { AudioFrame } from '../audio/audio-frame.js';
import { decodeMulaw, encodeMulaw } from '../audio/g711.js';
import { createResampler } from '../audio/resampler.js';
import { loadFlite, type FliteVoice } from '../providers/local/tts/flite.js';
import { trimSpeech } from '../providers/local/tts/trim-speech.js';

export interface CallerSpeechOptions {
  /** @default 'rms' */
  readonly voice?: FliteVoice;
  /** @default 8000 */
  readonly sampleRateHz?: number;
}

/** So many utterances are kept: tests say the same few again and again, and synthesis costs far more than the call does. */
const maxKept = 64;
const kept = new Map<string, Promise<Int16Array>>();

/** Speaks the text with Flite, with 400 ms of silence before and 200 ms after; at 8 kHz it passes through mu-law once. */
export async function callerSpeech(text: string, options: CallerSpeechOptions = {}): Promise<Int16Array> {
  const { voice = 'rms', sampleRateHz = 8000 } = options;
  const key = `${voice} ${sampleRateHz} ${text}`;
  const known = kept.get(key) ?? synthesise(text, voice, sampleRateHz);
  // The latest is the last: the first one goes when there are too many.
  kept.delete(key);
  kept.set(key, known);
  const [oldest] = kept.keys();
  if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
  try {
    // A copy, for the caller may write to it.
    return (await known).slice();
  } catch (error) {
    kept.delete(key);
    throw error;
  }
}

async function synthesise(text: string, voice: FliteVoice, sampleRateHz: number): Promise<Int16Array> {
  const speech = (await loadFlite()).synthesize(text, { voice });
  const { samples } = trimSpeech(speech, { leadMs: 400, tailMs: 100 });
  const resampler = await createResampler({ fromHz: speech.sampleRateHz, toHz: sampleRateHz });
  const converted = [resampler.push(samples), resampler.flush()];
  resampler.close();
  const padded = new Int16Array(sampleRateHz / 10 + converted.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const part of converted) {
    padded.set(part, length);
    length += part.length;
  }
  return sampleRateHz === 8000 ? decodeMulaw(encodeMulaw(padded)) : padded;
}

/** Splits audio into frames of 20 ms, as a call delivers them. */
export function* framesOf(samples: Int16Array, sampleRateHz: number): Generator<AudioFrame> {
  const length = sampleRateHz / 50;
  for (let start = 0; start < samples.length; start += length)
    yield { samples: samples.subarray(start, start + length), sampleRateHz };
}

/** White noise between -amplitude and +amplitude, the same for the same seed. */
export function noise(length: number, amplitude: number, seed = 1): Int16Array {
  let state = seed;
  return Int16Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 2 ** 31 - 1) * amplitude);
  });
}
