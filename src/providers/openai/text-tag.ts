/** A tag that a model writes in its text: `<think>`, `</THINK >`, `< think effort="low">`. */
export interface TextTag {
  /** In lower case. */
  readonly name: string;
  readonly kind: 'opening' | 'closing' | 'empty';
  /** The text after the name, trimmed. */
  readonly attributes: string;
  /** Number of characters, including `<` and `>`. */
  readonly length: number;
}

/** Longer text is not a tag, so that text is not held for ever. */
const longestTag = 160;

/**
 * The tag at `at` with one of these names, in any case, with any white space and attributes; `unfinished` if the text
 * is too short to tell, null for none.
 */
export function tagAt(text: string, at: number, names: readonly string[]): TextTag | 'unfinished' | null {
  if (text[at] !== '<') return null;
  const end = Math.min(text.length, at + longestTag);
  const tooShort = end === text.length && end < at + longestTag ? 'unfinished' : null;
  let from = pastBlanks(text, at + 1, end);
  const isClosing = text[from] === '/';
  if (isClosing) from = pastBlanks(text, from + 1, end);
  if (from >= end) return tooShort;
  const ahead = text.slice(from, end).toLowerCase();
  const name = names.find((one) => ahead.startsWith(one) && !isNamePart(ahead[one.length]));
  if (name === undefined || ahead === name)
    return names.some((one) => one.startsWith(ahead)) ? tooShort : null;
  for (let place = from + name.length; place < end; place++) {
    if (text[place] === '<') return null;
    if (text[place] !== '>') continue;
    const rest = text.slice(from + name.length, place).trim();
    const isEmpty = rest.endsWith('/');
    const kind = isClosing ? 'closing' : isEmpty ? 'empty' : 'opening';
    const attributes = isEmpty ? rest.slice(0, -1).trimEnd() : rest;
    return { name, kind, attributes, length: place + 1 - at };
  }
  return tooShort;
}

function pastBlanks(text: string, from: number, end: number): number {
  let place = from;
  while (place < end && /\s/.test(text[place] ?? '')) place++;
  return place;
}

/** Whether the character would continue the name. */
function isNamePart(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}_:.-]/u.test(character);
}
