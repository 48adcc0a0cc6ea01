import type { Clock, Timer } from '../../core/clock.js';
import { endsSentence, type SentenceSplitter } from '../../speech-text/sentence-splitter.js';

export interface StandingTextOptions {
  readonly clock: Clock;
  readonly splitter: SentenceSplitter;
  /** Speaks a chunk of an incomplete sentence; `isSlow`: the text arrived more slowly than it is spoken. */
  readonly onOverdue: (chunk: string, isSlow: boolean) => void;
}

/** Incomplete text is spoken after this time, if the caller hears nothing. */
const longestStandMs = 1000;
/** Text that looks like a whole sentence is spoken after this time: without a pause the next word arrives sooner. */
const longestCompleteStandMs = 150;
/** Text is sent this long before the voice runs dry, because the voice takes about as long to start. */
const voiceLeadMs = 200;
/** Estimated duration of speech per letter: about 15 letters a second. */
const msPerLetter = 66;

/**
 * Watches incomplete text in the splitter. A model that writes more slowly than the voice speaks would leave silence
 * before each sentence. So, once the voice has run dry, text that has waited for a second is spoken up to its last
 * whole word, and a whole sentence sooner. Has no effect while the voice has text, or if the model is fast enough.
 */
export class StandingText {
  readonly #options: StandingTextOptions;
  /** Since when text has been waiting; null without text. */
  #sinceMs: number | null = null;
  /** Since when the text has looked like a whole sentence; null if it does not. */
  #completeMs: number | null = null;
  /** When the voice runs dry: estimated from the text, and known from the audio. */
  #guessedMs = 0;
  #dryMs = 0;
  /** Audio that waits for the release, in milliseconds; null after the release. */
  #gatedMs: number | null = 0;
  #timer: Timer | null = null;

  constructor(options: StandingTextOptions) {
    this.#options = options;
  }

  /** More text has arrived, and these chunks have gone to the voice. */
  took(chunks: readonly string[]): void {
    const nowMs = this.#options.clock.nowMs();
    for (const chunk of chunks) this.#noteSpoken(chunk);
    if (chunks.length > 0 || !this.#options.splitter.isStanding) this.#sinceMs = null;
    if (!this.#options.splitter.isStanding) return this.stop();
    this.#sinceMs ??= nowMs;
    this.#completeMs = this.#options.splitter.standsComplete ? nowMs : null;
    const mayBeSooner = chunks.length > 0 || this.#completeMs !== null;
    if (mayBeSooner) this.#timer?.cancel();
    if (mayBeSooner || !this.#timer) this.#watch();
  }

  /** The voice has produced this much more audio. */
  voiced(durationMs: number): void {
    if (this.#gatedMs === null) this.#dryMs = Math.max(this.#dryMs, this.#options.clock.nowMs()) + durationMs;
    else this.#gatedMs += durationMs;
  }

  /** The gate has opened; audio plays from now on. */
  released(): void {
    this.#dryMs = this.#options.clock.nowMs() + (this.#gatedMs ?? 0);
    this.#gatedMs = null;
    if (this.#sinceMs === null) return;
    this.#timer?.cancel();
    this.#watch();
  }

  /** Stops waiting, until more text arrives. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#sinceMs = null;
  }

  #noteSpoken(chunk: string): void {
    this.#guessedMs = Math.max(this.#guessedMs, this.#options.clock.nowMs()) + chunk.length * msPerLetter;
  }

  #watch(): void {
    this.#timer = null;
    const { clock } = this.#options;
    // Audio behind the gate is played first; wait for its release.
    if (this.#sinceMs === null || (this.#gatedMs ?? 0) > 0) return;
    const dueMs = Math.max(
      this.#completeMs === null ? this.#sinceMs + longestStandMs : this.#completeMs + longestCompleteStandMs,
      Math.max(this.#guessedMs, this.#dryMs) - voiceLeadMs,
    );
    const waitMs = dueMs - clock.nowMs();
    if (waitMs > 0) this.#timer = clock.setTimer(waitMs, () => this.#watch());
    else this.#giveOut();
  }

  /** Speaks the waiting text up to its last whole word. Without a whole word, the next text triggers a new attempt. */
  #giveOut(): void {
    const { splitter, onOverdue, clock } = this.#options;
    const stoodMs = clock.nowMs() - (this.#sinceMs ?? 0);
    for (const chunk of splitter.takeStanding()) {
      this.#sinceMs = splitter.isStanding ? clock.nowMs() : null;
      this.#completeMs = null;
      this.#noteSpoken(chunk);
      // A pause between two sentences does not mean that the text is slow.
      onOverdue(chunk, !endsSentence(chunk) && chunk.length * msPerLetter < stoodMs);
    }
  }
}
