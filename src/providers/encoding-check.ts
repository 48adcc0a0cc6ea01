import type { AudioFormat } from '../audio/audio-frame.js';
import { decodeMulaw } from '../audio/g711.js';

/** Pairs of bytes needed for a decision: 40 ms of mu-law at 8 kHz, 7 ms of PCM at 24 kHz. */
const neededPairs = 160;
/** After this many pairs in the right encoding, the rest is not checked. */
const enoughPairs = 4000;

/**
 * Thresholds to detect PCM with sound. Divide the range of bytes into sixteen bins: the low bytes of PCM fall into all
 * bins, the high bytes into few. The chance that two bytes share a bin is 1/16 for low bytes; for mu-law it is rarely
 * below 1/10, and then equal at both places of a pair.
 */
const scatteredShare = 0.1;
const gatheredRatio = 2;

/**
 * Thresholds to detect mu-law. Read as PCM it is louder than any voice. Read as mu-law, neighbouring bytes differ less
 * than unrelated bytes would, for which the share is 1.
 */
const deafeningRms = 12_000;
const smoothShare = 0.65;

const levelOfMulaw = decodeMulaw(Uint8Array.from({ length: 0x100 }, (_, code) => code));

/**
 * Detects from the bytes alone that audio requested as mu-law is 16-bit PCM, or the reverse, before any of it is heard.
 * In doubt it accepts: silence, tones and hiss prove nothing.
 */
export class EncodingCheck {
  readonly #encoding: AudioFormat['encoding'];
  /** The first byte of a pair whose second byte is in the next piece. */
  #odd: number | null = null;
  #pairs = 0;
  readonly #firsts = new Uint32Array(16);
  readonly #seconds = new Uint32Array(16);
  /** Sums of squares: of the pairs as PCM samples, of their bytes as mu-law, and of the steps between those. */
  #linearPower = 0;
  #mulawPower = 0;
  #stepPower = 0;

  constructor(encoding: AudioFormat['encoding']) {
    this.#encoding = encoding;
  }

  /** Takes the next bytes, in order. Returns false if they are in the other encoding. */
  accepts(bytes: Uint8Array): boolean {
    if (this.#pairs >= enoughPairs) return true;
    let first = this.#odd;
    for (const byte of bytes) {
      if (first === null) {
        first = byte;
      } else {
        this.#count(first, byte);
        first = null;
      }
    }
    this.#odd = first;
    if (this.#pairs < neededPairs) return true;
    return this.#encoding === 'mulaw' ? !this.#isLinear : !this.#isMulaw;
  }

  #count(first: number, second: number): void {
    // Silence in either encoding.
    if ((first === 0 || first === 0xff) && (second === 0 || second === 0xff)) return;
    this.#pairs++;
    countIn(this.#firsts, first);
    countIn(this.#seconds, second);
    const sample = ((second << 24) >> 16) | first;
    const before = levelOfMulaw[first] ?? 0;
    const after = levelOfMulaw[second] ?? 0;
    this.#linearPower += sample * sample;
    this.#mulawPower += before * before + after * after;
    this.#stepPower += (after - before) ** 2;
  }

  get #isLinear(): boolean {
    const low = sameShare(this.#firsts, this.#pairs);
    return low < scatteredShare && sameShare(this.#seconds, this.#pairs) > gatheredRatio * low;
  }

  get #isMulaw(): boolean {
    const isDeafening = Math.sqrt(this.#linearPower / this.#pairs) > deafeningRms;
    return isDeafening && this.#stepPower < smoothShare * this.#mulawPower;
  }
}

function countIn(sixteenths: Uint32Array, byte: number): void {
  const index = byte >> 4;
  sixteenths[index] = (sixteenths[index] ?? 0) + 1;
}

/** The chance that two bytes fall into the same bin. */
function sameShare(sixteenths: Uint32Array, total: number): number {
  let same = 0;
  for (const count of sixteenths) same += count * count;
  return same / total ** 2;
}
