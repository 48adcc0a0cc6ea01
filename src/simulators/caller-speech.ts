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

/** Speaks the text with Flite, with 400 ms of silence before and 200 ms after; at 8 kHz it passes through mu-law once. */
export async function callerSpeech(text: string, options: CallerSpeechOptions = {}): Promise<Int16Array> {
  const { voice = 'rms', sampleRateHz = 8000 } = options;
  const speech = (await loadFlite()).synthesize(text, { voice });
  const { samples } = trimSpeech(speech, { leadMs: 400, tailMs: 100 });
  const resampler = await createResampler({ fromHz: speech.sampleRateHz, toHz: sampleRateHz });
  const [body, tail] = [resampler.push(samples), resampler.flush()];
  resampler.close();
  // 100 ms of silence remain at the end.
  const padded = new Int16Array(body.length + tail.length + sampleRateHz / 10);
  padded.set(body);
  padded.set(tail, body.length);
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
