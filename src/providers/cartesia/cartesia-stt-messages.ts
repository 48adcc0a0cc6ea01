/**
 * The messages of Cartesia's WebSocket for recognition with manual finalisation, in both directions.
 *
 * Source: https://docs.cartesia.ai/api-reference/stt/websocket and the types of `@cartesia/cartesia-js` 4.2.0
 */
import { z } from 'zod';
import type { AudioFormat } from '../../audio/audio-frame.js';
import { failureOfError, type CartesiaFailure } from './cartesia-errors.js';

/** The parts of a server message that are used. */
export type CartesiaSttMessage =
  /** Text since the last final one, to be joined as it is. */
  | { readonly type: 'transcript'; readonly text: string; readonly isFinal: boolean }
  /** All audio before a `finalize` was processed, and its transcripts were sent. */
  | { readonly type: 'flush_done' }
  /** The answer to `close`. */
  | { readonly type: 'done' }
  | { readonly type: 'error'; readonly failure: CartesiaFailure };

/** A field of the wrong type counts as missing. */
const schema = z.object({
  type: z.string(),
  text: z.string().catch(''),
  is_final: z.boolean().catch(false),
});
const idSchema = z.object({ request_id: z.string() });

/** Reads a server message; null if it is not a Cartesia message, or one of a new type. */
export function readSttMessage(json: string): CartesiaSttMessage | null {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return null;
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) return null;
  const { type, text, is_final: isFinal } = parsed.data;
  switch (type) {
    case 'transcript':
      return { type, text, isFinal };
    case 'flush_done':
    case 'done':
      return { type };
    case 'error':
      return { type, failure: failureOfError(raw) };
    default:
      return null;
  }
}

/** The id of the connection in a server message, if there is one. */
export function requestIdOfMessage(json: string): string | undefined {
  try {
    return idSchema.safeParse(JSON.parse(json)).data?.request_id;
  } catch {
    return undefined;
  }
}

/** Requests the final transcript of all audio so far. */
export const finalize = 'finalize';

/** Ends the stream. */
export const closeStream = 'close';

/** What is recognised, and how. */
export interface CartesiaRecognition {
  /** @default 'ink-2', which knows English; 'ink-whisper' for any other `language` */
  readonly model?: string;
  /** ISO 639-1. @default 'en' */
  readonly language?: string;
  /** Words and phrases to expect, for `ink-2`: up to 100, with 1200 characters in all. */
  readonly keyterms?: readonly string[];
  /** For `ink-whisper`: audio below this volume, 0 to 1, is silence. */
  readonly minVolume?: number;
  /** For `ink-whisper`: a silence of this many seconds ends a part of the transcript. */
  readonly maxSilenceSec?: number;
  /** Further parameters of the address, as Cartesia names them. */
  readonly extra?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** The model that is used. */
export function modelOf({ model, language = 'en' }: CartesiaRecognition): string {
  return model ?? (/^en\b/i.test(language) ? 'ink-2' : 'ink-whisper');
}

export function isWhisper(model: string): boolean {
  return model.startsWith('ink-whisper');
}

/** The address's parameters. */
export function listenQuery(recognition: CartesiaRecognition, format: AudioFormat): string {
  const { language, keyterms = [], minVolume, maxSilenceSec, extra = {} } = recognition;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(extra))
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value])
      query.append(name, String(one));
  query.set('model', modelOf(recognition));
  query.set('encoding', format.encoding === 'mulaw' ? 'pcm_mulaw' : 'pcm_s16le');
  query.set('sample_rate', String(format.sampleRateHz));
  if (language !== undefined) query.set('language', language);
  for (const keyterm of keyterms) query.append('keyterm', keyterm);
  if (minVolume !== undefined) query.set('min_volume', String(minVolume));
  if (maxSilenceSec !== undefined) query.set('max_silence_duration_secs', String(maxSilenceSec));
  return query.toString();
}
