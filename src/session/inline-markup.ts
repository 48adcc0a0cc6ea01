/** Markdown that must stay whole where text is cut: links and code spans. */

/** `[text](address)`, the address with parentheses one deep. */
const link = /\[[^[\]\n]*\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+"[^"\n]*")?\)/y;
/** Every beginning of such a link. */
const linkBeginning =
  /^\[[^[\]\n]*(?:\](?:\((?:[^()\s]|\([^()\s]*\))*(?:\([^()\s]*)?(?:\s+(?:"[^"\n]*"?)?)?)?)?$/;

/** What has not ended after so many characters was no markup. */
const longest = 200;

/** Where the markup ends, or undecided until enough text has come. */
export type MarkupEnd = number | 'undecided';

/** The link whose "[" is at `start`; `start` itself if there is none. */
export function linkEnd(text: string, start: number): MarkupEnd {
  link.lastIndex = start;
  if (link.test(text)) return link.lastIndex - start <= longest ? link.lastIndex : start;
  const isOpen = text.length - start <= longest && linkBeginning.test(text.slice(start));
  return isOpen ? 'undecided' : start;
}

/** The code span whose first backtick is at `start`; behind the backticks if there is none. Code blocks are no spans. */
export function codeSpanEnd(text: string, start: number): MarkupEnd {
  let inner = start;
  while (text[inner] === '`') inner++;
  if (inner === text.length) return 'undecided';
  const ticks = text.slice(start, inner);
  if (ticks.length >= 3) return inner;
  const window = text.slice(inner, inner + longest);
  const newline = window.indexOf('\n');
  const close = window.indexOf(ticks);
  if (close >= 0 && (newline < 0 || close < newline)) return inner + close + ticks.length;
  return newline >= 0 || window.length === longest ? inner : 'undecided';
}
