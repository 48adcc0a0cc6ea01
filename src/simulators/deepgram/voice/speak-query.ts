/** Parses and checks the query of `/v1/speak`. */
import { z } from 'zod';
import type { AudioFormat } from '../../../audio/audio-frame.js';

const rates = { linear16: [8000, 16_000, 24_000, 32_000, 48_000], mulaw: [8000, 16_000] } as const;

/** Parameters of the WebSocket, after the SDK's `SpeakV1` types; any other is probably misspelt. */
const schema = z.strictObject({
  model: z.string().min(1),
  encoding: z.enum(['linear16', 'mulaw']),
  sample_rate: z.string().regex(/^\d+$/),
  speed: z
    .string()
    .refine((text) => Number(text) >= 0.7 && Number(text) <= 1.5, 'not between 0.7 and 1.5')
    .optional(),
  mip_opt_out: z.enum(['true', 'false']).optional(),
  tag: z.union([z.string().min(1), z.array(z.string().min(1))]).optional(),
});

/** A parsed request. */
export interface SpeakQuery {
  readonly model: string;
  readonly format: AudioFormat;
  /** The raw parameters; repeated ones as a list. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
}

/** Parses a request's path; returns its problem if it is invalid. */
export function parseSpeakQuery(path: string): SpeakQuery | { readonly problem: string } {
  const { pathname, searchParams } = new URL(path, 'ws://localhost');
  if (pathname !== '/v1/speak') return { problem: `There is nothing at ${pathname}.` };
  const parameters = Object.fromEntries(
    [...new Set(searchParams.keys())].map((key) => {
      const values = searchParams.getAll(key);
      return [key, values.length > 1 ? values : (values[0] ?? '')];
    }),
  );
  const parsed = schema.safeParse(parameters);
  if (!parsed.success) return { problem: z.prettifyError(parsed.error) };
  const { model, encoding, sample_rate: rate } = parsed.data;
  const known: readonly number[] = rates[encoding];
  if (!known.includes(Number(rate)))
    return { problem: `sample_rate must be ${known.join(', ')} when encoding=${encoding}` };
  return { model, format: { encoding, sampleRateHz: Number(rate) }, parameters };
}
