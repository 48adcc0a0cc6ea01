/** What recognisers over WebSockets share: how messages become partials, finals, and one answer for each flush. */
import type { TimedWord } from '../audio/timed-word.js';
import type { SttEvent } from './speech-to-text.js';

/** A part of a transcript. */
export interface Phrase {
  readonly text: string;
  /** The words of `text`, only if all their times are known. */
  readonly words?: readonly TimedWord[];
}

/** What to do after a message, a flush or a timeout. */
export interface LiveStep {
  readonly events: readonly SttEvent[];
  /** Whether to ask the vendor for a final now. */
  readonly asksForFinal?: boolean;
  /** An answer is held: call {@link LiveTranscript.settle} after this time. */
  readonly settleInMs?: number;
}

/**
 * One connection's transcript as a pure state machine, without socket and clock. Positions are milliseconds of the caller's
 * audio on this connection.
 */
export interface LiveTranscript<Message> {
  /** Flushes without an answer; each gets exactly one final, in order. */
  readonly pendingFlushes: number;
  take(message: Message): LiveStep;
  /** The caller has begun to speak. */
  speechStarted?(): void;
  /** Requests a final for all audio before `atMs`. */
  flush(atMs: number): LiveStep;
  /** Answers the oldest flush with the words known so far; later results do not repeat them. */
  giveUpFlush(): LiveStep;
  /** Releases the held answer. */
  settle(): LiveStep;
}

/** Nothing was said. */
export const silence: Phrase = { text: '', words: [] };

/** A step without events and requests. */
export const noStep: LiveStep = { events: [] };

/** Neighbouring words may overlap by this much because of rounding. */
const overlapMs = 100;

/** The words of a text, separated by white space. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/**
 * A text with the times of its words. They are left out if they do not spell the text, as in scripts without spaces, or
 * if they run backwards.
 */
export function phraseOf(text: string, words: readonly TimedWord[]): Phrase {
  const texts = wordsOf(text);
  if (texts.length === 0) return silence;
  const isSpelled = words.length === texts.length && words.every((word, at) => word.text === texts[at]);
  const ordered = isSpelled ? inOrder(words) : null;
  return { text: texts.join(' '), ...(ordered && { words: ordered }) };
}

/** The phrase without its first `count` words. */
export function withoutFirst({ text, words }: Phrase, count: number): Phrase {
  if (count === 0) return { text, ...(words && { words }) };
  const rest = wordsOf(text).slice(count).join(' ');
  return rest === '' ? silence : { text: rest, ...(words && { words: words.slice(count) }) };
}

/** Makes the event for an interim result. */
export function partialOf({ text, words }: Phrase): SttEvent {
  return { type: 'partial', text, ...(words && { words }) };
}

/** Makes the final that ends an utterance. `untilMs`: all words before it are final; null if unknown. */
export function finalOf({ text, words }: Phrase, untilMs: number | null, answersFlush: boolean): SttEvent {
  return {
    type: 'final',
    text,
    endOfUtterance: true,
    ...(words && { words }),
    ...(untilMs !== null && { untilMs }),
    answersFlush,
  };
}

/** The positions of unanswered flushes, oldest first. */
export class FlushQueue {
  readonly #positionsMs: number[] = [];

  get count(): number {
    return this.#positionsMs.length;
  }

  get latestMs(): number | undefined {
    return this.#positionsMs.at(-1);
  }

  add(atMs: number): void {
    this.#positionsMs.push(atMs);
  }

  /** Removes the oldest flush and returns its position. */
  shift(): number | undefined {
    return this.#positionsMs.shift();
  }

  /** Removes the oldest flush and those at the same position. Returns their positions. */
  shiftEqual(): readonly number[] {
    const [oldest] = this.#positionsMs;
    const others = this.#positionsMs.findIndex((atMs) => atMs !== oldest);
    return this.#positionsMs.splice(0, others === -1 ? this.#positionsMs.length : others);
  }
}

/** Makes one final for each answered flush: the first has the words. */
export function answersOf(phrase: Phrase, positionsMs: readonly number[]): SttEvent[] {
  return positionsMs.map((atMs, index) => finalOf(index === 0 ? phrase : silence, atMs, true));
}

/** Removes small overlaps between words; null if their times run backwards. */
function inOrder(words: readonly TimedWord[]): TimedWord[] | null {
  const ordered: TimedWord[] = [];
  for (const word of words) {
    const beforeMs = ordered.at(-1)?.endMs ?? 0;
    if (word.endMs < word.startMs || word.startMs < beforeMs - overlapMs) return null;
    const startMs = Math.max(beforeMs, word.startMs);
    ordered.push({ ...word, startMs, endMs: Math.max(startMs, word.endMs) });
  }
  return ordered;
}
