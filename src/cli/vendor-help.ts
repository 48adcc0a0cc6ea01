/** The vendors' part of the help texts. Slow to load, so only help loads it. */
import { baseUrlVariables, builtInRegistry, keyVariables } from '../providers/registry.js';

export interface VendorHelp {
  /** Variable names, comma-separated, in lines that begin with two spaces. */
  readonly keyVariables: string;
  readonly baseUrlVariables: string;
  /** The vendors' titles, comma-separated, in lines. */
  readonly titles: string;
}

const titles = [...new Set(builtInRegistry.all.flatMap(({ key, title }) => (key ? [title] : [])))];

export const vendorHelp: VendorHelp = {
  keyVariables: inLines(keyVariables),
  baseUrlVariables: inLines(baseUrlVariables),
  titles: inLines(titles),
};

/** Joins the names by commas, in lines that fit into 80 columns with an indent of two. */
function inLines(names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + name.length + 3 <= 76)
      lines[lines.length - 1] = `${line}, ${name}`;
    else lines.push(name);
  }
  return lines.join(',\n  ');
}
