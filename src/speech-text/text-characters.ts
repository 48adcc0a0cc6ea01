/** Kinds of characters for cutting text: punctuation of every script, by Unicode properties. */

/**
 * - `stop` ends a sentence, as "。", "؟" or "।" do. `spaced_stop` does so only before white space, as the Latin ones do.
 * - `comma` ends a clause; `spaced_comma` does so only before white space.
 * - `letter` is a letter or a digit; `unspaced` is one of a script without spaces between words.
 */
export type CharacterKind =
  | 'space'
  | 'newline'
  | 'spaced_stop'
  | 'stop'
  | 'spaced_comma'
  | 'comma'
  | 'dash'
  | 'backtick'
  | 'bracket'
  | 'angle'
  | 'letter'
  | 'unspaced'
  | 'other';

const unspacedScript =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ーｰ]/u;

/** The first pattern that matches decides. */
const patterns: readonly (readonly [CharacterKind, RegExp])[] = [
  ['newline', /\n/],
  ['space', /\s/],
  ['spaced_stop', /[.!?…]/],
  ['spaced_comma', /[,;:]/],
  ['stop', /\p{Sentence_Terminal}/u],
  ['comma', /\p{Terminal_Punctuation}/u],
  ['dash', /[–—]/],
  ['backtick', /`/],
  ['bracket', /\[/],
  ['angle', /</],
  ['unspaced', unspacedScript],
  ['letter', /[\p{L}\p{N}]/u],
];

const known = new Map<number, CharacterKind>();

/** The kind of a UTF-16 code unit; halves of surrogate pairs are `other`. */
export function kindOf(codeUnit: number): CharacterKind {
  let kind = known.get(codeUnit);
  if (kind === undefined) {
    const character = String.fromCharCode(codeUnit);
    kind = patterns.find(([, pattern]) => pattern.test(character))?.[0] ?? 'other';
    known.set(codeUnit, kind);
  }
  return kind;
}

/** Speaking time of a code unit, in letters: a character of a script without spaces counts as three. */
export function widthOf(kind: CharacterKind): number {
  return kind === 'unspaced' ? 3 : 1;
}

/** Whether the text ends with the first half of a surrogate pair. */
export function endsInHalfPair(text: string): boolean {
  return /[\ud800-\udbff]$/.test(text);
}

const wordSegmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** The words of text in any script: split at white space, and at word breaks in scripts without spaces. */
export function wordSpans(text: string): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = [];
  for (const { 0: run, index } of text.matchAll(/\S+/g)) {
    let start = index;
    if (unspacedScript.test(run)) {
      for (const end of breaksWithin(run)) {
        spans.push({ start, end: index + end });
        start = index + end;
      }
    }
    spans.push({ start, end: index + run.length });
  }
  return spans;
}

/** The last index up to `to` where a word begins in a script without spaces; 0 if there is none. */
export function lastUnspacedBreak(text: string, to: number): number {
  return breaksWithin(text).findLast((end) => end <= to) ?? 0;
}

/** Breaks only between two letters of such scripts, which keeps punctuation, addresses and numbers whole. */
function breaksWithin(text: string): number[] {
  return Array.from(wordSegmenter.segment(text), ({ index }) => index).filter(
    (index) => index > 0 && isUnspaced(text, index - 1) && isUnspaced(text, index),
  );
}

function isUnspaced(text: string, index: number): boolean {
  return kindOf(text.charCodeAt(index)) === 'unspaced';
}

const longestQuote = 60;

/** Text shortened for quotation in a message. */
export function shortened(text: string): string {
  return text.length <= longestQuote ? text : `${text.slice(0, longestQuote - 1).trimEnd()}…`;
}
