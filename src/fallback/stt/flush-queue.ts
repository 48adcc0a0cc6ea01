import type { Clock, Timer } from '../../core/clock.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';
import type { Candidate } from '../policy/candidate.js';
import type { Supervision } from '../policy/supervision.js';
import { AnswerTimeouts } from './answer-timeouts.js';
import type { FlushPosition } from './audio-backlog.js';
import type { CandidateStream } from './candidate-stream.js';
import { StallJudge, type UnansweredFlush } from './stall-judge.js';

/** A flush that has not been answered. */
export interface Flush extends UnansweredFlush {
  readonly madeMs: number;
  /** Its position in the audio. */
  readonly atMs: number;
  /** The stream that was current when it was made; null if there was none. */
  readonly stream: CandidateStream | null;
}

export interface FlushQueueOptions {
  readonly candidates: readonly Candidate<SpeechToText>[];
  readonly clock: Clock;
  readonly supervision: Supervision;
  /** Flushes that another supervised stream has left unanswered. @default none */
  readonly inherited?: readonly Flush[];
  /** Called when a stream has not answered the oldest flush within the limit. */
  readonly onOverdue: (stream: CandidateStream, limitMs: number) => void;
}

/** A flush follows some silence, so an answer that ends this close before it has missed no word. */
const answerSlackMs = 350;

/** The unanswered flushes, in order. Judges whether a stream that should answer the oldest one has stalled. */
export class FlushQueue {
  readonly #options: FlushQueueOptions;
  readonly #timeouts: AnswerTimeouts;
  readonly #judge: StallJudge<Candidate<SpeechToText>>;
  readonly #flushes: Flush[];
  #deadline: Timer | null = null;

  constructor(options: FlushQueueOptions) {
    const { candidates, supervision, inherited = [] } = options;
    this.#options = options;
    this.#flushes = inherited.map((flush) => ({ ...flush, stream: null, stalls: 0 }));
    this.#timeouts = new AnswerTimeouts(supervision, candidates[0]);
    this.#judge = new StallJudge(candidates.length);
  }

  get oldest(): Flush | undefined {
    return this.#flushes[0];
  }

  /** All of them, the oldest first. */
  get all(): readonly Flush[] {
    return [...this.#flushes];
  }

  add({ atMs, speechMs }: FlushPosition, stream: CandidateStream | null): void {
    const madeMs = this.#options.clock.nowMs();
    this.#flushes.push({ madeMs, atMs, speechMs, stream, stalls: 0 });
  }

  /** Removes the oldest flush, which was answered. */
  take(): Flush | undefined {
    return this.#flushes.shift();
  }

  /** A stream said something about the audio. */
  spoke(): void {
    this.#judge.spoke();
  }

  /**
   * Whether an adapter made up its answer to the oldest flush: the server has said nothing since the flush, and the answer
   * does not reach it. `untilMs`: how far in the call the answer reaches.
   */
  isMadeUp(untilMs: number, stream: CandidateStream): boolean {
    const { oldest } = this;
    return (
      oldest !== undefined &&
      !stream.liveness.hasSpokenSince(oldest.madeMs) &&
      untilMs + answerSlackMs < oldest.atMs
    );
  }

  /** Judges a stream that did not itself answer the oldest flush. `knowsWords`: some words of the speech are known. */
  hasStalled({ candidate }: CandidateStream, knowsWords: boolean): boolean {
    const { oldest } = this;
    if (!oldest || !this.#judge.hasStalled(candidate, oldest, knowsWords)) return false;
    this.#judge.stalled(oldest);
    return true;
  }

  /** A stream did not itself answer this flush, and no words are known. */
  gaveNothing({ candidate }: CandidateStream, flush: Flush): void {
    this.#judge.gaveNothing(candidate, flush);
  }

  /** The age of the oldest flush; null if there is none. */
  get waitedMs(): number | null {
    const { oldest } = this;
    return oldest ? this.#options.clock.nowMs() - oldest.madeMs : null;
  }

  /** See {@link AnswerTimeouts.needsLonger}. */
  needsLonger({ candidate }: CandidateStream, waitedMs: number): boolean {
    return this.#timeouts.needsLonger(candidate, waitedMs);
  }

  /** Sets the time limit for this stream's answer to the oldest flush. */
  watch(stream: CandidateStream): void {
    this.rest();
    const { oldest } = this;
    if (!oldest) return;
    const { clock, onOverdue } = this.#options;
    const limitMs = this.#timeouts.limitMs(stream.candidate, stream.liveness);
    const dueMs = Math.max(oldest.madeMs, stream.openedMs) + limitMs;
    this.#deadline = clock.setTimer(dueMs - clock.nowMs(), () => onOverdue(stream, limitMs));
  }

  /** Cancels the time limit. */
  rest(): void {
    this.#deadline?.cancel();
    this.#deadline = null;
  }
}
