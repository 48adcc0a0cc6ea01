/**
 * A second opinion on a sound that a detector of voice activity takes for speech: is it a voice, or typing, a cough, a
 * tone? It costs more than the detector, so it is asked only when a sound may be the start of speech.
 */
import type { AudioFrame } from '../audio/audio-frame.js';

/** The check of one caller. */
export interface VoiceCheck {
  /** Takes the next frame, of a rate that the detector takes. Only copies it: costs next to nothing. */
  push(frame: AudioFrame): void;
  /**
   * The highest probability, from 0 to 1, that there was a voice at some moment of the last 100 ms. Takes 0.3 ms after a
   * quiet while without a question, up to 2 ms in noise, and less than 0.1 ms for each frame since the last one.
   */
  voiceProbability(): number;
}

/** Creates one check for each call. */
export interface VoiceChecking {
  readonly name: string;
  /** Loads what the checks share at first use. */
  create(): Promise<VoiceCheck>;
}
