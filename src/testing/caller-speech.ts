/** What a caller says, as the phone delivers it; for tests and fixtures. */
import type { AudioFrame } from '../audio/audio-frame.js';
import { decodeMulaw, encodeMulaw } from '../audio/g711.js';
import { createResampler } from '../audio/resampler.js';
import { loadFlite, type FliteVoice } from '../tts/local/flite.js';
import { trimSpeech } from '../tts/local/trim-speech.js';

export interface CallerSpeechOptions {
  /** @default 'rms' */
  readonly voice?: FliteVoice;
  /** @default 8000 */
  readonly sampleRateHz?: number;
}

/** Flite says the text, after 400 ms of silence and before 200 ms; at 8 kHz it goes through mu-law once. */
export async function callerSpeech(text: string, options: CallerSpeechOptions = {}): Promise<Int16Array> {
  const { voice = 'rms', sampleRateHz = 8000 } = options;
  const speech = (await loadFlite()).synthesize(text, { voice });
  const { samples } = trimSpeech(speech, { leadMs: 400, tailMs: 100 });
  const resampler = await createResampler({ fromHz: speech.sampleRateHz, toHz: sampleRateHz });
  const converted = [resampler.push(samples), resampler.flush()];
  resampler.close();
  const silence = new Int16Array(sampleRateHz / 10);
  const padded = Int16Array.from([...converted, silence].flatMap((part) => [...part]));
  return sampleRateHz === 8000 ? decodeMulaw(encodeMulaw(padded)) : padded;
}

/** Cuts audio into the frames of 20 ms that a call delivers. */
export function* framesOf(samples: Int16Array, sampleRateHz: number): Generator<AudioFrame> {
  const length = sampleRateHz / 50;
  for (let start = 0; start < samples.length; start += length)
    yield { samples: samples.subarray(start, start + length), sampleRateHz };
}

/** The same noise for the same seed, evenly spread between -amplitude and +amplitude. */
export function noise(length: number, amplitude: number, seed = 1): Int16Array {
  let state = seed;
  return Int16Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 2 ** 31 - 1) * amplitude);
  });
}
