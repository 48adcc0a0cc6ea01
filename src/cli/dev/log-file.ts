import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import type { SessionEvent } from '../../events/session-event.js';
import { formatLogLine, sysLogLine } from '../../events/sys-log.js';
import type { RelayNotice } from '../../relay/relay-options.js';
import { UsageError } from '../exit.js';
import { noticeLine } from './dev-view.js';

/** A file that gets every line of the log, details too, each with the time of day and the session. */
export class LogFile {
  readonly #stream: WriteStream;
  #failed = false;

  private constructor(stream: WriteStream, onFailure: (message: string) => void) {
    this.#stream = stream;
    stream.on('error', (error) => {
      if (!this.#failed) onFailure(`The log file can no longer be written: ${error.message}`);
      this.#failed = true;
    });
  }

  /** Opens it for appending. Throws a UsageError if that fails. The caller closes it. */
  static async open(path: string, onFailure: (message: string) => void): Promise<LogFile> {
    const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
    try {
      await once(stream, 'open');
    } catch (cause) {
      throw new UsageError(`--log: ${path} cannot be written: ${(cause as Error).message}`, { cause });
    }
    return new LogFile(stream, onFailure);
  }

  event(event: SessionEvent): void {
    this.#write(`${event.sessionId}  ${formatLogLine(sysLogLine(event))}`);
  }

  notice(notice: RelayNotice): void {
    this.#write(`          ${formatLogLine(noticeLine(notice))}`);
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    if (this.#failed) return;
    this.#stream.end();
    await Promise.race([once(this.#stream, 'finish'), once(this.#stream, 'close')]).catch(() => undefined);
  }

  #write(line: string): void {
    if (!this.#failed) this.#stream.write(`${new Date().toISOString()}  ${line}\n`);
  }
}
