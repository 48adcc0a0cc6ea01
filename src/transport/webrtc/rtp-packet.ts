/**
 * The RTP packet (RFC 3550, section 5.1):
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                           timestamp                           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |           synchronization source (SSRC) identifier            |
 *     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *     |        CC contributing sources, 32 bits each                  |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |  if X: defined by profile     |     length in 32-bit words    |
 *     |                     header extension                          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |    payload; if P, padding whose last byte says how much       |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

/** An RTP packet, without contributing sources, extension and padding. */
export interface RtpPacket {
  /** 0 to 127. */
  readonly payloadType: number;
  readonly marker: boolean;
  /** 16 bits; wraps from 65535 to 0. */
  readonly sequenceNumber: number;
  /** 32 bits, in ticks of the payload's clock (Opus: always 48000 a second). */
  readonly timestamp: number;
  /** Identifies the stream; 32 bits. */
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

/** Length of the header without contributing sources and extension. */
const rtpHeaderBytes = 12;

/** Reads a packet; its payload shares the memory of `bytes`. Null if the bytes are not a whole RTP packet. */
export function parseRtpPacket(bytes: Uint8Array): RtpPacket | null {
  if (bytes.length < rtpHeaderBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = view.getUint8(0);
  if (first >> 6 !== 2) return null;
  let start = rtpHeaderBytes + (first & 0x0f) * 4;
  if (first & 0x10) {
    if (bytes.length < start + 4) return null;
    start += 4 + view.getUint16(start + 2) * 4;
  }
  let end = bytes.length;
  if (start > end) return null;
  if (first & 0x20) {
    const padding = view.getUint8(end - 1);
    if (padding === 0 || padding > end - start) return null;
    end -= padding;
  }
  const second = view.getUint8(1);
  return {
    payloadType: second & 0x7f,
    marker: second >= 0x80,
    sequenceNumber: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: bytes.subarray(start, end),
  };
}

/**
 * Writes a packet to a new array, or to the front of `into`, and returns the written bytes. Throws a RangeError if it
 * does not fit.
 */
export function writeRtpPacket(packet: RtpPacket, into?: Uint8Array): Uint8Array {
  const length = rtpHeaderBytes + packet.payload.length;
  if (into && into.length < length)
    throw new RangeError(`An RTP packet of ${length} bytes does not fit into ${into.length}.`);
  const bytes = into ? into.subarray(0, length) : new Uint8Array(length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  view.setUint8(0, 2 << 6);
  view.setUint8(1, (packet.marker ? 0x80 : 0) | (packet.payloadType & 0x7f));
  view.setUint16(2, packet.sequenceNumber);
  view.setUint32(4, packet.timestamp);
  view.setUint32(8, packet.ssrc);
  bytes.set(packet.payload, rtpHeaderBytes);
  return bytes;
}

/** Whether bytes from an RTP port are RTCP: packet types 192 to 223 (RFC 5761, section 4). */
export function isRtcp(bytes: Uint8Array): boolean {
  const type = bytes[1] ?? 0;
  return type >= 192 && type <= 223;
}

/** Number of packets from `from` to `to`, in the shorter direction: -32768 to 32767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

/** The sequence number `count` packets after `sequenceNumber`. */
export function addToSequence(sequenceNumber: number, count: number): number {
  return (sequenceNumber + count) & 0xffff;
}

/** Number of ticks from `from` to `to`, in the shorter direction: -2^31 to 2^31 - 1. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** The timestamp `ticks` after `timestamp`. */
export function addToTimestamp(timestamp: number, ticks: number): number {
  return (timestamp + ticks) >>> 0;
}
