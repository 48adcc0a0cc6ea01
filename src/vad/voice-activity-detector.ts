/**
 * Voice activity: is this frame speech? One detector serves one call; onset, hangover and endpointing are decided
 * above it, in the session, so that every implementation and every transport is judged alike.
 */
import type { AudioFrame } from '../audio/audio-frame.js';

export interface VoiceActivityDetector {
  /**
   * Judges one frame of 10, 20 or 30 ms at 8, 16, 32 or 48 kHz. Synchronous and cheap (microseconds): it runs on the
   * hot path. A frame of another length or rate throws a RangeError.
   */
  isSpeech(frame: AudioFrame): boolean;
  /** Forgets what it has heard. */
  reset(): void;
  /** Frees native memory. Idempotent; the detector must not be used afterwards. */
  close(): void;
}

/** Makes a fresh detector for each call. */
export interface VoiceActivityDetection {
  readonly name: string;
  /** Loads whatever the detectors share (a WASM module). */
  create(): Promise<VoiceActivityDetector>;
}
