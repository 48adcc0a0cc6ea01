/** A mark that was sent, with the playout position at which it stands. */
export interface PlayoutMark {
  readonly name: string;
  readonly positionSamples: number;
  readonly sentAtMs: number;
  /** Nothing was queued at the far end when it was sent, so its echo comes at once, whatever happens later. */
  readonly instant: boolean;
  /** Set when its echo came after the run had been cut: it was played, or swept out. */
  echoedAtMs?: number;
}

/** A playout position and when its sample became audible, as echoes tell the time: one way late. */
interface Anchor {
  readonly positionSamples: number;
  readonly atMs: number;
}

/** Marks that wait for their echo at most; a far end that never answers must not fill the memory. */
const outstandingLimit = 4096;

/**
 * One stretch of playout, from its first sample until it is cut by a `clear`: what was sent in it, which marks came back,
 * and thus what the caller hears at a given time.
 *
 * Time is told by echoes. A mark's echo says that its position was reached one return delay ago; the sentinel's echo
 * has the same delay, so it cancels in `heardAt(sentinel echo)`. A mark sent into an empty queue comes back at once and
 * anchors the start of what follows; each further echo is the anchor from then on, which is what makes an underrun that
 * nobody saw harmless. Where an echo is missing, the mark is taken to be reached when what was before it has been
 * played, but no earlier than one round trip after it was sent.
 *
 * Pure: all times are data, in milliseconds; positions are in samples.
 */
export class PlayoutRun {
  readonly startSamples: number;
  readonly #samplesPerMs: number;
  #sentSamples: number;
  #anchor: Anchor | null = null;
  /** Every anchor that {@link settle} found, in order: between two of them the far end may have run dry. */
  readonly #settled: Anchor[] = [];
  #outstanding: PlayoutMark[] = [];
  #lastMark: PlayoutMark | null = null;
  #cut = false;
  /** When all that was sent will have been played, as echoes tell the time. */
  #drainedAtMs = -Infinity;

  constructor(startSamples: number, samplesPerMs: number) {
    this.startSamples = startSamples;
    this.#sentSamples = startSamples;
    this.#samplesPerMs = samplesPerMs;
  }

  /** Position behind the last sample sent. */
  get sentSamples(): number {
    return this.#sentSamples;
  }

  /** Whether any echo has come back. */
  get isAnchored(): boolean {
    return this.#anchor !== null;
  }

  /** Whether it is certain that the far end has nothing left to play. */
  get isPlayedOut(): boolean {
    return this.#sentSamples === this.startSamples || this.#anchor?.positionSamples === this.#sentSamples;
  }

  /** Samples sent since the last mark. */
  get samplesSinceMark(): number {
    return this.#sentSamples - (this.#lastMark?.positionSamples ?? this.startSamples);
  }

  /** Milliseconds of audio that will be left at the far end when something sent now arrives there. */
  aheadMs(nowMs: number, roundTripMs: number): number {
    return Math.max(0, this.#drainedAtMs - (nowMs + roundTripMs));
  }

  /** Whether the last thing sent was a mark, at this very time. */
  hasMarkAtEnd(nowMs: number): boolean {
    return this.#lastMark?.sentAtMs === nowMs && this.#lastMark.positionSamples === this.#sentSamples;
  }

  /** Whether an outstanding mark stands behind `positionSamples`, or at it. */
  hasMarkBehind(positionSamples: number, orAt: boolean): boolean {
    const last = this.#outstanding.at(-1);
    return (
      last !== undefined &&
      (last.positionSamples > positionSamples || (orAt && last.positionSamples === positionSamples))
    );
  }

  /** Audio was sent. */
  addAudio(samples: number, nowMs: number, roundTripMs: number): void {
    this.#drainedAtMs = Math.max(this.#drainedAtMs, nowMs + roundTripMs) + samples / this.#samplesPerMs;
    this.#sentSamples += samples;
  }

  /** A mark was sent behind all audio so far. `givenUp` is the oldest one where too many wait for their echo. */
  addMark(
    name: string,
    nowMs: number,
  ): { readonly mark: PlayoutMark; readonly givenUp?: PlayoutMark | undefined } {
    const mark: PlayoutMark = {
      name,
      positionSamples: this.#sentSamples,
      sentAtMs: nowMs,
      instant: this.isPlayedOut,
    };
    this.#lastMark = mark;
    this.#outstanding.push(mark);
    return {
      mark,
      givenUp: this.#outstanding.length > outstandingLimit ? this.#outstanding.shift() : undefined,
    };
  }

  /**
   * An echo came back. Before the cut it is the new anchor, and the marks before it count as reached too; all of them
   * are returned, in order. After the cut it is only kept for {@link settle}: the clear may have swept it out.
   */
  echo(mark: PlayoutMark, nowMs: number, roundTripMs: number): readonly PlayoutMark[] {
    if (this.#cut) {
      mark.echoedAtMs = nowMs;
      return [];
    }
    const reached = this.#outstanding.splice(0, this.#outstanding.indexOf(mark) + 1);
    this.#anchor = { positionSamples: mark.positionSamples, atMs: nowMs };
    const last = this.#walk(roundTripMs, () => false).from ?? this.#anchor;
    this.#drainedAtMs = last.atMs + this.#toMs(this.#sentSamples - last.positionSamples);
    return reached;
  }

  /** The far end's queue is being emptied; echoes from now on prove nothing by themselves. */
  cut(): void {
    this.#cut = true;
  }

  /**
   * Ends a run that was cut: takes those late echoes that can only mean that the mark was reached, because there was
   * nothing before it or because it came no earlier than playing takes, and returns the names of all marks left.
   */
  settle(roundTripMs: number): readonly string[] {
    const marks = this.#outstanding;
    this.#outstanding = [];
    for (const mark of marks) {
      if (
        mark.echoedAtMs !== undefined &&
        (mark.instant || mark.echoedAtMs >= this.#dueMs(mark, this.#anchor, roundTripMs))
      ) {
        this.#anchor = { positionSamples: mark.positionSamples, atMs: mark.echoedAtMs };
        this.#settled.push(this.#anchor);
        this.#outstanding = [];
      } else {
        this.#outstanding.push(mark);
      }
    }
    return marks.map((mark) => mark.name);
  }

  /** The position that is audible at `atMs`, never past what was sent. */
  heardAt(atMs: number, roundTripMs: number): number {
    const { from, next } = this.#walk(roundTripMs, (_mark, dueMs) => dueMs > atMs);
    if (!from) return this.startSamples;
    // The margin keeps the rounding of milliseconds from losing a whole sample.
    const playedSamples = Math.floor(Math.max(0, atMs - from.atMs) * this.#samplesPerMs + 1e-6);
    return Math.min(from.positionSamples + playedSamples, next?.positionSamples ?? this.#sentSamples);
  }

  /** When the sample at `positionSamples` becomes audible or, with `atEnd`, when all before it has been played. */
  timeOf(positionSamples: number, atEnd: boolean, roundTripMs: number): number {
    const isBehind = (mark: Anchor | PlayoutMark): boolean =>
      mark.positionSamples > positionSamples || (atEnd && mark.positionSamples === positionSamples);
    const settled = this.#settled.find(isBehind);
    if (settled) return settled.atMs - this.#toMs(settled.positionSamples - positionSamples);
    const { from } = this.#walk(roundTripMs, isBehind);
    if (!from) return this.#drainedAtMs - this.#toMs(this.#sentSamples - positionSamples);
    return from.atMs + this.#toMs(positionSamples - from.positionSamples);
  }

  /**
   * Goes from the anchor through the outstanding marks, each at the time at which it should be reached, up to the first
   * one that `isBeyond` holds for: `next`. The point reached before it, if there is one, is `from`.
   */
  #walk(
    roundTripMs: number,
    isBeyond: (mark: PlayoutMark, dueMs: number) => boolean,
  ): { readonly from: Anchor | null; readonly next: PlayoutMark | null } {
    let from = this.#anchor;
    for (const mark of this.#outstanding) {
      const dueMs = this.#dueMs(mark, from, roundTripMs);
      if (isBeyond(mark, dueMs)) return { from, next: mark };
      from = { positionSamples: mark.positionSamples, atMs: dueMs };
    }
    return { from, next: null };
  }

  #dueMs(mark: PlayoutMark, from: Anchor | null, roundTripMs: number): number {
    const echoedAtOnceMs = mark.sentAtMs + roundTripMs;
    if (!from) return echoedAtOnceMs;
    return Math.max(echoedAtOnceMs, from.atMs + this.#toMs(mark.positionSamples - from.positionSamples));
  }

  #toMs(samples: number): number {
    return samples / this.#samplesPerMs;
  }
}
