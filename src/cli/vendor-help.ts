/** The vendors' part of the help texts. Slow to load, so only help loads it. */
import { baseUrlVariables, builtInRegistry, keyVariables } from '../providers/registry.js';

export interface VendorHelp {
  /** Variable names, comma-separated. */
  readonly keyVariables: string;
  readonly baseUrlVariables: string;
  /** The vendors' titles, comma-separated. */
  readonly titles: string;
}

const titles = [...new Set(builtInRegistry.all.flatMap(({ key, title }) => (key ? [title] : [])))];

export const vendorHelp: VendorHelp = {
  keyVariables: keyVariables.join(', '),
  baseUrlVariables: baseUrlVariables.join(', '),
  titles: titles.join(', '),
};
