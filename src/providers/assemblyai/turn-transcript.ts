import type { TimedWord } from '../../audio/timed-word.js';
import type { SttEvent } from '../speech-to-text.js';
import {
  answersOf,
  finalOf,
  FlushQueue,
  noStep,
  partialOf,
  phraseOf,
  silence,
  withoutFirst,
  wordsOf,
  type LiveStep,
  type LiveTranscript,
  type Phrase,
} from '../live-transcript.js';

/** A {@link TurnMessage} with times of the caller's audio. */
export interface Turn {
  readonly order: number | undefined;
  readonly isFormatted: boolean;
  readonly isEnd: boolean;
  readonly text: string;
  readonly words: readonly TimedWord[];
  /** The texts of all words, also of those without times. */
  readonly spelling: readonly string[];
}

export interface TurnTranscriptOptions {
  /** Whether the end of a turn is repeated with punctuation. */
  readonly formatTurns: boolean;
}

/** How long an end of a turn is held for its formatted repetition. */
const formattingMs = 300;
/** So many ended turns are remembered, for messages that overtake each other. */
const keptTurns = 16;

/**
 * AssemblyAI's transcript. Each message repeats the turn so far, and `end_of_turn` is its final; with `format_turns` it
 * comes again, formatted, with the same `turn_order`. A flush asks for the end with `ForceEndpoint`. What AssemblyAI answers
 * outside a turn is not documented, so the flush may have to be answered by {@link giveUpFlush}.
 *
 * Source: https://www.assemblyai.com/docs/streaming/message-sequence
 */
export class TurnTranscript implements LiveTranscript<Turn> {
  readonly #formatTurns: boolean;
  readonly #flushes = new FlushQueue();
  readonly #ended: number[] = [];
  #order = -1;
  /** Words of the newest turn that were not yet given as final. */
  #phrase: Phrase = silence;
  /** How many words of the newest turn were given as final before it ended, and where the last of them ends. */
  #given = { words: 0, untilMs: 0 };
  /** Flushes that were given up in the middle of a turn: its end will still come, and answers no later flush. */
  #owed = 0;
  /**
   * Flushes that were answered by an end of a turn that AssemblyAI may have found by itself: its answer to `ForceEndpoint`,
   * an end without words, may still come.
   */
  #echoes = 0;
  #held: { readonly order: number; readonly phrase: Phrase } | null = null;
  #saidPartial = '';
  #flushedMs = 0;
  /** The audio before it is final. */
  #untilMs = 0;

  constructor({ formatTurns }: TurnTranscriptOptions) {
    this.#formatTurns = formatTurns;
  }

  get pendingFlushes(): number {
    return this.#flushes.count;
  }

  take(turn: Turn): LiveStep {
    const { order = this.#order + (this.#ended.includes(this.#order) ? 1 : 0), isEnd } = turn;
    // Late messages of a turn that has ended, its formatted repetition among them.
    if (this.#ended.includes(order)) return noStep;
    if (order < this.#order)
      return isEnd ? { events: this.#end(order, this.#phraseOf(turn, false)) } : noStep;
    const events = order > this.#order ? this.#startTurn(order) : [];
    const phrase = this.#phraseOf(turn, true);
    if (!isEnd) return { events: [...events, ...this.#partial(phrase)] };
    if (!this.#formatTurns || turn.isFormatted || phrase.text === '')
      return { events: [...events, ...this.#end(order, phrase)] };
    this.#held = { order, phrase };
    this.#phrase = phrase;
    return { events, settleInMs: formattingMs };
  }

  flush(atMs: number): LiveStep {
    const isAsked = this.#flushes.latestMs === atMs;
    const nothingNew = atMs <= this.#flushedMs && this.#phrase.text === '' && !this.#held;
    if (nothingNew && !isAsked) {
      // Answers stay in order.
      if (this.pendingFlushes === 0) return { events: [finalOf(silence, atMs, true)] };
    }
    if (this.pendingFlushes === 0) this.#echoes = 0;
    this.#flushedMs = atMs;
    this.#flushes.add(atMs);
    return { events: [], asksForFinal: !isAsked };
  }

  giveUpFlush(): LiveStep {
    if (this.#flushes.shift() === undefined) return noStep;
    const phrase = this.#held?.phrase ?? this.#phrase;
    // The end that is held has come already; only its echo may follow.
    if (this.#held) this.#echoes++;
    else if (phrase.text !== '') this.#owed++;
    this.#given = {
      words: this.#given.words + wordsOf(phrase.text).length,
      untilMs: Math.max(this.#given.untilMs, phrase.words?.at(-1)?.endMs ?? 0),
    };
    if (this.#held) this.#markEnded(this.#held.order);
    this.#phrase = silence;
    this.#saidPartial = '';
    this.#untilMs = Math.max(this.#untilMs, this.#given.untilMs);
    return { events: [finalOf(phrase, this.#untilMs, true)] };
  }

  settle(): LiveStep {
    const held = this.#held;
    return held ? { events: this.#end(held.order, held.phrase) } : noStep;
  }

  /** A new turn has begun. A held one gets no formatting any more. */
  #startTurn(order: number): SttEvent[] {
    const held = this.#held;
    const events = held ? this.#end(held.order, held.phrase) : [];
    this.#order = order;
    this.#phrase = silence;
    this.#given = { words: 0, untilMs: 0 };
    this.#saidPartial = '';
    return events;
  }

  #end(order: number, phrase: Phrase): SttEvent[] {
    this.#markEnded(order);
    if (order === this.#order) {
      this.#phrase = silence;
      this.#saidPartial = '';
    }
    const answered = this.#answeredBy(phrase);
    const endMs = answered.at(-1) ?? phrase.words?.at(-1)?.endMs;
    if (endMs !== undefined) this.#untilMs = Math.max(this.#untilMs, endMs);
    if (answered.length > 0) return answersOf(phrase, answered);
    if (phrase.text === '') return [];
    return [finalOf(phrase, endMs === undefined ? null : this.#untilMs, false)];
  }

  /** The flushes that are answered by an end of a turn. */
  #answeredBy({ text }: Phrase): readonly number[] {
    if (this.#owed > 0) {
      this.#owed--;
      return [];
    }
    if (text === '' && this.#echoes > 0) {
      this.#echoes--;
      return [];
    }
    const answered = this.#flushes.shiftEqual();
    if (text !== '' && answered.length > 0) this.#echoes++;
    return answered;
  }

  #markEnded(order: number): void {
    if (this.#held?.order === order) this.#held = null;
    this.#ended.push(order);
    if (this.#ended.length > keptTurns) this.#ended.shift();
  }

  #partial(phrase: Phrase): SttEvent[] {
    this.#phrase = phrase;
    if (phrase.text === '' || phrase.text === this.#saidPartial) return [];
    this.#saidPartial = phrase.text;
    return [partialOf(phrase)];
  }

  /** The turn without the words that were given before. Formatting changes their number, so their times count. */
  #phraseOf({ text, words, spelling, isEnd }: Turn, isNewest: boolean): Phrase {
    // Before the end `transcript` has only the words that will not change.
    const phrase = phraseOf(isEnd || spelling.length === 0 ? text : spelling.join(' '), words);
    if (!isNewest || this.#given.words === 0) return phrase;
    const { untilMs } = this.#given;
    const isTimed = phrase.words !== undefined && untilMs > 0;
    const given = isTimed
      ? phrase.words.filter(({ endMs }) => endMs <= untilMs + 1).length
      : this.#given.words;
    return withoutFirst(phrase, given);
  }
}
