import type { Clock, Timer } from '../../core/clock.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';
import type { Candidate } from '../policy/candidate.js';
import type { Supervision } from '../policy/supervision.js';
import { AnswerTimeouts } from './answer-timeouts.js';
import type { FlushPosition } from './audio-backlog.js';
import type { CandidateStream } from './candidate-stream.js';
import { StallJudge, type UnansweredFlush } from './stall-judge.js';

/** A flush that waits for its answer. */
export interface Flush extends UnansweredFlush {
  readonly madeMs: number;
  /** Its place in the audio. */
  readonly atMs: number;
  /** The stream that it was made on; null where there was none. */
  readonly stream: CandidateStream | null;
}

export interface FlushQueueOptions {
  readonly candidates: readonly Candidate<SpeechToText>[];
  readonly clock: Clock;
  readonly supervision: Supervision;
  /** A stream has not answered the oldest flush within the limit. */
  readonly onOverdue: (stream: CandidateStream, limitMs: number) => void;
}

/** A flush comes after some silence: an answer that reaches so close to it has missed no word. */
const answerSlackMs = 350;

/** The flushes that wait for their answers, in order, and whether a stream that should answer the oldest one has stalled. */
export class FlushQueue {
  readonly #options: FlushQueueOptions;
  readonly #timeouts: AnswerTimeouts;
  readonly #judge: StallJudge<Candidate<SpeechToText>>;
  readonly #flushes: Flush[] = [];
  #deadline: Timer | null = null;

  constructor(options: FlushQueueOptions) {
    const { candidates, supervision } = options;
    this.#options = options;
    this.#timeouts = new AnswerTimeouts(supervision, candidates[0]);
    this.#judge = new StallJudge(candidates.length);
  }

  get oldest(): Flush | undefined {
    return this.#flushes[0];
  }

  add({ atMs, speechMs }: FlushPosition, stream: CandidateStream | null): void {
    const madeMs = this.#options.clock.nowMs();
    this.#flushes.push({ madeMs, atMs, speechMs, stream, stalls: 0 });
  }

  /** The oldest flush is answered: removes it. */
  take(): Flush | undefined {
    return this.#flushes.shift();
  }

  /** A stream said something about the audio. */
  spoke(): void {
    this.#judge.spoke();
  }

  /**
   * Whether an adapter answered the oldest flush in place of its server, which has not heard that audio and has said nothing since.
   * `untilMs`: how far in the call the answer reaches.
   */
  isMadeUp(untilMs: number, stream: CandidateStream): boolean {
    const { oldest } = this;
    return (
      oldest !== undefined &&
      !stream.liveness.hasSpokenSince(oldest.madeMs) &&
      untilMs + answerSlackMs < oldest.atMs
    );
  }

  /** Judges a stream that left the oldest flush without an answer of its own. `knowsWords`: some of the speech had been heard before. */
  hasStalled({ candidate }: CandidateStream, knowsWords: boolean): boolean {
    const { oldest } = this;
    if (!oldest || !this.#judge.hasStalled(candidate, oldest, knowsWords)) return false;
    this.#judge.stalled(oldest);
    return true;
  }

  /** A stream left this flush without an answer of its own, and no words are known. */
  gaveNothing({ candidate }: CandidateStream, flush: Flush): void {
    this.#judge.gaveNothing(candidate, flush);
  }

  /** How long the oldest flush has waited; null where none waits. */
  get waitedMs(): number | null {
    const { oldest } = this;
    return oldest ? this.#options.clock.nowMs() - oldest.madeMs : null;
  }

  /** Whether the stream's candidate says that it needs longer than the session waits, and has waited less than that. */
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
