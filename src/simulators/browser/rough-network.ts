/** Packet loss and jitter of a bad network, the same for the same seed. */
export interface RoughNetworkOptions {
  /** Share of packets that are lost, drawn independently: 0 to 1. @default 0 */
  readonly lossShare?: number;
  /** Longest delay of a packet, drawn independently, so that packets overtake one another. @default 0 */
  readonly jitterMs?: number;
  /** @default 1 */
  readonly seed?: number;
}

/** Decides the loss and delay of each packet in turn. Pure: the sender drops and delays them. */
export class RoughNetwork {
  readonly #lossShare: number;
  readonly #jitterMs: number;
  #state: number;

  /** Throws a RangeError for impossible shares and times. */
  constructor({ lossShare = 0, jitterMs = 0, seed = 1 }: RoughNetworkOptions = {}) {
    if (!(lossShare >= 0 && lossShare <= 1))
      throw new RangeError(`lossShare ${lossShare} must be between 0 and 1.`);
    if (!(jitterMs >= 0 && jitterMs < Infinity))
      throw new RangeError(`jitterMs ${jitterMs} must be finite and not negative.`);
    this.#lossShare = lossShare;
    this.#jitterMs = jitterMs;
    this.#state = seed >>> 0;
  }

  /** Delay of the next packet in milliseconds; null if it is lost. */
  nextDelayMs(): number | null {
    // Draw both for every packet, so that the same packets are lost with any jitter.
    const [loss, delay] = [this.#random(), this.#random()];
    return loss < this.#lossShare ? null : delay * this.#jitterMs;
  }

  /** A number in [0, 1): a Weyl sequence whose bits are mixed by multiplication (Steele and others, SplitMix). */
  #random(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
  }
}
