/** The agent's side of a recorded call: what the caller heard, and when. */

/**
 * How much audio before the read position is kept, for a resume to repeat. The contract allows a resume three seconds back;
 * the rest covers audio that was heard but not read yet.
 */
const keepMs = 5000;
/** A mark that would move a run by more than this belongs to another run. */
const maxShiftMs = 2000;

/** Audio that plays without a break. */
interface Run {
  /** Its beginning on the time line. */
  start: number;
  /** It plays the playout positions `from` to `to`, exclusive. */
  readonly from: number;
  to: number;
  /** The end of what was queued for it: it cannot have played further. */
  limit: number;
  /** The number of cuts (pauses and clears) before it. */
  readonly order: number;
  /** Whether a mark has reported when it was heard. */
  aligned: boolean;
}

/** Queued audio; `start` is its playout position. */
interface Queued {
  readonly start: number;
  readonly samples: Int16Array;
}

/** A pause or clear whose heard position is not known yet. */
export interface Cut {
  readonly order: number;
}

/**
 * Follows a transport's playout (see `transport/transport.ts`) and writes what the caller heard to a time line. Audio plays
 * in real time from the moment it is queued. Audio that a clear dropped is left out, a pause is silence, and audio that a
 * resume repeats appears twice. Once a mark has measured the round trip to the caller's ear, later audio is placed that
 * much later. All positions count samples.
 *
 * Pure: time comes in as data, in milliseconds since the start of the call. Keeps frames without a copy.
 */
export class AgentTrack {
  readonly #samplesPerMs: number;
  #queue: Queued[] = [];
  #queued = 0;
  /** Audio before this position was cleared and never plays again. */
  #cleared = 0;
  #runs: Run[] = [];
  /** The run that the next audio may extend. */
  #current: Run | null = null;
  #paused = false;
  #order = 0;
  /** The furthest position that a cut has reported. */
  #furthest = 0;
  /** From queueing to being heard, in samples. */
  #delay = 0;
  /** How far the time line was read, and the end of the playout positions in that part. */
  #read = 0;
  #readPosition = 0;

  constructor(sampleRateHz: number) {
    this.#samplesPerMs = sampleRateHz / 1000;
  }

  /** Audio was queued. */
  play(samples: Int16Array, atMs: number): void {
    if (samples.length === 0) return;
    const from = this.#queued;
    this.#queue.push({ start: from, samples });
    this.#queued += samples.length;
    if (this.#paused) return;
    if (this.#current && this.#heardAt(atMs) <= endOf(this.#current))
      this.#current.to = this.#current.limit = this.#queued;
    else this.#begin(from, atMs);
  }

  /** Playout is paused; {@link settle} reports later how much was heard. Null if it was paused already. */
  pause(atMs: number): Cut | null {
    if (this.#paused) return null;
    this.#paused = true;
    return this.#cut(atMs);
  }

  /** Queued audio is dropped and a pause ends; {@link settle} reports later how much was heard. */
  clear(atMs: number): Cut {
    this.#paused = false;
    this.#cleared = this.#queued;
    return this.#cut(atMs);
  }

  /**
   * Of the audio played before the cut, what lies before this position was heard, and nothing after it. The position never
   * falls: one that an earlier cut has reported does not tell how far a resume had repeated the audio before it, so that
   * the estimate stands.
   */
  settle({ order }: Cut, heardSamples: number): void {
    const heard = Math.round(heardSamples);
    const isNews = heard > this.#furthest;
    this.#furthest = Math.max(this.#furthest, heard);
    for (const run of this.#runs) {
      if (run.order !== order) continue;
      const readTo = run.from + Math.max(0, this.#read - run.start);
      run.to = Math.min(run.limit, Math.max(isNews ? heard : Math.min(heard, run.to), run.from, readTo));
    }
    this.#separate();
  }

  /** A pause ends: queued audio plays again from this position. */
  resume(fromSamples: number, atMs: number): void {
    if (!this.#paused) return;
    this.#paused = false;
    const oldest = Math.max(this.#cleared, this.#queue[0]?.start ?? this.#queued);
    const from = Math.min(Math.max(Math.round(fromSamples), oldest), this.#queued);
    if (from < this.#queued) this.#begin(from, atMs);
  }

  /** The far end reported when a position was heard: moves its run there, unless that run was read already. */
  heard(positionSamples: number, atMs: number): void {
    const heardAt = Math.round(atMs * this.#samplesPerMs);
    const position = Math.floor(positionSamples);
    // Several runs can contain a position: runs share ends, and a resume repeats audio. The time tells which is meant.
    const startOf = (run: Run): number => heardAt - (position - run.from);
    const offBy = (run: Run): number => Math.abs(startOf(run) - run.start);
    const [run] = this.#runs
      .filter(({ from, to }) => from <= position && position <= to)
      .sort((a, b) => offBy(a) - offBy(b));
    if (!run || run.aligned || run.start < this.#read) return;
    if (offBy(run) > maxShiftMs * this.#samplesPerMs) return;
    run.aligned = true;
    this.#delay = Math.max(0, this.#delay + startOf(run) - run.start);
    run.start = Math.max(startOf(run), this.#read);
    this.#separate();
  }

  /** The time line from the end of the previous read to `until`, exclusive; silent where nothing was heard. */
  read(until: number): Int16Array {
    const line = new Int16Array(Math.max(0, until - this.#read));
    for (const run of this.#runs) {
      const first = Math.max(run.start, this.#read);
      const last = Math.min(endOf(run), until);
      if (first >= last) continue;
      const position = run.from + first - run.start;
      this.#copy(position, position + last - first, line, first - this.#read);
      this.#readPosition = position + last - first;
    }
    this.#read += line.length;
    this.#runs = this.#runs.filter((run) => run === this.#current || endOf(run) > this.#read);
    this.#forget();
    return line;
  }

  #begin(from: number, atMs: number): void {
    const last = this.#runs.at(-1);
    const start = Math.max(this.#heardAt(atMs), this.#read, last ? endOf(last) : 0);
    this.#current = {
      start,
      from,
      to: this.#queued,
      limit: this.#queued,
      order: this.#order,
      aligned: false,
    };
    this.#runs.push(this.#current);
  }

  #cut(atMs: number): Cut {
    // An estimate until `settle` brings the far end's answer.
    for (const run of this.#runs) {
      if (run.order !== this.#order) continue;
      run.to = Math.min(run.limit, run.from + Math.max(0, this.#heardAt(atMs) - run.start));
    }
    this.#current = null;
    return { order: this.#order++ };
  }

  /** Removes overlaps: a run that turned out longer than estimated delays the runs after it. */
  #separate(): void {
    let end = this.#read;
    for (const run of this.#runs) {
      if (run.start >= this.#read) run.start = Math.max(run.start, end);
      end = endOf(run);
    }
  }

  /** Where on the time line audio queued now would be heard. */
  #heardAt(atMs: number): number {
    return Math.floor(atMs * this.#samplesPerMs) + this.#delay;
  }

  #copy(from: number, to: number, into: Int16Array, at: number): void {
    for (const { start, samples } of this.#queue) {
      const [first, last] = [Math.max(from, start), Math.min(to, start + samples.length)];
      if (first < last) into.set(samples.subarray(first - start, last - start), at + first - from);
    }
  }

  #forget(): void {
    const before = this.#readPosition - keepMs * this.#samplesPerMs;
    const kept = this.#queue.findIndex(({ start, samples }) => start + samples.length > before);
    if (kept > 0) this.#queue.splice(0, kept);
  }
}

function endOf({ start, from, to }: Run): number {
  return start + to - from;
}
