/**
 * How many columns a terminal gives to text. Characters are user-perceived ones (UAX #29): an emoji of several code points
 * is one of two columns, an accent none of its own. Ambiguous widths (UAX #11) count as narrow, as terminals do by default.
 */
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Text of one column per code unit, which needs no closer look: Latin, Greek, Cyrillic, punctuation, lines, blocks. */
const plain =
  /^[\x20-\x7e\u00a0-\u00ac\u00ae-\u02af\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2190-\u2193\u2500-\u25a9\u25ae\u25af\u25b8\u25cb\u25cf]*$/;

/** Wide and fullwidth characters, but for the halfwidth forms that share their scripts. */
const wide =
  /^(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\p{Emoji_Presentation}\u3000-\u303e\u309b-\u30ff\uff01-\uff60\uffe0-\uffe6]/u;
/** Symbols that are drawn as pictures because a variation selector, a joiner or a keycap says so. */
const drawnAsEmoji = /[\ufe0f\u20e3]|\p{Extended_Pictographic}\u200d/u;
const invisible = /^[\p{Cc}\p{Cf}\p{Cs}\p{Mn}\p{Me}\u3164]+$/u;

/** The columns that `text` takes; control characters take none. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** The start of `text` that fits into `width` columns, with an ellipsis where something was left out. */
export function clipped(text: string, width: number): string {
  if (width <= 0) return '';
  if (plain.test(text)) return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
  if (textWidth(text) <= width) return text;
  return `${headOf(text, width - 1)}…`;
}

/** Exactly `width` columns: clipped, or filled up with spaces at the end, or at the start to align right. */
export function fitted(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const short = clipped(text, width);
  const space = ' '.repeat(Math.max(0, width - textWidth(short)));
  return align === 'left' ? short + space : space + short;
}

/** The longest start of `text` that takes at most `width` columns, never half a character. */
export function headOf(text: string, width: number): string {
  let taken = '';
  let left = width;
  for (const { segment } of graphemes.segment(text)) {
    left -= graphemeWidth(segment);
    if (left < 0) break;
    taken += segment;
  }
  return taken;
}

function graphemeWidth(grapheme: string): number {
  if (invisible.test(grapheme)) return 0;
  return wide.test(grapheme) || drawnAsEmoji.test(grapheme) ? 2 : 1;
}
