import type { SttEvent } from '../../providers/speech-to-text.js';
import type { GivenWords } from './given-words.js';
import { afterTakeover, type Said } from './replayed-words.js';

export type FinalEvent = Extract<SttEvent, { readonly type: 'final' }>;
export type PartialEvent = Extract<SttEvent, { readonly type: 'partial' }>;

/** The recogniser's stream that words come from. */
export interface WordSource {
  /** The position in the call at which its own times begin. */
  readonly startMs: number;
  /** The words of its finals. */
  readonly given: GivenWords;
}

/** How a final relates to the oldest flush. */
export interface FinalRole {
  /** It answers a flush, even if an adapter made it up because the server said nothing. */
  readonly endsFlush: boolean;
  /** It answers a flush and comes from the recogniser itself. */
  readonly isAnswer: boolean;
  /** The caller spoke before the flush, as far as the voice detector knows. */
  readonly followsSpeech: boolean;
}

/**
 * The words of one call from all its streams: finals repeat no word, and a stream that fails loses none. Its times are those
 * of the call.
 */
export class CallTranscript {
  /** The end of the last word in a final. */
  #saidUntilMs = 0;
  /** The value of `#saidUntilMs` when the current stream was opened. */
  #saidBeforeMs = 0;
  /** The latest words that are not final yet, and the stream that gave them. */
  #pending: { readonly said: Said; readonly source: WordSource } | null = null;

  /** The latest words that are not final yet; null if there are none. */
  get pending(): Said | null {
    return this.#pending?.said ?? null;
  }

  /** Another stream takes over. */
  sourceChanged(): void {
    this.#saidBeforeMs = this.#saidUntilMs;
  }

  /** Takes words that are not final yet. Returns those that no final contains. */
  takePending(event: PartialEvent | FinalEvent, source: WordSource): Said {
    const said = this.#newWords(event, source);
    if (said.text !== '') this.#pending = { said, source };
    return said;
  }

  /** The new words of a final; if it ends a flush and has none, the pending words of an earlier stream. */
  wordsOf(event: FinalEvent, source: WordSource, { endsFlush, isAnswer, followsSpeech }: FinalRole): Said {
    const pending = this.#pending;
    const heard = isAnswer
      ? source.given.answer(
          event,
          this.#takeover(source),
          this.#saidBeforeMs,
          followsSpeech || pending !== null,
        )
      : this.#newWords(event, source);
    source.given.take(event.words);
    const isLost = heard.text === '' && endsFlush && pending !== null && pending.source !== source;
    return isLost ? pending.said : heard;
  }

  /** Adds the words of a final. `untilMs`: the final covers the audio before this, if known. */
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
