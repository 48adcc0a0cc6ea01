import type { InboundQuality } from '../transport.js';
import type { InboundAudioStats } from './inbound-audio.js';

type Sums = Pick<
  InboundAudioStats,
  'received' | 'lost' | 'concealedSamples' | 'recoveredSamples' | 'totalSamples'
>;

/** The quality of a visitor's audio over all connections of a call. */
export class InboundQualities {
  #sums: Sums = { received: 0, lost: 0, concealedSamples: 0, recoveredSamples: 0, totalSamples: 0 };

  /** Counts a connection that is over. */
  add(stats: InboundAudioStats): void {
    this.#sums = this.#plus(stats);
  }

  /** The quality including the present connection, whose jitter it has. */
  with(stats: InboundAudioStats): InboundQuality {
    const { received, lost, concealedSamples, recoveredSamples, totalSamples } = this.#plus(stats);
    const share = (samples: number): number => (totalSamples === 0 ? 0 : samples / totalSamples);
    return {
      packetsReceived: received,
      packetsLost: lost,
      concealedShare: share(concealedSamples),
      recoveredShare: share(recoveredSamples),
      jitterMs: stats.jitterMs,
    };
  }

  #plus(stats: InboundAudioStats): Sums {
    const sums = this.#sums;
    return {
      received: sums.received + stats.received,
      lost: sums.lost + stats.lost,
      concealedSamples: sums.concealedSamples + stats.concealedSamples,
      recoveredSamples: sums.recoveredSamples + stats.recoveredSamples,
      totalSamples: sums.totalSamples + stats.totalSamples,
    };
  }
}
