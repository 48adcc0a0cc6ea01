/**
 * G.711 companding (ITU-T G.711). Phone networks use mu-law; files use both laws. `alawmulaw` builds the tables once,
 * so the hot path only looks up.
 */
import alawmulaw from 'alawmulaw';

/** The mu-law byte of a zero sample, which a silent line carries. */
export const mulawSilence = 0xff;

/** Indexed by the sample's 16 bits read as unsigned, so that a negative sample needs no branch. */
const mulawOfSample = alawmulaw.mulaw.encode(
  Int16Array.from({ length: 0x10000 }, (_, bits) => (bits << 16) >> 16),
);
const everyCode = Uint8Array.from({ length: 0x100 }, (_, code) => code);
const sampleOfMulaw = alawmulaw.mulaw.decode(everyCode);
const sampleOfAlaw = alawmulaw.alaw.decode(everyCode);

/**
 * Encodes 16-bit samples as mu-law, one byte each. Writes to the front of `into` and returns it, or a new array.
 * Throws a RangeError if `into` is too short.
 */
export function encodeMulaw(samples: Int16Array, into = new Uint8Array(samples.length)): Uint8Array {
  requireRoom(samples.length, into.length);
  for (let i = 0; i < samples.length; i++)
    into[i] = mulawOfSample[(samples[i] ?? 0) & 0xffff] ?? mulawSilence;
  return into;
}

/**
 * Decodes mu-law bytes to 16-bit samples (14 significant bits, peak 32124). Writes to the front of `into` and returns
 * it, or a new array. Throws a RangeError if `into` is too short.
 */
export function decodeMulaw(bytes: Uint8Array, into = new Int16Array(bytes.length)): Int16Array {
  return lookUp(sampleOfMulaw, bytes, into);
}

/**
 * Decodes A-law bytes to 16-bit samples (13 significant bits, peak 32256). Writes to the front of `into` and returns
 * it, or a new array. Throws a RangeError if `into` is too short.
 */
export function decodeAlaw(bytes: Uint8Array, into = new Int16Array(bytes.length)): Int16Array {
  return lookUp(sampleOfAlaw, bytes, into);
}

function lookUp(table: Int16Array, bytes: Uint8Array, into: Int16Array): Int16Array {
  requireRoom(bytes.length, into.length);
  for (let i = 0; i < bytes.length; i++) into[i] = table[bytes[i] ?? 0] ?? 0;
  return into;
}

function requireRoom(needed: number, available: number): void {
  if (available < needed) throw new RangeError(`${needed} samples do not fit into an array of ${available}.`);
}
