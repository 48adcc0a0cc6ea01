/** What a character means to whoever cuts text: punctuation of every script, by its Unicode properties. */

/**
 * - `stop` ends a sentence. In `spaced_stop` are those of the Latin alphabet, which do so only with white space behind
 *   them; "。", "؟" or "।" need none.
 * - `comma` ends a clause; `spaced_comma` again only with white space behind it.
 * - `letter` is a letter or a digit, `unspaced` one of a script that puts no space between words.
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
  | 'letter'
  | 'unspaced'
  | 'other';

const unspacedScript =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ーｰ]/u;

/** The order matters: the first pattern that matches decides. */
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

/** How long a code unit takes to say, in letters: a character of a script without spaces says as much as three. */
export function widthOf(kind: CharacterKind): number {
  return kind === 'unspaced' ? 3 : 1;
}

/** Whether the last character is the first half of a pair whose other half is still to come. */
export function endsInHalfPair(text: string): boolean {
  return /[\ud800-\udbff]$/.test(text);
}

const wordSegmenter = new Intl.Segmenter('und', { granularity: 'word' });

/** The words of text in any script: what stands between white space, and where a script has none, between words. */
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

/** The last place up to `to` where a new word begins in a script without spaces; 0 where there is none. */
export function lastUnspacedBreak(text: string, to: number): number {
  return breaksWithin(text).findLast((end) => end <= to) ?? 0;
}

/** Only between two letters of such scripts, which keeps punctuation, addresses and numbers whole. */
function breaksWithin(text: string): number[] {
  return Array.from(wordSegmenter.segment(text), ({ index }) => index).filter(
    (index) => index > 0 && isUnspaced(text, index - 1) && isUnspaced(text, index),
  );
}

function isUnspaced(text: string, index: number): boolean {
  return kindOf(text.charCodeAt(index)) === 'unspaced';
}
