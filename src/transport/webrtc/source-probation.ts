import { addToSequence, type RtpPacket } from './rtp-packet.js';

/** Packets in sequence that prove a source. */
const neededPackets = 3;

/**
 * Where packets wait that do not belong to the stream that is being received: another SSRC, or sequence numbers far from
 * the expected. A few of them in sequence, with none of the current stream in between, are a new stream; one or two are
 * strays (the idea of RFC 3550, appendix A.1). Nothing of a proven stream is lost: the packets that proved it are kept.
 */
export class SourceProbation {
  #packets: RtpPacket[] = [];

  /** Takes a packet that does not fit; gives the new stream's first packets as soon as they prove it, else null. */
  consider(packet: RtpPacket): readonly RtpPacket[] | null {
    const last = this.#packets.at(-1);
    const follows =
      last?.ssrc === packet.ssrc && addToSequence(last.sequenceNumber, 1) === packet.sequenceNumber;
    if (follows) this.#packets.push(packet);
    else this.#packets = [packet];
    if (this.#packets.length < neededPackets) return null;
    return this.#packets.splice(0);
  }

  /** The current stream is alive: whatever waits here are strays. */
  dismiss(): void {
    if (this.#packets.length > 0) this.#packets = [];
  }
}
