declare module '@echogarden/fvad-wasm' {
  /** libfvad's C interface (fvad.h), as Emscripten exports it. */
  export interface FvadModule {
    /** Replaced when the memory grows: read it again before every use. */
    readonly HEAP16: Int16Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
    /** A new instance, or 0 if out of memory. */
    _fvad_new(): number;
    _fvad_free(instance: number): void;
    /** Forgets everything, mode and sample rate too. */
    _fvad_reset(instance: number): void;
    /** 0, or -1 if the mode is not 0 to 3. */
    _fvad_set_mode(instance: number, mode: number): number;
    /** 0, or -1 if the rate is not 8000, 16000, 32000 or 48000. */
    _fvad_set_sample_rate(instance: number, sampleRateHz: number): number;
    /** 1 speech, 0 none, -1 if the frame is not 10, 20 or 30 ms long. */
    _fvad_process(instance: number, address: number, samples: number): number;
  }
  export default function fvad(options?: object): Promise<FvadModule>;
}
