/**
 * Finds the time of each word. Flite reports the times of phones but not their words. So each word is also pronounced
 * on its own, and both sequences of phones are aligned like texts in a diff. Most words sound the same in both; the few
 * that do not (an "a", a "Dr.") are placed by their neighbours.
 */
import type { TimedWord } from '../../../audio/timed-word.js';

/** A phone with its times. Pauses are left out. */
export interface PlacedPhone {
  readonly phone: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** A word of the text and its phones when spoken alone; none if it is only punctuation. */
export interface PronouncedWord {
  readonly text: string;
  readonly phones: readonly string[];
}

const gapCost = 1;
const vowels = new Set('aa ae ah ao aw ax ay eh er ey ih iy ow oy uh uw'.split(' '));

/**
 * The time of each word, in order and without overlap. A word without phones begins and ends at the end of the word
 * before it, or else at the beginning of the speech (`startMs` if nothing is spoken).
 */
export function alignWords(
  spoken: readonly PlacedPhone[],
  words: readonly PronouncedWord[],
  startMs = 0,
): TimedWord[] {
  const expected = words.flatMap(({ phones }, word) => phones.map((phone) => ({ phone, word })));
  const owners = ownersOf(
    spoken.map(({ phone }) => phone),
    expected,
  );
  const spans = new Map<number, { startMs: number; endMs: number }>();
  spoken.forEach(({ startMs, endMs }, index) => {
    const word = owners[index];
    if (word === undefined) return;
    spans.set(word, { startMs: spans.get(word)?.startMs ?? startMs, endMs });
  });
  let lastEndMs = spoken[0]?.startMs ?? startMs;
  return words.map(({ text }, word) => {
    const span = spans.get(word) ?? { startMs: lastEndMs, endMs: lastEndMs };
    lastEndMs = span.endMs;
    return { text, ...span };
  });
}

interface ExpectedPhone {
  readonly phone: string;
  readonly word: number;
}

/** The word of each spoken phone, by the cheapest edit from the expected to the spoken phones. */
function ownersOf(spoken: readonly string[], expected: readonly ExpectedPhone[]): (number | undefined)[] {
  const columns = expected.length + 1;
  // Cost of the cheapest edit from the first j expected phones to the first i spoken ones.
  const costs = new Float64Array((spoken.length + 1) * columns).fill(Infinity);
  const costOf = (i: number, j: number): number => costs[i * columns + j] ?? Infinity;
  const paired = (i: number, j: number): number =>
    costOf(i - 1, j - 1) + pairCost(spoken[i - 1], expected[j - 1]?.phone);
  const dropped = (i: number, j: number): number => (j > 0 ? costOf(i, j - 1) + gapCost : Infinity);
  const added = (i: number, j: number): number => (i > 0 ? costOf(i - 1, j) + gapCost : Infinity);
  for (let i = 0; i <= spoken.length; i++) {
    for (let j = 0; j < columns; j++) {
      const cheapest = Math.min(i > 0 && j > 0 ? paired(i, j) : Infinity, dropped(i, j), added(i, j));
      costs[i * columns + j] = i === 0 && j === 0 ? 0 : cheapest;
    }
  }
  const owners = new Array<number | undefined>(spoken.length);
  for (let i = spoken.length, j = expected.length; i > 0;) {
    if (j > 0 && costOf(i, j) === paired(i, j)) owners[--i] = expected[--j]?.word;
    else if (costOf(i, j) === dropped(i, j)) j--;
    // An extra phone belongs to the word of the phone before it, or to the first word.
    else owners[--i] = expected[Math.max(0, j - 1)]?.word;
  }
  return owners;
}

/** Replacing a vowel by a vowel ("the" before a vowel), or a consonant by a consonant, is cheaper than mixing them. */
function pairCost(spoken = '', expected = ''): number {
  if (spoken === expected) return 0;
  return vowels.has(spoken) === vowels.has(expected) ? 1 : 1.5;
}
