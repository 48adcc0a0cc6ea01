/** Splits text into pieces for a synthesizer that speaks one piece at a time, with pauses between them. */

/** Text that is synthesized at once. */
export interface SpeechPiece {
  readonly text: string;
  /** Silence between its last sound and the first sound of the next piece. */
  readonly pauseAfterMs: number;
}

export interface SpeechPieceOptions {
  /** Keeps the first piece short, so that the caller hears it soon. */
  readonly startSoon: boolean;
}

const pauseMs = { sentence: 250, clause: 100, none: 30 };
/** Text up to this length stays whole even with `startSoon`: it is ready in about 60 ms. */
const soonWholeChars = 70;
/** A piece ends at the first break after this length. */
const softLimitChars = { soon: 20, later: 120 };
/** Beyond this length a piece is split between words, even without a break. */
const hardLimitChars = 200;

const sentenceEnd = /[.!?…]["'”’)\]]{0,9}$/;
const clauseEnd = /[,;:—–]["'”’)\]]{0,9}$/;
const abbreviation =
  /^["'“‘([]{0,9}(?:dr|mr|mrs|ms|st|no|vs|jr|sr|prof|ave|rd|apt|approx|gen|capt|rev|hon|gov|sen|dept|mt|ft|blvd|fig|vol|pp?|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thur?s?|fri|sat|sun|(?:[a-z]\.){0,4}[a-z])\.$/i;
const conjunction = /^(?:and|but|or|so|because|which|that|then|when|while|if)$/i;

/** The words of a text, separated by white space, punctuation included. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/**
 * Splits long text into pieces, at the end of a sentence or clause if there is one. Splits only at white space, so that
 * the pieces have the same words as the text.
 */
export function speechPieces(text: string, { startSoon }: SpeechPieceOptions): SpeechPiece[] {
  const pieces: SpeechPiece[] = [];
  let words: string[] = [];
  const cut = (count: number): void => {
    const piece = words.slice(0, count).join(' ');
    words = words.slice(count);
    if (piece !== '') pieces.push({ text: piece, pauseAfterMs: pauseAfterMs(piece) });
  };
  const soon = startSoon && text.length > soonWholeChars;
  for (const word of wordsOf(text)) {
    if (lengthOf(words) + word.length > hardLimitChars) cut(lastConjunction(words));
    words.push(word);
    const limit = soon && pieces.length === 0 ? softLimitChars.soon : softLimitChars.later;
    const isBreak = (sentenceEnd.test(word) && !abbreviation.test(word)) || clauseEnd.test(word);
    if (isBreak && lengthOf(words) >= limit) cut(words.length);
  }
  cut(words.length);
  const last = pieces.pop();
  // Text that ends without punctuation was probably split at the end of a clause.
  if (last) pieces.push({ ...last, pauseAfterMs: Math.max(last.pauseAfterMs, pauseMs.clause) });
  return pieces;
}

function pauseAfterMs(piece: string): number {
  if (sentenceEnd.test(piece)) return pauseMs.sentence;
  return clauseEnd.test(piece) ? pauseMs.clause : pauseMs.none;
}

function lengthOf(words: readonly string[]): number {
  return words.reduce((sum, word) => sum + word.length + 1, 0);
}

/**
 * Where to split words without punctuation: before the last conjunction if it is in the second half, else after the
 * last word.
 */
function lastConjunction(words: readonly string[]): number {
  const index = words.findLastIndex((word) => conjunction.test(word));
  return index > words.length / 2 ? index : words.length;
}
