/**
 * Maps the voice's word times to the words of a text. A voice may split words differently: omit punctuation, report a
 * Chinese sentence as one word, or report "12" as "twelve".
 */
import type { TimedWord } from '../audio/timed-word.js';

/** A part of the text and when it is said. */
interface TimedStretch {
  readonly start: number;
  readonly end: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** The times of the words at `spans` of `text`. Both times are Infinity for a word that the voice has not timed yet. */
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

/**
 * Where each of the voice's words is in the text. From the first word that is not found, places are estimated by
 * length.
 */
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

/** Index of `word` if only white space and punctuation precede it; else -1. */
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
