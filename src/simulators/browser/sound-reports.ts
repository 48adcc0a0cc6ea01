import { SoundEdges, type SoundEdge } from '../../audio/sound-edges.js';
import { soundEndsAfterMs, type PageMessage } from '../../transport/webrtc/page-protocol.js';

export type SoundReport = Extract<PageMessage, { type: 'speech_start' | 'speech_end' | 'audible' }>;

export interface SoundReportsOptions {
  readonly sampleRateHz: number;
  /** Page time at which a sample is spoken or heard. */
  readonly pageMsOf: (positionSamples: number) => number;
  readonly onReport: (report: SoundReport) => void;
}

/** A page's reports of sounds at its microphone and loudspeaker, from which the relay measures the ear. */
export class SoundReports {
  readonly #pageMsOf: (positionSamples: number) => number;
  readonly #onReport: (report: SoundReport) => void;
  readonly #mouth: SoundEdges;
  readonly #ear: SoundEdges;

  constructor({ sampleRateHz, pageMsOf, onReport }: SoundReportsOptions) {
    this.#pageMsOf = pageMsOf;
    this.#onReport = onReport;
    this.#mouth = new SoundEdges({ sampleRateHz, endsAfterMs: soundEndsAfterMs });
    this.#ear = new SoundEdges({ sampleRateHz, endsAfterMs: soundEndsAfterMs });
  }

  /** Samples heard so far. */
  get heardSamples(): number {
    return this.#ear.position;
  }

  /** Takes the next microphone samples. */
  said(samples: Int16Array): void {
    this.#mouth.push(samples, ({ type, position }) =>
      this.#onReport({
        type: type === 'begin' ? 'speech_start' : 'speech_end',
        pageMs: this.#pageMsOf(position),
      }),
    );
  }

  /** Takes the next loudspeaker samples. */
  heard(samples: Int16Array): void {
    this.#ear.push(samples, (edge) => this.#heardEdge(edge));
  }

  #heardEdge({ type, position }: SoundEdge): void {
    if (type === 'begin') this.#onReport({ type: 'audible', pageMs: this.#pageMsOf(position) });
  }
}
