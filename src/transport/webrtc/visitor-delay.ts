import { SoundEdges } from '../../audio/sound-edges.js';
import { soundEndsAfterMs } from './page-protocol.js';
import { SpeechDelay, type SoundEdgeType } from './speech-delay.js';
import { webRtcDefinition } from './webrtc-definition.js';

const { sampleRateHz } = webRtcDefinition.hears;

/** How long the visitor's latest words took to the relay: measured for speech, half a round trip for a typed turn. */
export class VisitorDelay {
  readonly #edges = new SoundEdges({ sampleRateHz, endsAfterMs: soundEndsAfterMs });
  #speech = new SpeechDelay();
  #isTyped = false;

  /** Takes audio that ends at `endMs` of the relay's clock. */
  heard(samples: Int16Array, endMs: number): void {
    this.#edges.push(samples, ({ type, position }) => {
      const behindMs = ((this.#edges.position - position) / sampleRateHz) * 1000;
      this.#speech.atRelay(type, endMs - behindMs);
      this.#isTyped = false;
    });
  }

  /** The page found an edge of the visitor's sound, at this time of the relay's clock; null if that is not known. */
  atPage(type: SoundEdgeType, atMs: number | null): void {
    if (atMs !== null) this.#speech.atPage(type, atMs);
  }

  /** The visitor typed. */
  typed(): void {
    this.#isTyped = true;
  }

  /** The visitor has another connection. */
  restart(): void {
    this.#speech = new SpeechDelay();
  }

  /** `oneWayMs`: half a round trip, for want of anything better. */
  delayMs(oneWayMs: number): number {
    return this.#isTyped ? oneWayMs : (this.#speech.delayMs ?? oneWayMs);
  }
}
