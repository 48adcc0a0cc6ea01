/**
 * What is to be played, cut into frames of 20 ms. A browser cannot be told to forget what it was sent, so audio stays
 * here until its frame is due; what was sent stays a little longer, so that a resume can repeat it.
 *
 * Pure: who asks for the next frame decides when. Positions count samples over everything ever queued.
 */
export interface PacedPlayoutOptions {
  readonly sampleRateHz: number;
  /** How long what was sent stays. */
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

  /** Samples ever queued. */
  get queuedSamples(): number {
    return this.#queued;
  }

  /** Everything before this position was given out or dropped. */
  get sentSamples(): number {
    return this.#sent;
  }

  /** Whether something waits. */
  get waits(): boolean {
    return this.#sent < this.#queued;
  }

  /** Puts samples behind everything queued before; they are kept without a copy. */
  queue(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#stretches.push({ start: this.#queued, samples });
    this.#queued += samples.length;
  }

  /** Fills `frame` with what comes next, and silence where that is too short. Returns how many samples are no padding. */
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

  /** Goes back to a position, as far as what was sent is still here. Later positions than the next one change nothing. */
  rewind(fromSamples: number): void {
    const oldest = this.#stretches[0]?.start ?? this.#sent;
    const to = Math.max(oldest, Math.floor(fromSamples));
    if (to >= this.#sent) return;
    this.#sent = to;
    this.#current = this.#stretches.findIndex(({ start, samples }) => start + samples.length > to);
  }

  /** Forgets everything that waits, and what was sent: nothing is repeated across it. */
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
