/** Markup that a cut must not split: links, code spans and tags. */

/** `[text](address)`; the address may hold one level of parentheses. */
const link = /\[[^[\]\n]*\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+"[^"\n]*")?\)/y;
/** Any prefix of such a link. */
const linkBeginning =
  /^\[[^[\]\n]*(?:\](?:\((?:[^()\s]|\([^()\s]*\))*(?:\([^()\s]*)?(?:\s+(?:"[^"\n]*"?)?)?)?)?$/;

/** A mark of a chat template that a server left in the text: `<|im_end|>`, `<｜end▁of▁sentence｜>`. */
const templateMark = '[|｜][\\p{L}\\p{N}_▁ ./-]{1,60}[|｜]';
/** A tag of HTML or SSML. The first attribute must have a value: "a <b and c> d" is arithmetic. */
const name = '[A-Za-z][\\w-]{0,30}(?::[\\w-]{1,30})?';
const attributes = '\\s{1,9}[\\w:.@-]{1,40}\\s?=[^<>]{0,150}';
export const tag = new RegExp(
  `<(?:/${name}\\s{0,9}|${name}(?:${attributes})?\\s{0,9}/?|${templateMark}|!--[^<>]{0,150}--|[!?][A-Za-z][^<>]{0,150})>`,
  'u',
);
const tagHere = new RegExp(tag.source, 'uy');
/** Any prefix of such a tag. */
const tagBeginning = new RegExp(
  '^<(?:/?$|/?[A-Za-z][\\w-]{0,30}(?::[\\w-]{0,30})?(?:\\s{1,9}(?:[\\w:.@-]{1,40}\\s?)?)?/?$|' +
    `${name}${attributes.replace(/,150}$/, ',}')}$|[|｜][\\p{L}\\p{N}_▁ ./-]{0,60}[|｜]?$|[!?][^<>]*$)`,
  'u',
);
/** Tags that separate the text before them from the text after them. */
const blockTag =
  /^<\/?(?:br|p|div|li|ul|ol|dl|dt|dd|h[1-6]|hr|tr|td|th|table|blockquote|pre|section|article|header|footer|speak|break)[\s/>]/i;

/** Text without an end after this many characters is no markup. */
const longest = 200;

/** Index after the markup, or undecided until enough text has arrived. */
export type MarkupEnd = number | 'undecided';

/** End of the link whose "[" is at `start`; `start` itself if there is none. */
export function linkEnd(text: string, start: number): MarkupEnd {
  const window = text.slice(start, start + longest + 1);
  link.lastIndex = 0;
  if (link.test(window)) return link.lastIndex <= longest ? start + link.lastIndex : start;
  const isOpen = window.length <= longest && linkBeginning.test(window);
  return isOpen ? 'undecided' : start;
}

/** Whether this tag separates two pieces of text, as `<br>` does and `<b>` does not. */
export function isBlockTag(written: string): boolean {
  return blockTag.test(written);
}

/** End of the tag whose "<" is at `start`; `start` itself if there is none. */
export function tagEnd(text: string, start: number): MarkupEnd {
  const window = text.slice(start, start + longest + 1);
  tagHere.lastIndex = 0;
  if (tagHere.test(window)) return tagHere.lastIndex <= longest ? start + tagHere.lastIndex : start;
  const isOpen = window.length <= longest && tagBeginning.test(window);
  return isOpen ? 'undecided' : start;
}

/**
 * End of the code span whose first backtick is at `start`; the index after the backticks if there is none. Code blocks
 * are not spans.
 */
export function codeSpanEnd(text: string, start: number): MarkupEnd {
  let inner = start;
  while (text[inner] === '`' && inner - start < longest) inner++;
  if (inner === text.length && inner - start < longest) return 'undecided';
  const ticks = text.slice(start, inner);
  if (ticks.length >= 3) return inner;
  const window = text.slice(inner, inner + longest);
  const newline = window.indexOf('\n');
  const close = window.indexOf(ticks);
  if (close >= 0 && (newline < 0 || close < newline)) return inner + close + ticks.length;
  return newline >= 0 || window.length === longest ? inner : 'undecided';
}
