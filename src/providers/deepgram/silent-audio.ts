/** In silence audio is sent in pieces of this length: it is not urgent, and every message costs processor time. */
const pieceMs = 200;

/**
 * Collects the caller's audio in silence, between a flush and the next speech. Without reports of speech nothing counts as
 * silence.
 */
export class SilentAudio {
  readonly #pieceBytes: number;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isReported = false;
  #isSilent = false;

  constructor(bytesPerSec: number) {
    this.#pieceBytes = (bytesPerSec * pieceMs) / 1000;
  }

  /** Takes the next audio. Returns what to send now; null if nothing. */
  push(bytes: Uint8Array): Uint8Array | null {
    if (!this.#isSilent) return bytes;
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
    return this.#bytes < this.#pieceBytes ? null : this.take();
  }

  /** Returns the audio that waits; null if there is none. */
  take(): Uint8Array | null {
    if (this.#bytes === 0) return null;
    const joined = Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    return joined;
  }

  /** The caller speaks: audio is urgent. */
  speechStarted(): void {
    this.#isReported = true;
    this.#isSilent = false;
  }

  /** The caller is silent. */
  flushed(): void {
    this.#isSilent = this.#isReported;
  }
}
