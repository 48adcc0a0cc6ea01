import { addToSequence, type RtpPacket } from './rtp-packet.js';

/** Packets in sequence that prove a source. */
const neededPackets = 3;

/**
 * Holds packets that do not belong to the current stream: another SSRC, or sequence numbers far from the expected ones.
 * Three in sequence, without a packet of the current stream in between, are a new stream; fewer are strays (compare RFC
 * 3550, appendix A.1). The packets that prove a new stream are kept, so nothing of it is lost.
 */
export class SourceProbation {
  #packets: RtpPacket[] = [];

  /** Takes a packet that does not fit. Returns the first packets of a new stream once they prove it, else null. */
  consider(packet: RtpPacket): readonly RtpPacket[] | null {
    const last = this.#packets.at(-1);
    const follows =
      last?.ssrc === packet.ssrc && addToSequence(last.sequenceNumber, 1) === packet.sequenceNumber;
    if (follows) this.#packets.push(packet);
    else this.#packets = [packet];
    if (this.#packets.length < neededPackets) return null;
    return this.#packets.splice(0);
  }

  /** Drops the held packets as strays, since the current stream is alive. */
  dismiss(): void {
    if (this.#packets.length > 0) this.#packets = [];
  }
}
