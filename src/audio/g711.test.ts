import { describe, expect, it } from '@jest/globals';
import alawmulaw from 'alawmulaw';
import { decodeAlaw, decodeMulaw, encodeMulaw, mulawSilence } from './g711.js';

const everySample = Int16Array.from({ length: 0x10000 }, (_, i) => i - 32768);
const everyCode = Uint8Array.from({ length: 0x100 }, (_, i) => i);

describe('G.711', () => {
  it('encodes every 16-bit sample like the reference library', () => {
    const expected = Uint8Array.from(everySample, (sample) => alawmulaw.mulaw.encodeSample(sample) & 0xff);
    expect(encodeMulaw(everySample)).toEqual(expected);
  });

  it('decodes every mu-law code like the reference library', () => {
    const expected = Int16Array.from(everyCode, (code) => alawmulaw.mulaw.decodeSample(code));
    expect(decodeMulaw(everyCode)).toEqual(expected);
  });

  it('decodes every A-law code like the reference library', () => {
    const expected = Int16Array.from(everyCode, (code) => alawmulaw.alaw.decodeSample(code));
    expect(decodeAlaw(everyCode)).toEqual(expected);
  });

  it('encodes a decoded code back to itself, except negative zero', () => {
    const again = encodeMulaw(decodeMulaw(everyCode));
    expect(again).toEqual(everyCode.map((code) => (code === 0x7f ? 0xff : code)));
  });

  it('encodes silence as the silence byte', () => {
    expect([...encodeMulaw(new Int16Array(3))]).toEqual([mulawSilence, mulawSilence, mulawSilence]);
    expect([...decodeMulaw(Uint8Array.of(mulawSilence))]).toEqual([0]);
  });

  it('writes to the front of a given array', () => {
    const bytes = new Uint8Array(4);
    expect(encodeMulaw(Int16Array.of(32767, -32768), bytes)).toBe(bytes);
    expect([...bytes]).toEqual([0x80, 0x00, 0, 0]);

    const samples = new Int16Array(3);
    expect(decodeMulaw(Uint8Array.of(0x80, 0x00), samples)).toBe(samples);
    expect([...samples]).toEqual([32124, -32124, 0]);
  });

  it('rejects an array that is too short', () => {
    expect(() => encodeMulaw(new Int16Array(2), new Uint8Array(1))).toThrow(RangeError);
    expect(() => decodeMulaw(new Uint8Array(2), new Int16Array(1))).toThrow(RangeError);
  });
});
