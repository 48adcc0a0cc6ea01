import { writeSync } from 'node:fs';

const esc = '\u001b[';
/** Alternate screen, no cursor; a line that is a column too long is cut off instead of breaking the picture. */
const enterSequence = `${esc}?1049h${esc}?25l${esc}?7l${esc}2J${esc}H`;
/** Also ends a synchronised update that was cut short, and every style. */
const leaveSequence = `${esc}?2026l${esc}0m${esc}?7h${esc}?25h${esc}?1049l`;

/** The terminal's second screen; what was on the first is there again afterwards. Everything happens at once, for use on exit. */
export class AlternateScreen {
  readonly #fd: number;
  #entered = false;

  /** `fd`: the terminal's file descriptor. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  enter(): void {
    this.#entered = true;
    writeFully(this.#fd, enterSequence);
  }

  /** Idempotent; a terminal that is gone is no error. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    try {
      writeFully(this.#fd, leaveSequence);
    } catch {
      // The terminal was closed: there is nothing to restore.
    }
  }
}

const waiting = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const retryMs = 5;

/**
 * Writes all of `text`, waiting while the terminal takes nothing. Blocks its thread: only for a few bytes, or in a thread
 * that has nothing else to do. Throws what the system says if the terminal is gone.
 */
export function writeFully(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown;
      Atomics.wait(waiting, 0, 0, retryMs);
    }
  }
}
