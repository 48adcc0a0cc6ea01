import { z } from 'zod';
import type { Prices } from '../../metrics/prices.js';

const dollars = z.number().nonnegative();
const priced = z
  .string()
  .refine(
    (name) => !name.slice(0, -1).includes('*'),
    "has a * that is not at its end: write 'provider/beginning*'",
  );

/** What a config's `prices` may be: see {@link Prices}. */
export const pricesSchema = z.strictObject({
  stt: z.record(priced, z.strictObject({ perMinute: dollars })).optional(),
  llm: z
    .record(
      priced,
      z.strictObject({
        inputPerMillion: dollars,
        cachedInputPerMillion: dollars.optional(),
        cacheWritePerMillion: dollars.optional(),
        outputPerMillion: dollars,
      }),
    )
    .optional(),
  tts: z
    .record(
      priced,
      z
        .strictObject({ perThousandCharacters: dollars.optional(), perMinute: dollars.optional() })
        .refine((price) => Object.keys(price).length > 0, 'needs perThousandCharacters or perMinute'),
    )
    .optional(),
}) satisfies z.ZodType<Prices>;
