/** Pause, resume and clear in the right order: each waits for the answer of the one before, and only the latest counts. */
import type { Clock } from '../clock.js';
import type { Heard, Transport } from '../transport/transport.js';

export class Playout {
  readonly #transport: Transport;
  readonly #clock: Clock;
  /** Grows with every order, so that one overtaken by a later one knows it. */
  #order = 0;
  #paused: Promise<Heard> | null = null;
  /** Where playout stood, and when, for an estimate when nobody can be asked any more. */
  #anchor: { positionSamples: number; atMs: number; running: boolean } = {
    positionSamples: 0,
    atMs: 0,
    running: false,
  };

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  /** A turn begins that has nothing to play yet. */
  begin(): void {
    this.#setAnchor(this.#transport.queuedSamples, false);
  }

  /** A turn's audio begins at this position. */
  started(positionSamples: number): void {
    this.#setAnchor(positionSamples, true);
  }

  async pause(): Promise<Heard> {
    this.#order++;
    this.#paused = this.#transport.pause();
    const heard = await this.#paused;
    this.#setAnchor(heard.positionSamples, false);
    return heard;
  }

  /** Goes on at the position that `from` makes of the heard one, unless another order has come meanwhile. */
  async resume(from: (positionSamples: number) => number): Promise<void> {
    const order = ++this.#order;
    const heard = await this.#paused;
    if (order !== this.#order || !heard) return;
    this.#paused = null;
    const positionSamples = from(heard.positionSamples);
    this.#setAnchor(positionSamples, true);
    this.#transport.resume(positionSamples);
  }

  async clear(): Promise<Heard> {
    this.#order++;
    this.#paused = null;
    const heard = await this.#transport.clear();
    this.#setAnchor(heard.positionSamples, false);
    return heard;
  }

  /** How far playout must have got by now. */
  estimate(): number {
    const { positionSamples, atMs, running } = this.#anchor;
    if (!running) return positionSamples;
    const playedMs = this.#clock.nowMs() - atMs;
    const rate = this.#transport.outputFormat.sampleRateHz;
    return Math.min(this.#transport.queuedSamples, positionSamples + Math.floor((playedMs * rate) / 1000));
  }

  #setAnchor(positionSamples: number, running: boolean): void {
    this.#anchor = { positionSamples, atMs: this.#clock.nowMs(), running };
  }
}
