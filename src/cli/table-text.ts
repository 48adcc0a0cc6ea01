/** Text in the columns of a table. */

/** Exactly `width` characters: cut off with an ellipsis, or filled up. */
export function clip(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length > width) return `${characters.slice(0, width - 1).join('')}…`;
  return text + ' '.repeat(width - characters.length);
}

/** Characters of the longest text; 0 where there is none. */
export function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => Array.from(text).length));
}
