/** A contract's conformance suite for any test runner: a list of cases. A case rejects if the contract is broken. */

export interface ContractCase {
  /** The expected behaviour; completes a sentence that begins with the implementation's name. */
  readonly name: string;
  /** Rejects with an AssertionError if the implementation behaves otherwise. */
  readonly run: () => Promise<void>;
}

/**
 * The cases of a contract, for one implementation.
 *
 * @example
 * import { after, test } from 'node:test';
 * const suite = textToSpeechContract({ create: () => acmeVoice({ apiKey: 'test', baseUrl }) });
 * for (const { name, run } of suite.cases) test(name, run);
 * after(() => suite.close());
 */
export interface ContractSuite {
  readonly cases: readonly ContractCase[];
  /** Closes everything that the cases made. Call it after all cases have run. */
  close(): Promise<void>;
}

/** Collects the cases; their shared state is made before the first case runs. */
export class ContractCases implements ContractSuite {
  readonly cases: ContractCase[] = [];
  readonly #open: () => Promise<void>;
  readonly #close: () => unknown;
  #opened: Promise<void> | null = null;

  constructor(open: () => Promise<void>, close: () => unknown) {
    this.#open = open;
    this.#close = close;
  }

  /** Adds a case. */
  it(name: string, run: () => void | Promise<void>): void {
    this.cases.push({
      name,
      run: async () => {
        await (this.#opened ??= this.#open());
        await run();
      },
    });
  }

  async close(): Promise<void> {
    if (!this.#opened) return;
    await this.#opened.catch(() => undefined);
    await this.#close();
  }
}
