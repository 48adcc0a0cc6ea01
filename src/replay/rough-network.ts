/** What a bad network does to packets, the same for the same seed. */
export interface RoughNetworkOptions {
  /** Share of the packets that are lost, each for itself: 0 to 1. @default 0 */
  readonly lossShare?: number;
  /** Packets are delayed by up to this much, each for itself, so that they overtake one another. @default 0 */
  readonly jitterMs?: number;
  /** @default 1 */
  readonly seed?: number;
}

/** Decides the fate of one packet after the other. Pure: who sends them does the losing and delaying. */
export class RoughNetwork {
  readonly #lossShare: number;
  readonly #jitterMs: number;
  #state: number;

  /** Throws a RangeError for shares and times that cannot be. */
  constructor({ lossShare = 0, jitterMs = 0, seed = 1 }: RoughNetworkOptions = {}) {
    if (!(lossShare >= 0 && lossShare <= 1)) throw new RangeError(`${lossShare} is no share: give 0 to 1.`);
    if (!(jitterMs >= 0 && jitterMs < Infinity)) throw new RangeError(`${jitterMs} ms is no jitter.`);
    this.#lossShare = lossShare;
    this.#jitterMs = jitterMs;
    this.#state = seed >>> 0;
  }

  /** By how many milliseconds the next packet is delayed; null if it is lost. */
  nextDelayMs(): number | null {
    // Both are drawn for every packet, so that the same ones are lost whatever the jitter.
    const [loss, delay] = [this.#random(), this.#random()];
    return loss < this.#lossShare ? null : delay * this.#jitterMs;
  }

  /** Evenly spread over [0, 1): a Weyl sequence, its bits mixed by multiplication (Steele and others, SplitMix). */
  #random(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
  }
}
