/** A mark that was sent, with its playout position. */
export interface PlayoutMark {
  readonly name: string;
  readonly positionSamples: number;
  readonly sentAtMs: number;
  /** The far end's queue was empty when it was sent, so its echo comes at once in any case. */
  readonly instant: boolean;
  /** Time of an echo after the cut: the mark was reached or removed by the clear. */
  echoedAtMs?: number;
}

/** A playout position and the time of its echo, which is one return delay after it became audible. */
interface Anchor {
  readonly positionSamples: number;
  readonly atMs: number;
}

/** Maximum number of marks without an echo, so that a far end that never answers cannot fill the memory. */
const outstandingLimit = 4096;

/**
 * One run of playout, from its first sample until a `clear`: the audio sent, the echoes received, and from these the
 * position that the caller hears at a given time.
 *
 * Echoes tell the time. A mark's echo says that its position was reached one return delay ago; the sentinel's echo has
 * the same delay, so it cancels in `heardAt(sentinel echo)`. A mark sent into an empty queue is echoed at once and
 * anchors the audio after it. Every later echo becomes the new anchor, so an unnoticed underrun does no harm. A mark
 * without an echo counts as reached once the audio before it was played, but not before one round trip after it was
 * sent.
 *
 * Pure: times are passed in, in milliseconds; positions are in samples.
 */
export class PlayoutRun {
  readonly startSamples: number;
  readonly #samplesPerMs: number;
  #sentSamples: number;
  #anchor: Anchor | null = null;
  /** All anchors that {@link settle} found, in order: the far end may have run dry between two of them. */
  readonly #settled: Anchor[] = [];
  #outstanding: PlayoutMark[] = [];
  #lastMark: PlayoutMark | null = null;
  #cut = false;
  /** When all sent audio will have been played, in echo time (one return delay late). */
  #drainedAtMs = -Infinity;

  constructor(startSamples: number, samplesPerMs: number) {
    this.startSamples = startSamples;
    this.#sentSamples = startSamples;
    this.#samplesPerMs = samplesPerMs;
  }

  /** Position after the last sample sent. */
  get sentSamples(): number {
    return this.#sentSamples;
  }

  /** Whether any echo has arrived. */
  get isAnchored(): boolean {
    return this.#anchor !== null;
  }

  /** Whether the far end certainly has nothing left to play. */
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

  /** Whether an outstanding mark lies after `positionSamples`, or with `orAt` at it. */
  hasMarkBehind(positionSamples: number, orAt: boolean): boolean {
    const last = this.#outstanding.at(-1);
    return (
      last !== undefined &&
      (last.positionSamples > positionSamples || (orAt && last.positionSamples === positionSamples))
    );
  }

  /** Records that audio was sent. */
  addAudio(samples: number, nowMs: number, roundTripMs: number): void {
    this.#drainedAtMs = Math.max(this.#drainedAtMs, nowMs + roundTripMs) + samples / this.#samplesPerMs;
    this.#sentSamples += samples;
  }

  /** Records a mark after all audio so far. `givenUp` is the oldest mark if too many have no echo. */
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
   * Records an echo. Before the cut, its mark becomes the new anchor and all marks before it count as reached; returns
   * these marks in order. After the cut, the echo is only kept for {@link settle}, since the clear may have removed the
   * mark.
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

  /** Marks the run as cut: a `clear` empties the far end's queue, so later echoes do not prove playout. */
  cut(): void {
    this.#cut = true;
  }

  /**
   * Ends a run that was cut and returns the names of its outstanding marks. Accepts a late echo as reached only if
   * there was no audio before the mark, or if playing that audio could have ended by then.
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

  /** The position that is audible at `atMs`, at most the end of the sent audio. */
  heardAt(atMs: number, roundTripMs: number): number {
    const { from, next } = this.#walk(roundTripMs, (_mark, dueMs) => dueMs > atMs);
    if (!from) return this.startSamples;
    // The margin keeps rounding of milliseconds from losing a sample.
    const playedSamples = Math.floor(Math.max(0, atMs - from.atMs) * this.#samplesPerMs + 1e-6);
    return Math.min(from.positionSamples + playedSamples, next?.positionSamples ?? this.#sentSamples);
  }

  /** When the sample at `positionSamples` becomes audible or, with `atEnd`, when all audio before it was played. */
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
   * Walks from the anchor through the outstanding marks, each with its due time, to the first mark for which `isBeyond`
   * holds: `next`. `from` is the last point before it, or null.
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
