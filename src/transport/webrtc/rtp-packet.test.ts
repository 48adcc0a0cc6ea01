import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addToSequence,
  addToTimestamp,
  isRtcp,
  parseRtpPacket,
  sequenceDistance,
  timestampDistance,
  writeRtpPacket,
  type RtpPacket,
} from './rtp-packet.js';

const anySequence = fc.integer({ min: 0, max: 0xffff });
const anyTimestamp = fc.integer({ min: 0, max: 0xffff_ffff });
const anyPacket: fc.Arbitrary<RtpPacket> = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  marker: fc.boolean(),
  sequenceNumber: anySequence,
  timestamp: anyTimestamp,
  ssrc: anyTimestamp,
  payload: fc.uint8Array({ maxLength: 100 }),
});

const packet: RtpPacket = {
  payloadType: 111,
  marker: true,
  sequenceNumber: 0x1234,
  timestamp: 0x89ab_cdef,
  ssrc: 0xfedc_ba98,
  payload: Uint8Array.of(1, 2, 3),
};

/** The packet with contributing sources, an extension and padding. */
function dress(
  plain: RtpPacket,
  { sources = 0, extensionWords = -1, padding = 0 }: Readonly<Record<string, number>>,
): Uint8Array {
  const bytes = writeRtpPacket(plain);
  const extension =
    extensionWords < 0 ? [] : [0xbe, 0xde, 0, extensionWords, ...Array<number>(extensionWords * 4).fill(7)];
  const dressed = Uint8Array.from([
    ...bytes.subarray(0, 12),
    ...Array<number>(sources * 4).fill(9),
    ...extension,
    ...bytes.subarray(12),
    ...Array.from({ length: padding }, (_, index) => (index === padding - 1 ? padding : 0)),
  ]);
  dressed[0] = 0x80 | (padding > 0 ? 0x20 : 0) | (extensionWords >= 0 ? 0x10 : 0) | sources;
  return dressed;
}

describe('an RTP packet', () => {
  it('is written as RFC 3550 draws it', () => {
    expect([...writeRtpPacket(packet)]).toEqual([
      0x80, 0xef, 0x12, 0x34, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 1, 2, 3,
    ]);
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyPacket, (written) => expect(parseRtpPacket(writeRtpPacket(written))).toEqual(written)),
    );
  });

  it('is read the same without its contributing sources, extension and padding', () => {
    const dresses = fc.record({
      sources: fc.integer({ min: 0, max: 15 }),
      extensionWords: fc.integer({ min: -1, max: 10 }),
      padding: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(anyPacket, dresses, (plain, extras) => {
        expect(parseRtpPacket(dress(plain, extras))).toEqual(plain);
      }),
    );
  });

  it('may contain only padding', () => {
    const empty = { ...packet, payload: new Uint8Array() };
    expect(parseRtpPacket(dress(empty, { padding: 200 }))).toEqual(empty);
  });

  it('shares the memory of the bytes it was read from', () => {
    const bytes = writeRtpPacket(packet);
    expect(parseRtpPacket(bytes)?.payload.buffer).toBe(bytes.buffer);
  });

  it('is not read from bytes that end within the header, its sources or its extension', () => {
    const bytes = dress(packet, { sources: 3, extensionWords: 2 });
    for (let length = 0; length < bytes.length - packet.payload.length; length++)
      expect(parseRtpPacket(bytes.subarray(0, length))).toBeNull();
  });

  it('is not read from another version of the protocol', () => {
    const bytes = writeRtpPacket(packet);
    for (const first of [0x00, 0x40, 0xc0]) {
      bytes[0] = first;
      expect(parseRtpPacket(bytes)).toBeNull();
    }
  });

  it('is not read if its padding length is zero, or more than there are bytes', () => {
    const bytes = dress(packet, { padding: 4 });
    for (const padding of [0, 8, 255]) {
      bytes[bytes.length - 1] = padding;
      expect(parseRtpPacket(bytes)).toBeNull();
    }
    bytes[bytes.length - 1] = 7;
    expect(parseRtpPacket(bytes)?.payload).toHaveLength(0);
  });

  it('is read or rejected without an error, for any bytes', () => {
    const header = fc.constantFrom(0x80, 0x90, 0xa0, 0xb0, 0xbf);
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 80 }), (first, rest) => {
        const bytes = Uint8Array.of(first, ...rest);
        const read = parseRtpPacket(bytes);
        if (read) expect(read.payload.length).toBeLessThanOrEqual(bytes.length - 12);
      }),
    );
  });

  it('is written to the front of a given array, if that is long enough', () => {
    const into = new Uint8Array(20).fill(0xff);
    const written = writeRtpPacket(packet, into);
    expect(written.buffer).toBe(into.buffer);
    expect(parseRtpPacket(written)).toEqual(packet);
    expect([...into.subarray(15)]).toEqual([0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(() => writeRtpPacket(packet, new Uint8Array(14))).toThrow(RangeError);
  });
});

describe('RTCP', () => {
  it('is distinguished from RTP by its packet type', () => {
    for (const type of [192, 200, 201, 206, 223]) expect(isRtcp(Uint8Array.of(0x80, type))).toBe(true);
    for (const type of [0, 111, 111 | 0x80, 191, 224]) expect(isRtcp(Uint8Array.of(0x80, type))).toBe(false);
    expect(isRtcp(new Uint8Array())).toBe(false);
  });
});

describe('numbers that wrap', () => {
  it('are compared in the shorter direction', () => {
    expect(sequenceDistance(65_535, 2)).toBe(3);
    expect(sequenceDistance(2, 65_535)).toBe(-3);
    expect(timestampDistance(0xffff_ff00, 0x100)).toBe(0x200);
    expect(timestampDistance(0x100, 0xffff_ff00)).toBe(-0x200);
  });

  it('are recovered from any sum', () => {
    fc.assert(
      fc.property(anySequence, fc.integer({ min: -32_768, max: 32_767 }), (from, count) => {
        const to = addToSequence(from, count);
        expect(to).toBe((((from + count) % 65_536) + 65_536) % 65_536);
        expect(sequenceDistance(from, to)).toBe(count);
      }),
    );
    fc.assert(
      fc.property(anyTimestamp, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (from, ticks) => {
        expect(timestampDistance(from, addToTimestamp(from, ticks))).toBe(ticks);
      }),
    );
  });
});
