/** The parameters of a connection, by the rules of https://docs.cartesia.ai/api-reference/stt/websocket */
export interface InkQuery {
  readonly model: string;
  readonly encoding: string;
  readonly sampleRateHz: number;
  /** Null if the client does not say. */
  readonly maxSilenceSec: number | null;
}

const encodings = ['pcm_s16le', 'pcm_mulaw'];
const known = [
  ...['model', 'encoding', 'sample_rate', 'language', 'keyterm', 'min_volume'],
  ...['max_silence_duration_secs', 'cartesia_version'],
];

/** Reads the parameters, or says what is wrong with them. */
export function parseInkQuery(query: URLSearchParams): InkQuery | { readonly problem: string } {
  const [model, encoding, rate] = ['model', 'encoding', 'sample_rate'].map((name) => query.get(name));
  for (const name of query.keys()) if (!known.includes(name)) return { problem: `unknown parameter ${name}` };
  if (!model) return { problem: 'model is required' };
  if (!encoding || !encodings.includes(encoding)) return { problem: `invalid encoding ${encoding ?? ''}` };
  const sampleRateHz = Number(rate);
  if (!Number.isInteger(sampleRateHz) || sampleRateHz < 8000) return { problem: 'invalid sample rate' };
  const minVolume = Number(query.get('min_volume') ?? 0);
  if (!(minVolume >= 0 && minVolume <= 1)) return { problem: 'invalid min_volume' };
  const keyterms = query.getAll('keyterm');
  if (keyterms.length > 100 || keyterms.join('').length > 1200) return { problem: 'too many keyterms' };
  const silence = query.get('max_silence_duration_secs');
  const maxSilenceSec = silence === null ? null : Number(silence);
  if (maxSilenceSec !== null && !(maxSilenceSec > 0)) return { problem: 'invalid max_silence_duration_secs' };
  return { model, encoding, sampleRateHz, maxSilenceSec };
}
