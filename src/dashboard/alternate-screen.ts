import { writeSync } from 'node:fs';

const esc = '\u001b[';
/** Alternate screen, no cursor, no line wrap: a line that is too long is cut off instead of breaking the picture. */
const enterSequence = `${esc}?1049h${esc}?25l${esc}?7l${esc}2J${esc}H`;
/** Also ends an interrupted synchronised update, and every style. */
const leaveSequence = `${esc}?2026l${esc}0m${esc}?7h${esc}?25h${esc}?1049l`;

/**
 * The terminal's alternate screen; leaving it restores the main screen. All methods are synchronous, for use on exit.
 */
export class AlternateScreen {
  readonly #fd: number;
  #entered = false;

  /** `fd`: the terminal's file descriptor. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Ignores a closed or stalled terminal: the frames that follow report it. */
  enter(): void {
    this.#entered = true;
    writeSoon(this.#fd, enterSequence);
  }

  /** Idempotent. Ignores a closed terminal, and does not wait for a stalled one. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    writeSoon(this.#fd, leaveSequence);
  }
}

const waiting = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const retryMs = 5;
/** Retries on the calls' thread: enough for a healthy terminal. */
const soonTries = 40;

function writeSoon(fd: number, text: string): void {
  let tries = 0;
  try {
    writeFully(fd, text, () => ++tries < soonTries);
  } catch {
    // The terminal was closed: there is nothing to restore.
  }
}

/**
 * Writes all of `text`. While the terminal accepts nothing, waits as long as `mayWait` returns true. Blocks its thread:
 * use it only for a few bytes, or in a thread of its own. Throws the system error if the terminal is gone.
 */
export function writeFully(fd: number, text: string, mayWait: () => boolean = () => true): void {
  const bytes = Buffer.from(text, 'utf8');
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown;
      if (!mayWait()) return;
      Atomics.wait(waiting, 0, 0, retryMs);
    }
  }
}
