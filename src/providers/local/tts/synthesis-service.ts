/** The calls of the synthesis workers. */
import type { AudioFormat } from '../../../audio/audio-frame.js';
import type { FliteVoice } from './flite.js';
import type { PlacedPhone } from './word-alignment.js';

export interface SynthesisRequest {
  readonly text: string;
  readonly voice: FliteVoice;
  readonly stretch: number;
  readonly format: AudioFormat;
  /** Silence before the first sound; with 0 the audio begins audibly. */
  readonly leadMs: number;
  /** How much of the fading end is kept after the last sound. */
  readonly tailMs: number;
}

/** Speech at the requested rate; no samples if the text has no words. */
export interface SynthesizedSpeech {
  readonly samples: Int16Array<ArrayBuffer>;
  /** The same as mu-law, if requested. */
  readonly mulaw?: Uint8Array<ArrayBuffer>;
  /** Its phones, timed from the first sample. */
  readonly phones: readonly PlacedPhone[];
}

export interface SynthesisService {
  /** Loads everything that this voice needs. */
  warmUp(voice: FliteVoice): Promise<void>;
  synthesize(request: SynthesisRequest): Promise<SynthesizedSpeech>;
  /** The phones of each text; see `Flite.pronounce`. */
  pronounce(texts: readonly string[]): Promise<string[][]>;
}
