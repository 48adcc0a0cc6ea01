/** What the synthesis workers do. */
import type { AudioFormat } from '../../audio/audio-frame.js';
import type { FliteVoice } from './flite.js';
import type { PlacedPhone } from './word-alignment.js';

export interface SynthesisRequest {
  readonly text: string;
  readonly voice: FliteVoice;
  readonly stretch: number;
  readonly format: AudioFormat;
  /** Silence before the first sound; without any the audio begins audibly. */
  readonly leadMs: number;
  /** How much of the fading end is kept after the last sound. */
  readonly tailMs: number;
}

/** Speech at the rate that was asked for; no samples if the text holds nothing to say. */
export interface SynthesizedSpeech {
  readonly samples: Int16Array<ArrayBuffer>;
  /** The same as mu-law, if that was asked for. */
  readonly mulaw?: Uint8Array<ArrayBuffer>;
  /** The sounds it consists of, counted from the first sample. */
  readonly phones: readonly PlacedPhone[];
}

export interface SynthesisService {
  /** Loads everything that speech by this voice needs. */
  warmUp(voice: FliteVoice): Promise<void>;
  synthesize(request: SynthesisRequest): Promise<SynthesizedSpeech>;
  /** How each text sounds on its own, as phones; see `Flite.pronounce`. */
  pronounce(texts: readonly string[]): Promise<string[][]>;
}
