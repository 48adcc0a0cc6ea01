import { describe, expect, it } from '@jest/globals';
import { InvalidStateError } from '../core/errors.js';
import { createOpusEncoder, type OpusComplexity } from './opus-encoder.js';
import { opusPacketMs } from './opus-packet.js';

describe('the Opus encoder', () => {
  it('encodes each frame into one packet of 20 ms, silence included', async () => {
    const encoder = await createOpusEncoder();
    expect([encoder.sampleRateHz, encoder.frameSamples]).toEqual([24_000, 480]);
    for (let frame = 0; frame < 100; frame++) {
      const packet = encoder.encode(new Int16Array(480));
      expect(opusPacketMs(packet)).toBe(20);
      expect(packet.length).toBeGreaterThan(2);
    }
    encoder.close();
  });

  it('keeps to its bit rate', async () => {
    let state = 1;
    const noise = Int16Array.from({ length: 480 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state >>> 17) - 16_384;
    });
    for (const bitrateBps of [16_000, 32_000, 64_000]) {
      const encoder = await createOpusEncoder({ bitrateBps });
      let bytes = 0;
      for (let frame = 0; frame < 100; frame++) bytes += encoder.encode(noise).length;
      const actualBps = (bytes * 8) / 2;
      expect(actualBps).toBeGreaterThan(bitrateBps * 0.7);
      expect(actualBps).toBeLessThan(bitrateBps * 1.3);
    }
  });

  it('returns packets that no later call changes', async () => {
    const encoder = await createOpusEncoder();
    const first = encoder.encode(new Int16Array(480).fill(1000));
    const copy = first.slice();
    encoder.encode(new Int16Array(480).fill(-3000));
    expect(first).toEqual(copy);
  });

  it('reads a frame from the middle of a larger array', async () => {
    const ramp = Int16Array.from({ length: 1440 }, (_, index) => index * 20);
    const [whole, cut] = [await createOpusEncoder(), await createOpusEncoder()];
    expect(cut.encode(ramp.subarray(480, 960))).toEqual(whole.encode(ramp.slice(480, 960)));
  });

  it('rejects frames of another length and options out of range', async () => {
    const encoder = await createOpusEncoder({ sampleRateHz: 48_000 });
    expect(() => encoder.encode(new Int16Array(480))).toThrow(RangeError);
    await expect(createOpusEncoder({ bitrateBps: 100 })).rejects.toThrow(RangeError);
    await expect(createOpusEncoder({ bitrateBps: NaN })).rejects.toThrow(RangeError);
    await expect(createOpusEncoder({ expectedLossPercent: 101 })).rejects.toThrow(RangeError);
    await expect(createOpusEncoder({ complexity: 11 as OpusComplexity })).rejects.toThrow(RangeError);
  });

  it('throws after close()', async () => {
    const encoder = await createOpusEncoder();
    encoder.close();
    encoder.close();
    expect(() => encoder.encode(new Int16Array(480))).toThrow(InvalidStateError);
  });
});
