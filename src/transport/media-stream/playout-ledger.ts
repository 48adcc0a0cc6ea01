import type { Heard, HeardMark, Origin } from '../transport.js';
import { KeptAudio } from './kept-audio.js';
import { PlayoutRun, type PlayoutMark } from './playout-run.js';

/** Parameters of the ledger; the defaults suit a phone line. */
export interface PlayoutLedgerOptions {
  readonly sampleRateHz: number;
  /** Heard audio kept for a resume. @default 3000 */
  readonly keepMs?: number;
  /** Audio that the far end may buffer; carriers discard more. @default 60000 */
  readonly maxAheadMs?: number;
  /** Longest message, and longest audio without a mark. @default 100 */
  readonly markEveryMs?: number;
  /** Length of the first message after silence; the mark after it tells early when it became audible. @default 20 */
  readonly firstPieceMs?: number;
  /** Below this, the far end counts as nearly empty, and the next audio gets a new anchor. @default 100 */
  readonly lowWaterMs?: number;
  /** Assumed round trip until one was measured. @default 100 */
  readonly assumedRoundTripMs?: number;
  /** Delay of an echo after which its time is estimated. @default 1000 */
  readonly echoGraceMs?: number;
}

/** One message of audio and the marks before and after it, if any. */
export interface Piece {
  readonly markBefore: string | null;
  readonly bytes: Uint8Array;
  readonly markBehind: string | null;
}

/** A cut whose outcome is not known yet: `clear` and then this mark are sent; the mark's echo settles it. */
export interface PendingCut {
  readonly sentinel: string;
  readonly run: PlayoutRun;
  readonly sentAtMs: number;
  /** The heard position when the rest was dropped; null if nothing was dropped. */
  heardBeforeDrop: number | null;
}

/** Result of an echo. */
export type EchoReport =
  | { readonly kind: 'mark'; readonly heard: readonly HeardMark[] }
  | {
      readonly kind: 'cut';
      readonly cut: PendingCut;
      readonly at: Heard;
      readonly heard: readonly HeardMark[];
    }
  /** A mark of this ledger that is already settled: removed by a clear, or too late. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'unknown' };

interface Watch {
  readonly positionSamples: number;
  /** Watched as the end of the queue: reached once all audio before it was played. */
  readonly atEnd: boolean;
  /** A mark after it was sent and will report it. */
  marked: boolean;
}

/** Without an echo, this much more audio is kept before the estimated heard position. */
const unconfirmedKeepMs = 10_000;

/**
 * Tracks playout at a far end that only plays audio, echoes marks and clears: which audio was queued, sent and heard,
 * in playout positions. Keeps all audio that may have to be sent again. Decides what is sent next and where marks go;
 * {@link PlayoutRun} calculates times. Pure: times are passed in.
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

  /** Number of marks and sentinels without an echo. */
  get outstandingMarks(): number {
    return this.#marks.size + this.#cuts.size;
  }

  /** The last measured round trip. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** Whether the echo of this mark is outstanding. */
  isAwaited(name: string): boolean {
    return this.#marks.has(name) || this.#cuts.has(name);
  }

  /** Adds audio at the end of the queue; the bytes are kept, not copied. */
  queue(bytes: Uint8Array): void {
    this.#audio.append(bytes);
  }

  /**
   * Takes the next piece to send and counts it as sent; null if there is none, while paused, and while the far end
   * holds enough. Marks go before audio after silence, after its first piece, after every watched position, and
   * otherwise every `markEveryMs`.
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

  /** When to call `take` again if nothing else happens; null if never. */
  nextTakeMs(nowMs: number): number | null {
    if (this.#isPaused || this.#run.sentSamples >= this.#audio.end) return null;
    return nowMs + Math.max(1, this.#run.aheadMs(nowMs, this.#roundTripMs) - this.#maxAheadMs);
  }

  /**
   * Watches a position. If its audio was already sent, returns the mark to send at once; if it was already heard,
   * returns the report.
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

  /** Takes the echo of a mark. */
  echo(name: string, nowMs: number): EchoReport {
    const cut = this.#cuts.get(name);
    if (cut) {
      this.#roundTripMs = nowMs - cut.sentAtMs;
      return { kind: 'cut', cut, ...this.#settle(cut, { atMs: nowMs, isEcho: true }) };
    }
    const entry = this.#marks.get(name);
    if (!entry) return { kind: this.#wasOurs(name) ? 'stale' : 'unknown' };
    const { run, mark } = entry;
    this.#marks.delete(name);
    if (mark.instant) this.#roundTripMs = nowMs - mark.sentAtMs;
    const earlier = this.#heardBefore(mark, run);
    const reached = run.echo(mark, nowMs, this.#roundTripMs);
    if (reached.length === 0) return { kind: 'stale' };
    for (const { name: reachedName } of reached) this.#marks.delete(reachedName);
    this.#heardSamples = Math.max(this.#heardSamples, mark.positionSamples);
    this.#dropOld(nowMs);
    const heard = this.#takeReached(mark.positionSamples).map(
      (watch) =>
        earlier?.find(({ positionSamples }) => positionSamples === watch.positionSamples) ??
        this.#report(watch, nowMs - this.#toMs(mark.positionSamples - watch.positionSamples), 'measured'),
    );
    return { kind: 'mark', heard };
  }

  /**
   * The watched positions that were heard before the mark arrived at the far end, at their expected times: the mark's echo shows
   * only that they were heard, not when. Null if nothing is watched.
   */
  #heardBefore(mark: PlayoutMark, run: PlayoutRun): readonly HeardMark[] | null {
    if (this.#watches.length === 0 || mark.instant) return null;
    const arrivedMs = mark.sentAtMs + this.#roundTripMs;
    const origin: Origin = run.isAnchored ? 'measured' : 'estimated';
    return this.#watches
      .map((watch) => this.#report(watch, this.#timeOf(run, watch), origin))
      .filter(({ atMs }) => atMs < arrivedMs);
  }

  /**
   * Stops playout. Returns the cut, for which the caller sends a `clear` and the sentinel; or the heard position, if
   * the far end certainly has nothing left to play. `take` returns nothing until `resume` or `drop`.
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

  /** Settles a cut whose sentinel was not echoed, by the last measured round trip. */
  estimate(cut: PendingCut): { readonly at: Heard; readonly heard: readonly HeardMark[] } {
    return this.#settle(cut, { atMs: cut.sentAtMs + this.#roundTripMs, isEcho: false });
  }

  /** The connection was lost at `nowMs`: stops playout where it had got to by then. Continue as after a {@link cut}. */
  lost(nowMs: number): { readonly at: Heard; readonly heard: readonly HeardMark[] } {
    const cut = this.cut(nowMs);
    if ('origin' in cut) return { at: cut, heard: [] };
    return this.#settle(cut, { atMs: nowMs, isEcho: false });
  }

  /**
   * Continues after a cut from `fromSamples`, or from the oldest kept audio. Returns a mark to send first if a watched
   * position lies before that point.
   */
  resume(fromSamples: number, nowMs: number): string | null {
    const from = Math.min(Math.max(Math.round(fromSamples), this.#audio.start), this.#audio.end);
    this.#startRun(from);
    return this.#passedAWatch() ? this.#addMark(nowMs) : null;
  }

  /** Continues after a cut with an empty queue: drops all queued audio and every watch. */
  drop(): void {
    this.#audio.dropAll();
    this.#watches = [];
    for (const cut of this.#cuts.values()) cut.heardBeforeDrop ??= this.#heardSamples;
    this.#heardSamples = this.#audio.end;
    this.#startRun(this.#audio.end);
  }

  /** When an estimate has to replace the first missing echo of a watched position; null if none is awaited. */
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
    { atMs, isEcho }: { readonly atMs: number; readonly isEcho: boolean },
  ): { readonly at: Heard; readonly heard: readonly HeardMark[] } {
    const { run } = cut;
    this.#cuts.delete(cut.sentinel);
    this.#forget(run.settle(this.#roundTripMs));
    const origin: Origin = isEcho && run.isAnchored ? 'measured' : 'estimated';
    const heardBefore = cut.heardBeforeDrop ?? this.#heardSamples;
    const positionSamples = Math.max(heardBefore, run.heardAt(atMs, this.#roundTripMs));
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
      // End the piece soon after a watched position, so that its mark reports it early.
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

  /** Each name has a serial number, which tells a late echo from an unknown one. */
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
