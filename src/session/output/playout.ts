/**
 * The playout of the agent's audio: estimates how far it is, and orders pause, resume and clear. A resume waits for the pause
 * before it and is skipped if another order follows.
 */
import type { AudioFormat, AudioFrame } from '../../audio/audio-frame.js';
import type { Clock } from '../../core/clock.js';
import type { Heard, Transport } from '../../transport/transport.js';

/** Where a turn's audio goes. */
export type Outlet = Pick<Transport, 'play' | 'watch' | 'queuedSamples' | 'outputFormat'>;

export class Playout implements Outlet {
  readonly #transport: Transport;
  readonly #clock: Clock;
  /** Number of the latest order; a resume compares it to detect a later order. */
  #order = 0;
  #paused: Promise<Heard> | null = null;
  /** The latest known position and its time, for estimates when the transport cannot report one. */
  #anchor: { positionSamples: number; atMs: number; running: boolean } = {
    positionSamples: 0,
    atMs: 0,
    running: false,
  };

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  get queuedSamples(): number {
    return this.#transport.queuedSamples;
  }

  get outputFormat(): AudioFormat {
    return this.#transport.outputFormat;
  }

  /** Plays more of the turn. After a silence it begins now: nothing was played meanwhile. */
  play(frame: AudioFrame): void {
    const { queuedSamples } = this.#transport;
    if (this.#anchor.running && this.estimate() >= queuedSamples) this.#setAnchor(queuedSamples, true);
    this.#transport.play(frame);
  }

  watch(positionSamples: number): void {
    this.#transport.watch(positionSamples);
  }

  /** A turn begins; it has no audio yet. */
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

  /** Resumes at `from(heard position)`, unless another order was given meanwhile. */
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

  /** Estimated playout position now, in samples. */
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
