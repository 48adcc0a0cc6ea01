import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createOpusDecoder } from './opus-decoder.js';
import { createOpusEncoder } from './opus-encoder.js';
import { hasRedundancy, opusFrameMs, opusPacketMs } from './opus-packet.js';

const anyPacket = fc.uint8Array({ maxLength: 200 });

describe('the length of an Opus packet', () => {
  it('comes from its configuration and its frame count', () => {
    const toc = (config: number, code: number): number => (config << 3) | code;
    expect(opusPacketMs(Uint8Array.of(toc(9, 0), 1))).toBe(20);
    expect(opusPacketMs(Uint8Array.of(toc(11, 1), 1, 1))).toBe(120);
    expect(opusPacketMs(Uint8Array.of(toc(14, 2), 1, 1, 1))).toBe(20);
    expect(opusPacketMs(Uint8Array.of(toc(16, 0), 1))).toBe(2.5);
    expect(opusPacketMs(Uint8Array.of(toc(31, 3), 3, 1, 1, 1))).toBe(60);
    expect(opusFrameMs(Uint8Array.of(toc(31, 3), 3, 1, 1, 1))).toBe(20);
  });

  it('is 0 for invalid packets: no bytes, no frames, more than 120 ms', () => {
    expect(opusPacketMs(new Uint8Array())).toBe(0);
    expect(opusFrameMs(new Uint8Array())).toBe(0);
    expect(opusPacketMs(Uint8Array.of(0xff, 0))).toBe(0);
    expect(opusPacketMs(Uint8Array.of(0xff, 7))).toBe(0);
  });

  it('equals the decoded length whenever the packet can be decoded', async () => {
    const decoder = await createOpusDecoder();
    fc.assert(
      fc.property(anyPacket, (packet) => {
        const samples = decoder.decode(packet);
        if (samples) expect(samples.length).toBe(opusPacketMs(packet) * 16);
      }),
    );
    decoder.close();
  });
});

describe('the redundancy of an Opus packet', () => {
  it('is read in the first frame, wherever that begins', () => {
    const silk = 9 << 3;
    const [plain, redundant] = [0x80, 0xc0];
    expect(hasRedundancy(Uint8Array.of(silk, redundant))).toBe(true);
    expect(hasRedundancy(Uint8Array.of(silk, plain))).toBe(false);
    expect(hasRedundancy(Uint8Array.of(silk | 1, redundant, plain))).toBe(true);
    expect(hasRedundancy(Uint8Array.of(silk | 2, 1, redundant, plain))).toBe(true);
    expect(hasRedundancy(Uint8Array.of(silk | 2, 252, 0, redundant))).toBe(true);
    expect(hasRedundancy(Uint8Array.of(silk | 3, 2, redundant, plain))).toBe(true);
    expect(hasRedundancy(Uint8Array.of(silk | 3, 0x82, 1, redundant, plain))).toBe(true);
    expect(hasRedundancy(Uint8Array.of(silk | 3, 0x42, 1, redundant, plain, 0))).toBe(true);
  });

  it('follows one voice activity bit for each 20 ms, in both channels', () => {
    const sixtyMs = 11 << 3;
    const stereo = 4;
    expect(hasRedundancy(Uint8Array.of(sixtyMs, 0b1110_0000))).toBe(false);
    expect(hasRedundancy(Uint8Array.of(sixtyMs, 0b0001_0000))).toBe(true);
    expect(hasRedundancy(Uint8Array.of((9 << 3) | stereo, 0b1010_0000))).toBe(false);
    expect(hasRedundancy(Uint8Array.of((9 << 3) | stereo, 0b1001_0000))).toBe(true);
  });

  it('is absent from music coding, empty frames and truncated packets', () => {
    expect(hasRedundancy(Uint8Array.of(31 << 3, 0xff))).toBe(false);
    expect(hasRedundancy(new Uint8Array())).toBe(false);
    expect(hasRedundancy(Uint8Array.of(9 << 3))).toBe(false);
    expect(hasRedundancy(Uint8Array.of((9 << 3) | 2, 0, 0xff))).toBe(false);
    expect(hasRedundancy(Uint8Array.of((9 << 3) | 3, 0x42, 255, 255))).toBe(false);
  });

  it('can be read from any bytes', () => {
    fc.assert(fc.property(anyPacket, (packet) => typeof hasRedundancy(packet) === 'boolean'));
  });

  it('is present only if the encoder was told to expect loss', async () => {
    const share = async (fec: boolean): Promise<number> => {
      const encoder = await createOpusEncoder({ fec });
      const packets = Array.from({ length: 50 }, (_, index) => encoder.encode(buzz(index)));
      return packets.filter(hasRedundancy).length / packets.length;
    };
    expect(await share(true)).toBeGreaterThan(0.5);
    expect(await share(false)).toBe(0);
  });
});

/** 20 ms at 24 kHz of a voice-like sound: 120 Hz and its harmonics, swelling four times a second. */
function buzz(frame: number): Int16Array {
  return Int16Array.from({ length: 480 }, (_, index) => {
    const seconds = (frame * 480 + index) / 24_000;
    const swell = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * seconds);
    const voice = [1, 2, 3, 4, 5].reduce(
      (sum, harmonic) => sum + Math.sin(2 * Math.PI * 120 * harmonic * seconds) / harmonic,
      0,
    );
    return 6000 * swell * voice;
  });
}
