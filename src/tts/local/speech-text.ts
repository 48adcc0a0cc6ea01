/** How text is cut into pieces for a synthesizer that speaks one piece at a time, and how long it rests between them. */

/** A stretch of text that is spoken in one go. */
export interface SpeechPiece {
  readonly text: string;
  /** Silence between its last sound and the first of what follows. */
  readonly pauseAfterMs: number;
}

export interface SpeechPieceOptions {
  /** Whether somebody waits for the first sound: the first piece is then kept short. */
  readonly startSoon: boolean;
}

const pauseMs = { sentence: 250, clause: 100, none: 30 };
/** Text up to this length stays whole even if somebody waits: it is ready in some 60 ms. */
const soonWholeChars = 70;
/** A piece takes the next break once it is this long. */
const softLimitChars = { soon: 20, later: 120 };
/** A piece is cut between words, break or not, rather than grow beyond this length. */
const hardLimitChars = 200;

const sentenceEnd = /[.!?…]["'”’)\]]*$/;
const clauseEnd = /[,;:—–]["'”’)\]]*$/;
const abbreviation =
  /^["'“‘([]*(?:dr|mr|mrs|ms|st|no|vs|jr|sr|prof|ave|rd|apt|a\.m|p\.m|e\.g|i\.e|[a-z])\.$/i;
const conjunction = /^(?:and|but|or|so|because|which|that|then|when|while|if)$/i;

/** The words of a text: what stands between white space, punctuation included. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/**
 * Cuts text that is long enough to keep its first sound waiting, at the end of a sentence or clause where there is one.
 * Cuts only at white space, so that the words of all pieces together are those of the text.
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
  // What ends without punctuation ended where its writer cut it, most likely at the end of a clause.
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

/** Where to cut words without any punctuation: before a conjunction in the second half, else after all of them. */
function lastConjunction(words: readonly string[]): number {
  const index = words.findLastIndex((word) => conjunction.test(word));
  return index > words.length / 2 ? index : words.length;
}
