/**
 * The playout queue, in frames of 20 ms. A browser cannot drop audio that was sent, so audio stays here until its frame
 * is due. Sent audio stays a little longer, so that a resume can repeat it.
 *
 * Pure: the caller decides when to take a frame. Positions count all samples ever queued.
 */
export interface PacedPlayoutOptions {
  readonly sampleRateHz: number;
  /** How long sent audio is kept. */
  readonly keepMs: number;
}

export class PacedPlayout {
  readonly frameSamples: number;
  readonly #keepSamples: number;
  #stretches: { readonly start: number; readonly samples: Int16Array }[] = [];
  /** Index of the stretch that holds the next sample. */
  #current = 0;
  #queued = 0;
  #sent = 0;

  constructor({ sampleRateHz, keepMs }: PacedPlayoutOptions) {
    this.frameSamples = sampleRateHz / 50;
    this.#keepSamples = (sampleRateHz * keepMs) / 1000;
  }

  /** Number of samples ever queued. */
  get queuedSamples(): number {
    return this.#queued;
  }

  /** Everything before this position was taken or dropped. */
  get sentSamples(): number {
    return this.#sent;
  }

  /** Whether audio is waiting. */
  get waits(): boolean {
    return this.#sent < this.#queued;
  }

  /** Adds samples to the end of the queue, without a copy. */
  queue(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#stretches.push({ start: this.#queued, samples });
    this.#queued += samples.length;
  }

  /** Fills `frame` with the next samples, padded with silence. Returns the number of samples without padding. */
  take(frame: Int16Array): number {
    let filled = 0;
    while (filled < frame.length && this.#sent < this.#queued) {
      const stretch = this.#stretches[this.#current];
      if (!stretch) break;
      const offset = this.#sent - stretch.start;
      const samples = stretch.samples.subarray(offset, offset + frame.length - filled);
      frame.set(samples, filled);
      filled += samples.length;
      this.#sent += samples.length;
      if (offset + samples.length >= stretch.samples.length) this.#current++;
    }
    frame.fill(0, filled);
    this.#forget();
    return filled;
  }

  /** Goes back to a position, or to the oldest kept one. A position after the next sample changes nothing. */
  rewind(fromSamples: number): void {
    const oldest = this.#stretches[0]?.start ?? this.#sent;
    const to = Math.max(oldest, Math.floor(fromSamples));
    if (to >= this.#sent) return;
    this.#sent = to;
    this.#current = this.#stretches.findIndex(({ start, samples }) => start + samples.length > to);
  }

  /** Drops all audio, waiting and sent, so that no later resume repeats it. */
  drop(): void {
    this.#stretches = [];
    this.#current = 0;
    this.#sent = this.#queued;
  }

  #forget(): void {
    const before = this.#sent - this.#keepSamples;
    while (this.#current > 0) {
      const oldest = this.#stretches[0];
      if (!oldest || oldest.start + oldest.samples.length > before) return;
      this.#stretches.shift();
      this.#current--;
    }
  }
}
