/** Query parameters of Deepgram's that have no option of their own. */
import { z } from 'zod';

type Value = string | number | boolean;

/** Query parameters by Deepgram's own names; a list repeats its parameter. */
export type ExtraParameters = Readonly<Record<string, Value | readonly Value[]>>;

const value = z.union([z.string(), z.number(), z.boolean()]);

export const extraParameters = z.record(z.string().min(1), z.union([value, z.array(value)]));

/** The parameters with the texts of their values. */
export function listed(extra: ExtraParameters): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(extra).map(([name, values]) => [name, [values].flat().map(String)]),
  );
}
