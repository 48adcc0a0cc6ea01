/** Audio formats for a fallback list of voices, which must all deliver the same format. */
import type { AudioFormat, AudioFormats, AudioFrame } from '../audio/audio-frame.js';
import { encodeMulaw } from '../audio/g711.js';

/**
 * The formats that every voice in the list can deliver. Mu-law and linear PCM are easily converted, so only the sample
 * rates must agree; null if no rate is common to all.
 */
export function commonFormats(formats: readonly AudioFormats[]): AudioFormats | null {
  const [first, ...others] = formats;
  if (!first || others.length === 0) return first ?? null;
  let rates = first.sampleRatesHz;
  for (const { sampleRatesHz } of others) {
    if (rates === 'any') rates = sampleRatesHz;
    else if (sampleRatesHz !== 'any') rates = rates.filter((rate) => sampleRatesHz.includes(rate));
  }
  if (rates.length === 0) return null;
  const encodings = [...new Set(formats.flatMap((format) => format.encodings))];
  return { encodings, sampleRatesHz: rates };
}

/** The format to request from a voice when `wanted` is needed: same rate, `wanted`'s encoding if the voice has it. */
export function nearestFormat(wanted: AudioFormat, { encodings }: AudioFormats): AudioFormat {
  const [other = wanted.encoding] = encodings;
  return encodings.includes(wanted.encoding) ? wanted : { ...wanted, encoding: other };
}

/** Converts a voice's frame to the encoding; usually returns the same frame. */
export function inEncoding(frame: AudioFrame, encoding: AudioFormat['encoding']): AudioFrame {
  const { samples, sampleRateHz, encoded } = frame;
  if (encoding === 'mulaw')
    return encoded ? frame : { ...frame, encoded: { encoding, bytes: encodeMulaw(samples) } };
  return encoded ? { samples, sampleRateHz } : frame;
}
