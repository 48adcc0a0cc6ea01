import { UnansweredSpeech } from './unanswered-speech.js';

/** A flush that a recogniser did not answer. */
export interface UnansweredFlush {
  /** The length of the caller's speech before it, in audio time. */
  readonly speechMs: number;
  /** How many streams were replaced because they did not answer it. */
  stalls: number;
}

/**
 * Judges whether a recogniser that does not answer flushes has stalled, that is, whether it was given speech and not a noise.
 * `M` identifies a recogniser.
 */
export class StallJudge<M> {
  readonly #mostStalls: number;
  readonly #unanswered = new UnansweredSpeech();
  /** Recognisers that did not answer a flush that another stream had not answered either: they do not answer noise. */
  readonly #reticent = new Set<M>();

  /** A flush is given up when none of `recognisers` has answered it and the first has been tried twice. */
  constructor(recognisers: number) {
    this.#mostStalls = recognisers === 1 ? 1 : recognisers + 1;
  }

  /** An event about the audio came. */
  spoke(): void {
    this.#unanswered.reset();
  }

  /** Judges a recogniser that has said nothing since the flush. `knowsWords`: some words of the speech are known. */
  hasStalled(recogniser: M, flush: UnansweredFlush, knowsWords: boolean): boolean {
    if (flush.stalls >= this.#mostStalls) return false;
    if (knowsWords) return true;
    return !this.#reticent.has(recogniser) && this.#unanswered.add(flush.speechMs);
  }

  /** Its stream is replaced. */
  stalled(flush: UnansweredFlush): void {
    flush.stalls++;
    this.#unanswered.reset();
  }

  /** This recogniser gave no words for the flush. */
  gaveNothing(recogniser: M, { stalls }: UnansweredFlush): void {
    if (stalls > 0) this.#reticent.add(recogniser);
  }
}
