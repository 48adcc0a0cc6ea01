import { describe, expect, it } from '@jest/globals';
import type { RtpPacket } from './rtp-packet.js';
import { SourceProbation } from './source-probation.js';

function packet(sequenceNumber: number, ssrc = 1): RtpPacket {
  return { payloadType: 111, marker: false, sequenceNumber, timestamp: 0, ssrc, payload: Uint8Array.of(1) };
}

describe('an unknown source', () => {
  it('proves itself with three packets in sequence, and none of them is lost', () => {
    const probation = new SourceProbation();
    const packets = [packet(65_534), packet(65_535), packet(0)];
    expect(packets.map((each) => probation.consider(each))).toEqual([null, null, packets]);
  });

  it('starts again with every packet that is out of sequence or of another source', () => {
    const probation = new SourceProbation();
    for (const stray of [
      packet(1),
      packet(2),
      packet(4),
      packet(5),
      packet(6, 2),
      packet(7, 2),
      packet(9, 2),
    ])
      expect(probation.consider(stray)).toBeNull();
  });

  it('starts again when the current stream is alive', () => {
    const probation = new SourceProbation();
    probation.consider(packet(1));
    probation.consider(packet(2));
    probation.dismiss();
    expect(probation.consider(packet(3))).toBeNull();
  });
});
