/**
 * Voice activity detection: is this frame speech? One detector serves one call. The session decides onset, hangover and
 * endpointing, so these are the same for every detector and transport.
 */
import type { AudioFrame } from '../audio/audio-frame.js';

export interface VoiceActivityDetector {
  /**
   * Whether a frame of 10, 20 or 30 ms at 8, 16, 32 or 48 kHz is speech. Runs on the hot path: synchronous, and takes
   * microseconds. Throws a RangeError for another length or rate.
   */
  isSpeech(frame: AudioFrame): boolean;
  /** Forgets all earlier audio. */
  reset(): void;
  /** Frees native memory. Idempotent; the detector must not be used afterwards. */
  close(): void;
}

/** Creates one detector for each call. */
export interface VoiceActivityDetection {
  readonly name: string;
  /** Loads what the detectors share (a WASM module) at first use. */
  create(): Promise<VoiceActivityDetector>;
}
