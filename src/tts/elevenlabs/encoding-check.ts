import type { AudioFormat } from '../../audio/audio-frame.js';
import { decodeMulaw } from '../../audio/g711.js';

/** As many pairs of bytes decide: 40 ms of mu-law at 8 kHz, 7 ms of PCM at 24 kHz. */
const neededPairs = 160;
/** Once so many have been what they should be, the rest is believed. */
const enoughPairs = 4000;

/**
 * The low bytes of PCM that has sound fall into all sixteen sixteenths of their range, its high bytes into few. Chances that
 * two bytes fall into the same one: of low bytes 1/16, of mu-law seldom below 1/10, and then alike at both places of a pair.
 */
const scatteredShare = 0.1;
const gatheredRatio = 2;

/** Mu-law bytes read as PCM are as loud as no voice is, and, read as mu-law, change little from one to the next. */
const deafeningRms = 12_000;
const smoothShare = 0.4;

const levelOfMulaw = decodeMulaw(Uint8Array.from({ length: 0x100 }, (_, code) => code));

/**
 * Tells by the bytes alone that an answer in mu-law is in fact 16-bit PCM, or the other way round, from its first piece on,
 * before any of it is heard. It errs on the side of belief: silence, tones and hiss prove nothing.
 */
export class EncodingCheck {
  readonly #encoding: AudioFormat['encoding'];
  /** The first byte of a pair whose second comes with the next piece. */
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

  /** Takes the next bytes, in order. Returns whether the answer may be what it was asked to be. */
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

  /** Whether what came is, read as PCM, as loud as no voice is. */
  get isDeafening(): boolean {
    const isKnown = this.#encoding === 'linear16' && this.#pairs >= neededPairs;
    return isKnown && Math.sqrt(this.#linearPower / this.#pairs) > deafeningRms;
  }

  get #isMulaw(): boolean {
    return this.isDeafening && this.#stepPower < smoothShare * this.#mulawPower;
  }
}

function countIn(sixteenths: Uint32Array, byte: number): void {
  const index = byte >> 4;
  sixteenths[index] = (sixteenths[index] ?? 0) + 1;
}

/** The chance that two bytes of one place fall into the same sixteenth of their range. */
function sameShare(sixteenths: Uint32Array, total: number): number {
  let same = 0;
  for (const count of sixteenths) same += count * count;
  return same / total ** 2;
}
