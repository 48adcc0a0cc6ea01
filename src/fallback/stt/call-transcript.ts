import type { SttEvent } from '../../providers/speech-to-text.js';
import type { GivenWords } from './given-words.js';
import { afterTakeover, type Said } from './replayed-words.js';

export type FinalEvent = Extract<SttEvent, { readonly type: 'final' }>;
export type PartialEvent = Extract<SttEvent, { readonly type: 'partial' }>;

/** One recogniser's stream, as far as its words depend on it. */
export interface WordSource {
  /** Where in the call its own times begin. */
  readonly startMs: number;
  /** What it said in finals. */
  readonly given: GivenWords;
}

/** How a final relates to the oldest flush. */
export interface FinalRole {
  /** It answers a flush, if only in place of a server that has said nothing. */
  readonly endsFlush: boolean;
  /** The recogniser itself answers a flush. */
  readonly isAnswer: boolean;
}

/**
 * The words of one call, from whichever streams: no word comes twice in finals, and none is lost with a stream. It gives times of the
 * whole call.
 */
export class CallTranscript {
  /** The last word in a final ends here. */
  #saidUntilMs = 0;
  /** The same when the current stream was opened. */
  #saidBeforeMs = 0;
  /** Words that no final has yet, and the stream that gave them. */
  #pending: { readonly said: Said; readonly source: WordSource } | null = null;

  /** Words that no final has yet; null where there are none. */
  get pending(): Said | null {
    return this.#pending?.said ?? null;
  }

  /** Another stream begins to hear the call. */
  sourceChanged(): void {
    this.#saidBeforeMs = this.#saidUntilMs;
  }

  /** Takes words that no final has yet. Gives those that are new. */
  takePending(event: PartialEvent | FinalEvent, source: WordSource): Said {
    const said = this.#newWords(event, source);
    if (said.text !== '') this.#pending = { said, source };
    return said;
  }

  /** The words of a final, without those said before; with those of a lost stream where its successor heard none. */
  wordsOf(event: FinalEvent, source: WordSource, { endsFlush, isAnswer }: FinalRole): Said {
    const heard = isAnswer
      ? source.given.answer(event, this.#takeover(source), this.#saidBeforeMs)
      : this.#newWords(event, source);
    source.given.take(event.words);
    const pending = this.#pending;
    const isLost = heard.text === '' && endsFlush && pending !== null && pending.source !== source;
    return isLost ? pending.said : heard;
  }

  /** These words are final. `untilMs`: the final covers the audio before this, if known. */
  add(said: Said, untilMs: number | undefined, endOfUtterance: boolean): void {
    const endMs = said.words?.at(-1)?.endMs ?? (said.text === '' ? undefined : untilMs);
    this.#saidUntilMs = Math.max(this.#saidUntilMs, endMs ?? 0);
    if (endOfUtterance || said.text !== '') this.#pending = null;
  }

  #newWords(event: PartialEvent | FinalEvent, source: WordSource): Said {
    return afterTakeover(event, this.#takeover(source));
  }

  #takeover({ startMs }: WordSource) {
    return { startMs, saidUntilMs: this.#saidUntilMs };
  }
}
