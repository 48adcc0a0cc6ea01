import { open, type FileHandle } from 'node:fs/promises';
import { HzRelayError } from '../../core/errors.js';

/** A disk this far behind will not catch up, and a call must not fill the memory. */
const defaultMaxWaitingBytes = 16 * 1024 * 1024;

export interface BackgroundFileOptions {
  /** Called once if writing fails; nothing more is written then. */
  readonly onFailure: (cause: unknown) => void;
  /** Bytes that may wait to be written. @default 16 MiB */
  readonly maxWaitingBytes?: number;
}

/**
 * A new file that is written in the background, so that appending never waits. Bytes are written in order, in batches.
 * Only its owner may read it; an existing file is an error.
 */
export class BackgroundFile {
  readonly #handle: Promise<FileHandle>;
  readonly #onFailure: BackgroundFileOptions['onFailure'];
  readonly #maxWaitingBytes: number;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #failed = false;

  /** Opens the file once `folder` has resolved. */
  constructor(path: string, folder: Promise<unknown>, options: BackgroundFileOptions) {
    this.#onFailure = options.onFailure;
    this.#maxWaitingBytes = options.maxWaitingBytes ?? defaultMaxWaitingBytes;
    this.#handle = folder.then(() => open(path, 'wx', 0o600));
    this.#handle.catch((cause: unknown) => this.#fail(cause));
  }

  /** Appends bytes, which must not change afterwards. */
  append(bytes: Uint8Array): void {
    if (this.#failed || this.#closing) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > this.#maxWaitingBytes) {
      this.#fail(new HzRelayError('the disk is too slow'));
      return;
    }
    this.#writing ??= this.#write();
  }

  /**
   * Writes the remaining bytes, then `patch`, if given, over the beginning. Resolves when the file is closed or closing it
   * failed. Idempotent.
   */
  close(patch?: Uint8Array): Promise<void> {
    this.#closing ??= this.#close(patch);
    return this.#closing;
  }

  async #write(): Promise<void> {
    try {
      const handle = await this.#handle;
      while (this.#waiting.length > 0) {
        const batch = this.#waiting;
        this.#waiting = [];
        this.#waitingBytes = 0;
        await writeAll(handle, batch);
      }
    } catch (cause) {
      this.#fail(cause);
    } finally {
      this.#writing = null;
    }
  }

  async #close(patch: Uint8Array | undefined): Promise<void> {
    await this.#writing;
    const handle = await this.#handle.catch(() => null);
    try {
      if (patch && !this.#failed) await handle?.write(patch, 0, patch.length, 0);
      await handle?.close();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #fail(cause: unknown): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#failed) return;
    this.#failed = true;
    this.#onFailure(cause);
  }
}

/** Writes the pieces as one; a nearly full disk may take only part of them before it fails. */
async function writeAll(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const bytes = Buffer.concat(pieces);
  for (let written = 0; written < bytes.length;)
    written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
}
