/** Voices that stand in for one another must give the same audio: what they can all give, and how it is made so. */
import type { AudioFormat, AudioFormats, AudioFrame } from '../audio/audio-frame.js';
import { encodeMulaw } from '../audio/g711.js';

/**
 * The formats that each of several voices can give. Between mu-law and linear PCM there is nothing but a table, so only
 * the rates must agree; null where no rate is common to all.
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

/** What a voice is asked for where `wanted` is needed. */
export function nearestFormat(wanted: AudioFormat, { encodings }: AudioFormats): AudioFormat {
  const [other = wanted.encoding] = encodings;
  return encodings.includes(wanted.encoding) ? wanted : { ...wanted, encoding: other };
}

/** A voice's frame as the format wants it: the same one, mostly. */
export function inEncoding(frame: AudioFrame, encoding: AudioFormat['encoding']): AudioFrame {
  const { samples, sampleRateHz, encoded } = frame;
  if (encoding === 'mulaw')
    return encoded ? frame : { ...frame, encoded: { encoding, bytes: encodeMulaw(samples) } };
  return encoded ? { samples, sampleRateHz } : frame;
}
