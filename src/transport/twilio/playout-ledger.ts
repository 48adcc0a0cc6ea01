import type { Heard, HeardMark, Origin } from '../transport.js';
import { KeptAudio } from './kept-audio.js';
import { PlayoutRun, type PlayoutMark } from './playout-run.js';

/** What the ledger's judgement rests on, each with the default that holds on a phone line. */
export interface PlayoutLedgerOptions {
  readonly sampleRateHz: number;
  /** Heard audio that is kept for a resume. @default 3000 */
  readonly keepMs?: number;
  /** Audio that the far end may hold. Twilio discards what exceeds ten minutes (warning 31931). @default 60000 */
  readonly maxAheadMs?: number;
  /** Longest message, and longest stretch without a mark. @default 100 */
  readonly markEveryMs?: number;
  /** First message after silence, with a mark behind it: early evidence of when it became audible. @default 20 */
  readonly firstPieceMs?: number;
  /** The far end counts as nearly empty with less than this left: what follows is anchored anew. @default 100 */
  readonly lowWaterMs?: number;
  /** Round trip that is assumed until one was measured. @default 100 */
  readonly assumedRoundTripMs?: number;
  /** How late an echo may be before its time is estimated. @default 1000 */
  readonly echoGraceMs?: number;
}

/** One message of audio and the marks that go before and behind it, if any. */
export interface Piece {
  readonly markBefore: string | null;
  readonly bytes: Uint8Array;
  readonly markBehind: string | null;
}

/** A cut whose outcome is not known yet: `clear` and then this mark go out, and its echo settles the matter. */
export interface PendingCut {
  readonly sentinel: string;
  readonly run: PlayoutRun;
  readonly sentAtMs: number;
  /** How far the caller had heard when the rest was dropped; null while nothing was. */
  heardBeforeDrop: number | null;
}

/** What an echo told. */
export type EchoReport =
  | { readonly kind: 'mark'; readonly heard: readonly HeardMark[] }
  | {
      readonly kind: 'cut';
      readonly cut: PendingCut;
      readonly at: Heard;
      readonly heard: readonly HeardMark[];
    }
  /** A mark of ours whose matter is settled: swept out by a clear, or too late. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'unknown' };

interface Watch {
  readonly positionSamples: number;
  /** Asked for as the end of the queue: reached once everything before it was played. */
  readonly atEnd: boolean;
  /** A mark stands behind it that will report it. */
  marked: boolean;
}

/** Without any echo, an estimated heard position may be this much too far before it costs audio that a resume needs. */
const unconfirmedKeepMs = 10_000;

/**
 * The book-keeping of playout at a far end that only takes audio, echoes marks and clears: what was queued, sent and
 * heard, in playout positions, with everything kept that may have to be sent again. It decides what is sent next and
 * where marks stand; {@link PlayoutRun} does the arithmetic of time. Pure: all times are data.
 */
export class PlayoutLedger {
  readonly #audio = new KeptAudio();
  readonly #samplesPerMs: number;
  readonly #keepSamples: number;
  readonly #maxAheadMs: number;
  readonly #markEverySamples: number;
  readonly #firstPieceSamples: number;
  readonly #lowWaterMs: number;
  readonly #echoGraceMs: number;
  #roundTripMs: number;
  #run: PlayoutRun;
  #isPaused = false;
  #heardSamples = 0;
  #serial = 0;
  #watches: Watch[] = [];
  readonly #marks = new Map<string, { readonly run: PlayoutRun; readonly mark: PlayoutMark }>();
  readonly #cuts = new Map<string, PendingCut>();

  constructor(options: PlayoutLedgerOptions) {
    const {
      sampleRateHz,
      keepMs = 3000,
      maxAheadMs = 60_000,
      markEveryMs = 100,
      firstPieceMs = 20,
    } = options;
    this.#samplesPerMs = sampleRateHz / 1000;
    this.#keepSamples = keepMs * this.#samplesPerMs;
    this.#maxAheadMs = maxAheadMs;
    this.#markEverySamples = markEveryMs * this.#samplesPerMs;
    this.#firstPieceSamples = firstPieceMs * this.#samplesPerMs;
    this.#lowWaterMs = options.lowWaterMs ?? 100;
    this.#roundTripMs = options.assumedRoundTripMs ?? 100;
    this.#echoGraceMs = options.echoGraceMs ?? 1000;
    this.#run = new PlayoutRun(0, this.#samplesPerMs);
  }

  /** Samples queued so far. */
  get queuedSamples(): number {
    return this.#audio.end;
  }

  /** Position of the oldest sample that can still be sent again. */
  get keptFromSamples(): number {
    return this.#audio.start;
  }

  /** Marks and sentinels whose echo has not come. */
  get outstandingMarks(): number {
    return this.#marks.size + this.#cuts.size;
  }

  /** The last round trip that was measured. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** Whether an echo of this mark is still to come. */
  isAwaited(name: string): boolean {
    return this.#marks.has(name) || this.#cuts.has(name);
  }

  /** Adds audio at the end of the queue; the bytes are kept, not copied. */
  queue(bytes: Uint8Array): void {
    this.#audio.append(bytes);
  }

  /**
   * What is to be sent next, booked as sent; null if there is nothing, while paused, and while the far end holds enough.
   * Marks stand before audio that follows silence, behind its first piece, behind every watched position, and otherwise
   * every `markEveryMs`.
   */
  take(nowMs: number): Piece | null {
    const run = this.#run;
    if (this.#isPaused || run.sentSamples >= this.#audio.end) return null;
    const aheadMs = run.aheadMs(nowMs, this.#roundTripMs);
    if (aheadMs >= this.#maxAheadMs) return null;
    const isBurstStart = aheadMs === 0;
    const needsAnchor = aheadMs <= this.#lowWaterMs && !run.hasMarkAtEnd(nowMs);
    const markBefore = needsAnchor ? this.#addMark(nowMs) : null;
    const bytes = this.#audio.read(run.sentSamples, this.#pieceLimit(isBurstStart));
    run.addAudio(bytes.length, nowMs, this.#roundTripMs);
    const isMarkDue = isBurstStart || run.samplesSinceMark >= this.#markEverySamples || this.#passedAWatch();
    const markBehind = isMarkDue ? this.#addMark(nowMs) : null;
    this.#dropOld(nowMs);
    return { markBefore, bytes, markBehind };
  }

  /** When `take` should be asked again although nothing else happened; null if there is no such time. */
  nextTakeMs(nowMs: number): number | null {
    if (this.#isPaused || this.#run.sentSamples >= this.#audio.end) return null;
    return nowMs + Math.max(1, this.#run.aheadMs(nowMs, this.#roundTripMs) - this.#maxAheadMs);
  }

  /**
   * Watches a position. Returns the mark that has to be sent for it at once, where its audio is gone already, and the
   * report, where it was heard already.
   */
  watch(
    positionSamples: number,
    nowMs: number,
  ): { readonly mark: string | null; readonly heard: HeardMark | null } {
    const atEnd = positionSamples === this.queuedSamples;
    const watch = { positionSamples, atEnd, marked: false };
    if (this.#isReached(watch, this.#heardSamples)) {
      return {
        mark: null,
        heard: this.#report(watch, Math.min(nowMs, this.#timeOf(this.#run, watch)), 'measured'),
      };
    }
    this.#watches.push(watch);
    if (this.#isPaused || !this.#isReached(watch, this.#run.sentSamples)) return { mark: null, heard: null };
    watch.marked = true;
    if (this.#run.hasMarkBehind(positionSamples, atEnd)) return { mark: null, heard: null };
    return { mark: this.#addMark(nowMs), heard: null };
  }

  /** A mark came back. */
  echo(name: string, nowMs: number): EchoReport {
    const cut = this.#cuts.get(name);
    if (cut) {
      this.#roundTripMs = nowMs - cut.sentAtMs;
      return { kind: 'cut', cut, ...this.#settle(cut, nowMs) };
    }
    const entry = this.#marks.get(name);
    if (!entry) return { kind: this.#wasOurs(name) ? 'stale' : 'unknown' };
    const { run, mark } = entry;
    this.#marks.delete(name);
    if (mark.instant) this.#roundTripMs = nowMs - mark.sentAtMs;
    const reached = run.echo(mark, nowMs, this.#roundTripMs);
    if (reached.length === 0) return { kind: 'stale' };
    for (const { name: reachedName } of reached) this.#marks.delete(reachedName);
    this.#heardSamples = Math.max(this.#heardSamples, mark.positionSamples);
    this.#dropOld(nowMs);
    const heard = this.#takeReached(mark.positionSamples).map((watch) =>
      this.#report(watch, nowMs - this.#toMs(mark.positionSamples - watch.positionSamples), 'measured'),
    );
    return { kind: 'mark', heard };
  }

  /**
   * Stops playout: the far end is to be cleared. Returns the cut that its sentinel settles, or, if there is certainly
   * nothing left to play and so nothing to clear, the position at once. Nothing is taken until `resume` or `drop`.
   */
  cut(nowMs: number): PendingCut | Heard {
    this.#isPaused = true;
    for (const watch of this.#watches) watch.marked = false;
    const run = this.#run;
    run.cut();
    if (run.isPlayedOut) {
      this.#forget(run.settle(this.#roundTripMs));
      this.#heardSamples = Math.max(this.#heardSamples, run.sentSamples);
      return { positionSamples: this.#heardSamples, origin: 'measured' };
    }
    const sentinel = `clear-${++this.#serial}@${run.sentSamples}`;
    const cut = { sentinel, run, sentAtMs: nowMs, heardBeforeDrop: null };
    this.#cuts.set(cut.sentinel, cut);
    return cut;
  }

  /** Settles a cut whose sentinel did not come back: by the last round trip that was measured. */
  estimate(cut: PendingCut): { readonly at: Heard; readonly heard: readonly HeardMark[] } {
    return this.#settle(cut, null);
  }

  /**
   * Goes on after a cut at `fromSamples`, as far back as audio is kept. Returns the mark that has to be sent first, where
   * a watched position lies before it and so has no audio of its own any more.
   */
  resume(fromSamples: number, nowMs: number): string | null {
    const from = Math.min(Math.max(Math.round(fromSamples), this.#audio.start), this.#audio.end);
    this.#startRun(from);
    return this.#passedAWatch() ? this.#addMark(nowMs) : null;
  }

  /** Goes on after a cut with nothing: what was queued is dropped, and so is every watch. */
  drop(): void {
    this.#audio.dropAll();
    this.#watches = [];
    for (const cut of this.#cuts.values()) cut.heardBeforeDrop ??= this.#heardSamples;
    this.#heardSamples = this.#audio.end;
    this.#startRun(this.#audio.end);
  }

  /** When the first overdue echo of a watched position is to be replaced by an estimate; null if none is awaited. */
  deadlineMs(): number | null {
    if (this.#isPaused) return null;
    let earliest: number | null = null;
    for (const watch of this.#watches) {
      if (!this.#isReached(watch, this.#run.sentSamples)) continue;
      const dueMs = this.#timeOf(this.#run, watch) + this.#echoGraceMs;
      if (earliest === null || dueMs < earliest) earliest = dueMs;
    }
    return earliest;
  }

  /** Reports the watched positions whose echo is overdue at `nowMs`, at their estimated times. */
  takeOverdue(nowMs: number): readonly HeardMark[] {
    if (this.#isPaused) return [];
    const isOverdue = (watch: Watch): boolean =>
      this.#isReached(watch, this.#run.sentSamples) &&
      this.#timeOf(this.#run, watch) + this.#echoGraceMs <= nowMs;
    const overdue = this.#watches.filter(isOverdue);
    this.#watches = this.#watches.filter((watch) => !overdue.includes(watch));
    return overdue.map((watch) => this.#report(watch, this.#timeOf(this.#run, watch), 'estimated'));
  }

  #startRun(fromSamples: number): void {
    this.#run = new PlayoutRun(fromSamples, this.#samplesPerMs);
    this.#isPaused = false;
  }

  #settle(
    cut: PendingCut,
    echoedAtMs: number | null,
  ): { readonly at: Heard; readonly heard: readonly HeardMark[] } {
    const { run } = cut;
    this.#cuts.delete(cut.sentinel);
    this.#forget(run.settle(this.#roundTripMs));
    const heardAtMs = echoedAtMs ?? cut.sentAtMs + this.#roundTripMs;
    const origin: Origin = echoedAtMs !== null && run.isAnchored ? 'measured' : 'estimated';
    const heardBefore = cut.heardBeforeDrop ?? this.#heardSamples;
    const positionSamples = Math.max(heardBefore, run.heardAt(heardAtMs, this.#roundTripMs));
    this.#heardSamples = Math.max(this.#heardSamples, positionSamples);
    const heard = this.#takeReached(positionSamples).map((watch) =>
      this.#report(watch, this.#timeOf(run, watch), origin),
    );
    return { at: { positionSamples, origin }, heard };
  }

  #pieceLimit(isBurstStart: boolean): number {
    const sent = this.#run.sentSamples;
    let limit = isBurstStart ? this.#firstPieceSamples : this.#markEverySamples - this.#run.samplesSinceMark;
    for (const { positionSamples, atEnd, marked } of this.#watches) {
      if (marked || positionSamples < sent) continue;
      // A piece ends soon behind a watched position, so that its mark tells about it early.
      const end =
        atEnd && positionSamples > sent ? positionSamples : positionSamples + this.#firstPieceSamples;
      limit = Math.min(limit, Math.ceil(end - sent));
    }
    return limit;
  }

  #passedAWatch(): boolean {
    let passed = false;
    for (const watch of this.#watches) {
      if (watch.marked || !this.#isReached(watch, this.#run.sentSamples)) continue;
      watch.marked = true;
      passed = true;
    }
    return passed;
  }

  #isReached(watch: Watch, positionSamples: number): boolean {
    return watch.atEnd ? watch.positionSamples <= positionSamples : watch.positionSamples < positionSamples;
  }

  #takeReached(positionSamples: number): readonly Watch[] {
    if (this.#watches.length === 0) return this.#watches;
    const reached = this.#watches.filter((watch) => this.#isReached(watch, positionSamples));
    this.#watches = this.#watches.filter((watch) => !reached.includes(watch));
    return reached;
  }

  #timeOf(run: PlayoutRun, watch: Watch): number {
    return run.timeOf(watch.positionSamples, watch.atEnd, this.#roundTripMs);
  }

  #report(watch: Watch, atMs: number, origin: Origin): HeardMark {
    return { positionSamples: watch.positionSamples, atMs, origin };
  }

  #addMark(nowMs: number): string {
    const name = `mark-${++this.#serial}@${this.#run.sentSamples}`;
    const { mark, givenUp } = this.#run.addMark(name, nowMs);
    if (givenUp) this.#marks.delete(givenUp.name);
    this.#marks.set(name, { run: this.#run, mark });
    return name;
  }

  /** Every name carries its serial number, so that a late echo is told from one that was never asked for. */
  #wasOurs(name: string): boolean {
    const serial = /^(?:mark|clear)-(\d{1,15})@\d{1,15}$/.exec(name)?.[1];
    return serial !== undefined && Number(serial) >= 1 && Number(serial) <= this.#serial;
  }

  #forget(names: readonly string[]): void {
    for (const name of names) this.#marks.delete(name);
  }

  #dropOld(nowMs: number): void {
    const leftSamples = this.#run.aheadMs(nowMs, this.#roundTripMs) * this.#samplesPerMs;
    const unconfirmed = this.#run.sentSamples - leftSamples - unconfirmedKeepMs * this.#samplesPerMs;
    this.#audio.dropBefore(Math.max(this.#heardSamples, unconfirmed) - this.#keepSamples);
  }

  #toMs(samples: number): number {
    return samples / this.#samplesPerMs;
  }
}
