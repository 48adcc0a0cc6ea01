/** What an agent's code does to the process that runs it: errors that it leaves unhandled, and an end that comes too early. */
import { strayErrorLine } from './stray-error.js';
import { note } from './terminal.js';

/**
 * Watches a command's process. An error that the agent's code left unhandled is reported and ends nothing, so that it costs no
 * call; nor does any unhandled rejection. If the process ends before the command does, this says why, and the exit code is 1.
 */
export class AgentSlips {
  readonly #reportOther: (thrown: unknown) => void;
  #count = 0;

  /** `reportOther` reports an error that does not come from the agent's code. */
  constructor(reportOther: (thrown: unknown) => void) {
    this.#reportOther = reportOther;
  }

  /** Whether there was an unhandled error that ended nothing. */
  get some(): boolean {
    return this.#count > 0;
  }

  watch(): void {
    process.on('unhandledRejection', this.#onRejection);
    process.on('beforeExit', this.#onNothingLeft);
    process.on('exit', this.#onEarlyExit);
  }

  /** The command has ended, or ends the process itself. Idempotent. */
  stopWatching(): void {
    process.off('unhandledRejection', this.#onRejection);
    process.off('beforeExit', this.#onNothingLeft);
    process.off('exit', this.#onEarlyExit);
  }

  /** Reports an uncaught error if it comes from the agent's code; returns whether it does. */
  report(thrown: unknown): boolean {
    const line = strayErrorLine(thrown);
    if (line === null) return false;
    note(`error: ${line}`);
    this.#count++;
    return true;
  }

  readonly #onRejection = (thrown: unknown): void => {
    if (this.report(thrown)) return;
    this.#reportOther(thrown);
    this.#count++;
  };

  readonly #onNothingLeft = (): void => {
    this.stopWatching();
    note(
      'error: the command cannot end: it waits for something that never comes, such as an await at the top of the agent file.',
    );
    process.exitCode = 1;
  };

  readonly #onEarlyExit = (): void => {
    note(
      'error: process.exit() was called before the command had ended. Agent code must not end the process.',
    );
    process.exitCode ||= 1;
  };
}
