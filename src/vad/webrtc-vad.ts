/**
 * The voice activity detector of WebRTC (libfvad, compiled to WASM): a Gaussian mixture over six sub-bands below 4 kHz.
 * It adapts to the audio and reports speech for up to 100 ms after the voice stopped. The session decides onset and
 * end.
 */
import type { FvadModule } from '@echogarden/fvad-wasm';
import type { AudioFrame } from '../audio/audio-frame.js';
import { InvalidStateError } from '../core/errors.js';
import type { VoiceActivityDetection, VoiceActivityDetector } from './voice-activity-detector.js';

/** How strict the detector is, from 0 (takes most sounds for speech) to 3 (reports the least speech). */
export type WebRtcVadMode = 0 | 1 | 2 | 3;

/** Options of {@link webRtcVad}. */
export interface WebRtcVadOptions {
  /** @default 3, which notices soonest that the voice stopped */
  readonly mode?: WebRtcVadMode;
}

const sampleRatesHz = [8000, 16000, 32000, 48000];
const frameLengthsMs = [10, 20, 30];
const maxFrameBytes = (48000 / 1000) * 30 * Int16Array.BYTES_PER_ELEMENT;

let sharedModule: Promise<FvadModule> | undefined;

/** Loads the module once; each detector has its own instance in it. */
function loadModule(): Promise<FvadModule> {
  sharedModule ??= import('@echogarden/fvad-wasm').then(({ default: fvad }) => fvad());
  return sharedModule;
}

/** WebRTC's voice activity detection: 8, 16, 32 or 48 kHz in frames of 10, 20 or 30 ms. */
export function webRtcVad({ mode = 3 }: WebRtcVadOptions = {}): VoiceActivityDetection {
  return {
    name: 'webrtc',
    create: async () => new WebRtcVoiceActivityDetector(await loadModule(), mode),
  };
}

class WebRtcVoiceActivityDetector implements VoiceActivityDetector {
  readonly #module: FvadModule;
  readonly #mode: WebRtcVadMode;
  readonly #instance: number;
  readonly #buffer: number;
  #sampleRateHz = 0;
  #closed = false;

  constructor(module: FvadModule, mode: WebRtcVadMode) {
    this.#module = module;
    this.#mode = mode;
    this.#instance = module._fvad_new();
    this.#buffer = module._malloc(maxFrameBytes);
    this.reset();
  }

  isSpeech({ samples, sampleRateHz }: AudioFrame): boolean {
    if (this.#closed) throw new InvalidStateError('The voice activity detector is closed.');
    if (sampleRateHz !== this.#sampleRateHz) this.#setSampleRate(sampleRateHz);
    if (!frameLengthsMs.includes((samples.length * 1000) / sampleRateHz))
      throw new RangeError(`${samples.length} samples at ${sampleRateHz} Hz are not 10, 20 or 30 ms.`);
    this.#module.HEAP16.set(samples, this.#buffer / Int16Array.BYTES_PER_ELEMENT);
    return this.#module._fvad_process(this.#instance, this.#buffer, samples.length) === 1;
  }

  reset(): void {
    if (this.#closed) return;
    this.#module._fvad_reset(this.#instance);
    this.#module._fvad_set_mode(this.#instance, this.#mode);
    this.#sampleRateHz = 0;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#module._fvad_free(this.#instance);
    this.#module._free(this.#buffer);
  }

  #setSampleRate(sampleRateHz: number): void {
    if (!sampleRatesHz.includes(sampleRateHz))
      throw new RangeError(
        `The voice activity detector supports ${sampleRatesHz.join(', ')} Hz, not ${sampleRateHz} Hz.`,
      );
    this.#module._fvad_set_sample_rate(this.#instance, sampleRateHz);
    this.#sampleRateHz = sampleRateHz;
  }
}
