/** Words that must all occur, in any case and order; an empty filter matches everything. */
export type Filter = readonly string[];

/** The filter in the typed text. */
export function filterOf(text: string): Filter {
  return text.toLowerCase().split(/\s+/u).filter(Boolean);
}

/** Whether each word of the filter occurs in one of the texts. */
export function matches(filter: Filter, ...texts: readonly string[]): boolean {
  if (filter.length === 0) return true;
  const lower = texts.map((text) => text.toLowerCase());
  return filter.every((word) => lower.some((text) => text.includes(word)));
}
