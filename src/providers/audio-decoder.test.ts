import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeMulaw } from '../audio/g711.js';
import { AudioDecoder } from './audio-decoder.js';

const loud = Int16Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? 5000 : -5000));

describe('AudioDecoder', () => {
  it('keeps samples whole however the bytes are cut', () => {
    const bytes = new Uint8Array(loud.buffer);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 6 }), (cuts) => {
        const decoder = new AudioDecoder({ encoding: 'linear16', sampleRateHz: 8000 });
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const samples = edges.flatMap((edge, index) => [
          ...(decoder.decode(bytes.subarray(edge, edges[index + 1]))?.samples ?? []),
        ]);
        expect(samples).toEqual([...loud]);
      }),
    );
  });

  it('passes mu-law bytes through', () => {
    const bytes = encodeMulaw(loud);
    const frame = new AudioDecoder({ encoding: 'mulaw', sampleRateHz: 8000 }).decode(bytes);
    expect(frame?.encoded?.bytes).toEqual(bytes);
    expect(frame?.samples).toHaveLength(bytes.length);
  });

  it('leaves out the silence before the first sound, and none after it', () => {
    const decoder = new AudioDecoder({ encoding: 'mulaw', sampleRateHz: 8000 });
    expect(decoder.decode(encodeMulaw(new Int16Array(800)))).toBeNull();
    const frame = decoder.decode(encodeMulaw(Int16Array.from([...new Int16Array(80), ...loud])));
    expect(decoder.skippedSamples).toBe(880);
    expect(frame?.samples).toHaveLength(loud.length);
    expect(frame?.encoded?.bytes).toEqual(encodeMulaw(loud));
    expect(decoder.decode(encodeMulaw(new Int16Array(160)))?.samples).toHaveLength(160);
  });
});
