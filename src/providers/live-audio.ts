/** Audio on its way to a recogniser that has rules for the length of messages. */

/** A stretch of silence that was sent between the caller's audio. */
interface Padding {
  /** Where it begins, as the vendor counts. */
  readonly atMs: number;
  readonly lengthMs: number;
}

/**
 * Counts what was sent. Vendors count all audio; the session counts the caller's. The two differ where silence was
 * added to make a message long enough.
 */
export class SentAudio {
  readonly #bytesPerMs: number;
  readonly #paddings: Padding[] = [];
  #callerBytes = 0;
  #paddedBytes = 0;

  constructor(bytesPerMs: number) {
    this.#bytesPerMs = bytesPerMs;
  }

  /** The caller's audio that was sent. */
  get callerMs(): number {
    return this.#callerBytes / this.#bytesPerMs;
  }

  /** All audio that was sent. */
  get totalMs(): number {
    return (this.#callerBytes + this.#paddedBytes) / this.#bytesPerMs;
  }

  sent(bytes: number): void {
    this.#callerBytes += bytes;
  }

  /** Silence was added. */
  padded(bytes: number): void {
    if (bytes === 0) return;
    this.#paddings.push({ atMs: this.totalMs, lengthMs: bytes / this.#bytesPerMs });
    this.#paddedBytes += bytes;
  }

  /** A position in all audio, as one in the caller's audio. */
  toCallerMs(vendorMs: number): number {
    let addedMs = 0;
    for (const { atMs, lengthMs } of this.#paddings) {
      if (vendorMs <= atMs) break;
      addedMs += Math.min(lengthMs, vendorMs - atMs);
    }
    return Math.min(this.callerMs, vendorMs - addedMs);
  }
}

export interface AudioBatchOptions {
  readonly bytesPerMs: number;
  /** Audio is sent in pieces of at least this length, in milliseconds. */
  readonly leastMs: number;
  /** The longest piece that may be sent. */
  readonly mostMs: number;
}

/** In silence audio is sent in pieces of this length: it is not urgent, and every message costs processor time. */
const silentMs = 200;

/**
 * Joins frames to pieces that the vendor takes. In silence, between a flush and the next speech, the pieces are longer;
 * without reports of speech nothing counts as silence.
 */
export class AudioBatch {
  readonly #options: AudioBatchOptions;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #isReported = false;
  #isSilent = false;

  constructor(options: AudioBatchOptions) {
    this.#options = options;
  }

  /** Takes the next audio. Returns the pieces to send now. `isUrgent`: as in speech. */
  push(bytes: Uint8Array, isUrgent = false): readonly Uint8Array[] {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    const { leastMs } = this.#options;
    return this.#pieces(this.#isSilent && !isUrgent ? Math.max(leastMs, silentMs) : leastMs);
  }

  /** The caller speaks: audio is urgent. Returns the pieces to send now. */
  speechStarted(): readonly Uint8Array[] {
    this.#isReported = true;
    this.#isSilent = false;
    return this.#pieces(this.#options.leastMs);
  }

  /** The caller is silent. Returns all that is left, which may be shorter than a piece. */
  flush(): Uint8Array {
    this.#isSilent = this.#isReported;
    const rest = this.#joined();
    this.#parts = [];
    this.#bytes = 0;
    return rest;
  }

  #pieces(pieceMs: number): readonly Uint8Array[] {
    const { bytesPerMs, mostMs } = this.#options;
    const least = pieceMs * bytesPerMs;
    if (this.#bytes < least) return [];
    const joined = this.#joined();
    const pieces: Uint8Array[] = [];
    let at = 0;
    while (joined.length - at >= least) {
      const end = Math.min(joined.length, at + mostMs * bytesPerMs);
      pieces.push(joined.subarray(at, end));
      at = end;
    }
    this.#parts = at < joined.length ? [joined.subarray(at)] : [];
    this.#bytes = joined.length - at;
    return pieces;
  }

  #joined(): Uint8Array {
    const [only] = this.#parts;
    return this.#parts.length === 1 && only ? only : Buffer.concat(this.#parts, this.#bytes);
  }
}
