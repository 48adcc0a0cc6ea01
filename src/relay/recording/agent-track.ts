/** The agent's side of a recorded call: what the caller heard of it, when they heard it. */

/** How far before what was read a resume may begin: three seconds by contract, and what is not read yet. */
const keepMs = 5000;
/** A mark that would move a stretch by more than this is not about that stretch. */
const maxShiftMs = 2000;

/** A stretch of audio that plays without a break. */
interface Run {
  /** Where it begins on the time line. */
  start: number;
  /** The playout positions that it plays. */
  readonly from: number;
  to: number;
  /** What was queued of it when a cut ended it: it can have played no further. */
  limit: number;
  /** Grows with every pause, resume and clear. */
  readonly order: number;
  /** Whether a mark has told when it was heard. */
  aligned: boolean;
}

/** Audio that was queued, at its playout position. */
interface Queued {
  readonly start: number;
  readonly samples: Int16Array;
}

/** A pause or clear whose heard position is not known yet. */
export interface Cut {
  readonly order: number;
}

/**
 * Follows a transport's playout (see `transport/transport.ts`) and lays what was heard on a time line: audio plays as it
 * is queued, in real time; what a clear swept out is not there; a pause is silence, and what a resume repeats comes again
 * at its place. It is there as soon as it is queued, later by the way to the caller's ear and back once a mark has told
 * how long that takes. Positions on the time line and of playout count samples.
 *
 * Pure: time comes in as data, in milliseconds since the start of the call. Keeps frames without a copy.
 */
export class AgentTrack {
  readonly #samplesPerMs: number;
  #queue: Queued[] = [];
  #queued = 0;
  /** What was queued before the latest clear is never played again. */
  #cleared = 0;
  #runs: Run[] = [];
  /** The run that what is queued next may lengthen. */
  #current: Run | null = null;
  #paused = false;
  #order = 0;
  /** From the moment of queueing to the moment of being heard, in samples. */
  #delay = 0;
  /** Up to where the time line was read, and the latest playout position in that part. */
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

  /** Playout is paused. What was heard until then is said by {@link settle}; null where it is paused already. */
  pause(atMs: number): Cut | null {
    if (this.#paused) return null;
    this.#paused = true;
    return this.#cut(atMs);
  }

  /** Everything queued is dropped, and a pause ends. What was heard until then is said by {@link settle}. */
  clear(atMs: number): Cut {
    this.#paused = false;
    this.#cleared = this.#queued;
    return this.#cut(atMs);
  }

  /** Of what was played before the cut, everything before this position was heard and nothing behind it. */
  settle({ order }: Cut, heardSamples: number): void {
    for (const run of this.#runs) {
      if (run.order !== order) continue;
      const readTo = run.from + Math.max(0, this.#read - run.start);
      run.to = Math.min(run.limit, Math.max(Math.round(heardSamples), run.from, readTo));
    }
    this.#separate();
  }

  /** A pause ends: what was queued plays again from this position. */
  resume(fromSamples: number, atMs: number): void {
    if (!this.#paused) return;
    this.#paused = false;
    const oldest = Math.max(this.#cleared, this.#queue[0]?.start ?? this.#queued);
    const from = Math.min(Math.max(Math.round(fromSamples), oldest), this.#queued);
    if (from < this.#queued) this.#begin(from, atMs);
  }

  /** The far end has told when a position was heard: its stretch of audio is moved there, if it was not read yet. */
  heard(positionSamples: number, atMs: number): void {
    const heardAt = Math.round(atMs * this.#samplesPerMs);
    const position = Math.floor(positionSamples);
    // One run's end can be another's beginning, and what is resumed is heard twice: the time tells which is meant.
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

  /** The time line from where the last call stopped to `until`, exclusive; silent where nothing was heard. */
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
    // Until the far end has said better.
    for (const run of this.#runs) {
      if (run.order !== this.#order) continue;
      run.to = Math.min(run.limit, run.from + Math.max(0, this.#heardAt(atMs) - run.start));
    }
    this.#current = null;
    return { order: this.#order++ };
  }

  /** What was heard longer than it seemed pushes on what comes behind it. */
  #separate(): void {
    let end = this.#read;
    for (const run of this.#runs) {
      if (run.start >= this.#read) run.start = Math.max(run.start, end);
      end = endOf(run);
    }
  }

  /** When what is queued now would be heard. */
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
