import type { Clock, Timer } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';
import type { Candidate } from '../policy/candidate.js';
import type { CandidateReports } from '../policy/candidate-reports.js';
import { failureCause } from '../policy/failure-cause.js';
import type { FallbackList } from '../policy/fallback-list.js';
import type { Supervision } from '../policy/supervision.js';
import type { CandidateStream } from './candidate-stream.js';
import { Outage } from './outage.js';

export interface StreamSuccessionOptions {
  readonly fallbackList: FallbackList<SpeechToText>;
  readonly clock: Clock;
  readonly supervision: Supervision;
  readonly random: () => number;
  readonly reports: CandidateReports<SpeechToText>;
  /** Makes a stream of a candidate, without opening it. */
  readonly make: (candidate: Candidate<SpeechToText>) => CandidateStream;
  /** A stream was opened. */
  readonly onOpened: (stream: CandidateStream) => void;
  /** The current stream is being closed, and there is none until the next is opened. */
  readonly onDismissed: () => void;
  /** Every candidate has failed. */
  readonly onGivenUp: (error: ProviderError) => void;
}

/** A candidate has failed once more than this many of its streams in a row failed soon after they opened. */
const maxShortLives = 5;
/** How often an idle call checks whether a better candidate works again. */
const lookEveryMs = 1000;

/** The candidates' streams that serve one call in succession: which one is current, and which follows its failure. */
export class StreamSuccession {
  readonly #options: StreamSuccessionOptions;
  readonly #closing = new Set<Promise<void>>();
  /** Candidates that refused this call; they may still serve others. */
  readonly #refusing = new Set<Candidate<SpeechToText>>();
  #current: CandidateStream | null = null;
  #outage: Outage | null = null;
  #shortLives = 0;
  #retry: Timer | null = null;
  /** Why the current candidate should be replaced when the call is idle. */
  #complaint: string | null = null;
  #nextLookMs = 0;
  #isClosed = false;

  constructor(options: StreamSuccessionOptions) {
    this.#options = options;
  }

  /** Null between two streams. */
  get current(): CandidateStream | null {
    return this.#current;
  }

  /** Whether a stream has failed and its successor has not proven that it works. */
  get isInOutage(): boolean {
    return this.#outage !== null;
  }

  /** Whether it is time for {@link moveIfIdle}. */
  get isLookDue(): boolean {
    return this.#options.clock.nowMs() >= this.#nextLookMs;
  }

  /** Opens the first stream. */
  start(): void {
    const [first] = this.#options.fallbackList.toAsk();
    if (first) this.#open(first);
  }

  /** Ends the outage and reports the recovery, if the current stream works. */
  endOutage(): void {
    const { clock, reports } = this.#options;
    if (!this.#outage && !reports.hasFailures) return;
    const current = this.#current;
    if (!current?.liveness.isProven(clock.nowMs())) return;
    this.#outage = null;
    reports.answered(current.candidate);
  }

  /** The current stream answered a flush after `latencyMs`; null if that says nothing about its speed. */
  answered({ candidate }: CandidateStream, latencyMs: number | null): void {
    const { fallbackList, supervision } = this.#options;
    if (!fallbackList.answered(candidate, latencyMs) || latencyMs === null) return;
    this.#complaint = `Its finals took longer than ${candidate.slaMs} ms ${supervision.slaBreaches} times in a row, most recently ${Math.round(latencyMs)} ms.`;
  }

  /**
   * Leaves a candidate that was too slow, or returns to a better one that works again. Does nothing if `isBusy`: the caller
   * is speaking or words are pending.
   */
  moveIfIdle(isBusy: boolean): void {
    const { fallbackList, clock, reports } = this.#options;
    this.#nextLookMs = clock.nowMs() + lookEveryMs;
    const current = this.#current;
    if (!current || this.#outage || isBusy) return;
    const { candidates } = fallbackList;
    const best = fallbackList.toAsk().find((candidate) => !this.#refusing.has(candidate));
    if (!best || best === current.candidate) {
      this.#complaint = null;
      return;
    }
    const isBetter = candidates.indexOf(best) < candidates.indexOf(current.candidate);
    if (this.#complaint === null && !isBetter) return;
    reports.change(current.candidate, best, this.#complaint ?? `${fallbackList.nameOf(best)} works again.`);
    this.#dismiss(current);
    this.#open(best);
  }

  /**
   * A stream has failed: opens its candidate again, or the next one. `waits`: whether a repetition waits for its delay; false
   * after a stall, when the caller has already waited.
   */
  failed(error: ProviderError, stream: CandidateStream, waits = true): void {
    if (this.#isClosed) return;
    const { clock, supervision, random } = this.#options;
    const nowMs = clock.nowMs();
    this.#dismiss(stream);
    const livedMs = nowMs - stream.openedMs;
    if (stream.liveness.hasSpoken)
      this.#shortLives = livedMs < supervision.stallTimeoutMs ? this.#shortLives + 1 : 0;
    // A stream that lived this long ended the previous outage, even if it said nothing.
    if (livedMs > supervision.budgetMs) this.#outage = null;
    this.#outage ??= new Outage(nowMs, stream.liveness.isProven(nowMs) ? 0 : 1, { supervision, random });
    const delayMs = this.#shortLives > maxShortLives ? null : this.#outage.repeatInMs(error, nowMs);
    if (delayMs === null) this.#moveOn(error, stream.candidate, this.#outage);
    else this.#repeat(error, stream.candidate, this.#outage, waits ? delayMs : 0);
  }

  /** Closes the current stream, and resolves when all are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    if (this.#current) this.#dismiss(this.#current);
    await Promise.all(this.#closing);
  }

  #open(candidate: Candidate<SpeechToText>): void {
    // The listener may have closed the stream when it heard of the failure.
    if (this.#isClosed) return;
    const { make, onOpened } = this.#options;
    const opened = make(candidate);
    this.#current = opened;
    opened.open();
    if (this.#current === opened) onOpened(opened);
  }

  #repeat(error: ProviderError, candidate: Candidate<SpeechToText>, outage: Outage, delayMs: number): void {
    const { reports, clock } = this.#options;
    reports.failed(candidate, error);
    reports.repeat(candidate, outage.repetition);
    if (this.#isClosed) return;
    outage.repeats();
    this.#retry = clock.setTimer(delayMs, () => {
      this.#retry = null;
      this.#open(candidate);
    });
  }

  #moveOn(error: ProviderError, from: Candidate<SpeechToText>, outage: Outage): void {
    const { fallbackList, reports, onGivenUp } = this.#options;
    fallbackList.failed(from, error);
    outage.moves(from);
    if (!error.retryable) this.#refusing.add(from);
    this.#shortLives = 0;
    const isUntried = (candidate: Candidate<SpeechToText>): boolean => !outage.failed.has(candidate);
    const next = fallbackList.toAsk().find(isUntried) ?? fallbackList.candidates.find(isUntried);
    if (!next) return onGivenUp(error);
    reports.failed(from, error);
    reports.change(from, next, failureCause(error));
    this.#open(next);
  }

  #dismiss(stream: CandidateStream): void {
    this.#current = null;
    this.#complaint = null;
    this.#options.onDismissed();
    const closed = stream.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
