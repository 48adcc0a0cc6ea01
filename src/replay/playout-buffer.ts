/**
 * The playout queue at the far end of a media stream, as Twilio keeps it: audio of any length plays in order, in real
 * time and without gaps from the moment it arrives; a mark comes back when everything before it was played, at once if
 * nothing is left; a clear empties the queue and sends all its marks back.
 *
 * Pure: time comes in as a position on the call's timeline, in samples, which never goes back.
 */
export class PlayoutBuffer {
  readonly #maxSamples: number;
  #endSamples = 0;
  #marks: { readonly name: string; readonly dueSamples: number }[] = [];
  #takenSamples = 0;

  /** `maxSamples`: what the queue holds; Twilio discards audio beyond ten minutes. */
  constructor(maxSamples: number) {
    this.#maxSamples = maxSamples;
  }

  /** Position at which the next audio would begin to play. */
  get endSamples(): number {
    return this.#endSamples;
  }

  /** Position at which the next mark is due; null if none waits. */
  get nextMarkSamples(): number | null {
    return this.#marks[0]?.dueSamples ?? null;
  }

  /** The number of samples that wait or play. */
  queuedSamples(nowSamples: number): number {
    return Math.max(0, this.#endSamples - nowSamples);
  }

  /** The number of samples played. */
  heardSamples(nowSamples: number): number {
    return this.#takenSamples - this.queuedSamples(nowSamples);
  }

  /** Adds arriving audio. Returns the position at which it begins to play, or null if the queue is full. */
  push(samples: number, nowSamples: number): number | null {
    if (this.queuedSamples(nowSamples) + samples > this.#maxSamples) return null;
    const startSamples = Math.max(this.#endSamples, nowSamples);
    this.#endSamples = startSamples + samples;
    this.#takenSamples += samples;
    return startSamples;
  }

  /** Adds an arriving mark. Returns whether to send it back immediately. */
  mark(name: string, nowSamples: number): boolean {
    if (this.#endSamples <= nowSamples && this.#marks.length === 0) return true;
    this.#marks.push({ name, dueSamples: this.#endSamples });
    return false;
  }

  /** Marks that are due, in order; each is given once. */
  takeDue(nowSamples: number): readonly string[] {
    let count = 0;
    while ((this.#marks[count]?.dueSamples ?? Infinity) <= nowSamples) count += 1;
    return this.#marks.splice(0, count).map(({ name }) => name);
  }

  /** Empties the queue. Returns the marks that were in it. */
  clear(nowSamples: number): readonly string[] {
    this.#takenSamples -= this.queuedSamples(nowSamples);
    this.#endSamples = Math.min(this.#endSamples, nowSamples);
    return this.#marks.splice(0).map(({ name }) => name);
  }
}
