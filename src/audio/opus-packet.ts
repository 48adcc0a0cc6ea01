/**
 * Reads an Opus packet's header without decoding it (RFC 6716, section 3). The first byte, the TOC, gives mode,
 * bandwidth and frame length (config), stereo (s), and the number of frames (c):
 *
 *      0 1 2 3 4 5 6 7
 *     +-+-+-+-+-+-+-+-+
 *     | config  |s| c |
 *     +-+-+-+-+-+-+-+-+
 */

/** Longest audio in one packet: 120 ms. */
export const maxOpusPacketMs = 120;

const silkFrameMs = [10, 20, 40, 60] as const;
const hybridFrameMs = [10, 20] as const;
const celtFrameMs = [2.5, 5, 10, 20] as const;

/** Length in milliseconds of each frame in the packet; 0 for an empty packet. */
export function opusFrameMs(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const config = toc >> 3;
  const lengths = config < 12 ? silkFrameMs : config < 16 ? hybridFrameMs : celtFrameMs;
  return lengths[config % lengths.length] ?? 0;
}

/** Length in milliseconds of the packet's audio, 2.5 to 120; 0 if the header is not valid. */
export function opusPacketMs(packet: Uint8Array): number {
  const totalMs = opusFrameMs(packet) * frameCount(packet);
  return totalMs <= maxOpusPacketMs ? totalMs : 0;
}

/**
 * Whether the packet has in-band forward error correction: a coarse copy of the audio before it. Reads the LBRR flag
 * (RFC 6716, section 4.2.3), which needs no decoding.
 */
export function hasRedundancy(packet: Uint8Array): boolean {
  const toc = packet[0] ?? 0xff;
  if (toc >> 3 >= 16) return false;
  const firstByte = packet[firstFrameStart(packet)];
  if (firstByte === undefined) return false;
  // One voice activity bit for each 20 ms, then the flag; in stereo both again for the side channel.
  const activityBits = Math.max(1, opusFrameMs(packet) / 20);
  if ((firstByte >> (7 - activityBits)) & 1) return true;
  return (toc & 4) !== 0 && ((firstByte >> (6 - 2 * activityBits)) & 1) === 1;
}

function frameCount(packet: Uint8Array): number {
  switch ((packet[0] ?? 0) & 3) {
    case 0:
      return 1;
    case 3:
      return (packet[1] ?? 0) & 0x3f;
    default:
      return 2;
  }
}

/** Index of the first frame; past the end if it is empty or missing. */
function firstFrameStart(packet: Uint8Array): number {
  const code = (packet[0] ?? 0) & 3;
  if (code < 2) return 1;
  const constantRate = code === 3 && ((packet[1] ?? 0) & 0x80) === 0;
  let at = code === 2 ? 1 : 2;
  if (code === 3 && (packet[1] ?? 0) & 0x40) {
    // The padding length continues while its bytes are 255; the padding itself is at the packet's end.
    while (packet[at] === 255) at++;
    at++;
  }
  if (constantRate) return at;
  // Lengths from 252 take a second byte (section 3.2.1); every frame except the last has a length.
  const lengths = frameCount(packet) - 1;
  if (lengths > 0 && packet[at] === 0) return packet.length;
  for (let i = 0; i < lengths; i++) at += (packet[at] ?? 0) >= 252 ? 2 : 1;
  return at;
}
