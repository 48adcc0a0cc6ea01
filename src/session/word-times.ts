/**
 * When each word of a text is said, from the times that the voice gives. A voice may count words otherwise than we do:
 * leave punctuation out, take a Chinese sentence for one word, or read "12" as "twelve".
 */
import type { TimedWord } from '../audio/timed-word.js';

/** A stretch of the text and when it is said. */
interface TimedStretch {
  readonly start: number;
  readonly end: number;
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The times of the words at `spans` of `text`. A word that the voice has not timed yet has neither begun nor ended:
 * both its times are infinite.
 */
export function placeWords(
  text: string,
  spans: readonly { readonly start: number; readonly end: number }[],
  words: readonly TimedWord[],
): { startMs: number; endMs: number }[] {
  const stretches = stretchesOf(text, words);
  const timedEnd = stretches.at(-1)?.end ?? 0;
  return spans.map(({ start, end }) => {
    if (end > timedEnd && /[\p{L}\p{N}]/u.test(text.slice(timedEnd, end))) {
      return { startMs: Infinity, endMs: Infinity };
    }
    const first = stretches.find((stretch) => stretch.end > start);
    const last = stretches.findLast((stretch) => stretch.start < end);
    const endMs = last ? timeAt(last, end) : (first?.startMs ?? 0);
    return { startMs: Math.min(first ? timeAt(first, start) : endMs, endMs), endMs };
  });
}

/** Where each of the voice's words stands in the text; from the first on that is not found, by their lengths. */
function stretchesOf(text: string, words: readonly TimedWord[]): TimedStretch[] {
  const stretches: TimedStretch[] = [];
  let at = 0;
  for (const [index, word] of words.entries()) {
    const start = findNext(text, word.text, at);
    if (start < 0) return [...stretches, ...spread(text.length - at, at, words.slice(index))];
    at = start + word.text.length;
    stretches.push({ start, end: at, startMs: word.startMs, endMs: word.endMs });
  }
  return stretches;
}

/** At most white space and punctuation may stand before it. */
function findNext(text: string, word: string, from: number): number {
  const start = text.indexOf(word, from);
  return start >= 0 && /^[^\p{L}\p{N}]*$/u.test(text.slice(from, start)) ? start : -1;
}

function spread(length: number, from: number, words: readonly TimedWord[]): TimedStretch[] {
  const total = words.reduce((sum, { text }) => sum + text.length + 1, 0);
  let said = 0;
  return words.map(({ text, startMs, endMs }) => {
    const start = from + Math.round((length * said) / total);
    said += text.length + 1;
    return { start, end: from + Math.round((length * said) / total), startMs, endMs };
  });
}

function timeAt({ start, end, startMs, endMs }: TimedStretch, at: number): number {
  if (at >= end) return endMs;
  return at <= start ? startMs : startMs + ((endMs - startMs) * (at - start)) / (end - start);
}
