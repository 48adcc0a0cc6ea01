import { delay, type Clock } from '#src/core/clock.js';
import type { LanguageModel, LlmEvent, LlmRequest, SignOfLife } from '#src/providers/language-model.js';

/** One step of a scripted generation. */
export type LlmStep =
  /** A token of text. */
  | string
  | LlmEvent
  /** Time passes, in milliseconds. */
  | { readonly afterMs: number }
  | { readonly fails: unknown }
  /** Yields nothing more and ignores the signal. */
  | { readonly hangs: true }
  /** A sign of life that is not an event: a partial message or a keep-alive. */
  | { readonly shows: SignOfLife };

/** The model's generations in turn; the last one repeats. */
export type LlmScript = readonly (readonly LlmStep[])[];

/** A language model that follows its script and ignores its signal, for tests of supervision. */
export class ScriptedLanguageModel implements LanguageModel {
  readonly name: string;
  readonly requests: LlmRequest[] = [];
  /** Generations that were abandoned before their end. */
  returned = 0;
  warmUps = 0;
  closed = 0;
  probeFails: Error | null = null;
  warmUpFails: Error | null = null;
  readonly #script: LlmScript;
  readonly #clock: Clock;

  constructor(name: string, clock: Clock, script: LlmScript) {
    this.name = name;
    this.#clock = clock;
    this.#script = script;
  }

  warmUp(): Promise<void> {
    this.warmUps++;
    return settle(this.warmUpFails);
  }

  probe(): Promise<void> {
    return settle(this.probeFails);
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  async *generate(request: LlmRequest): AsyncGenerator<LlmEvent> {
    this.requests.push(request);
    const steps = this.#script[this.requests.length - 1] ?? this.#script.at(-1) ?? [];
    let isOver = false;
    try {
      for (const step of steps) {
        if (typeof step !== 'string' && 'hangs' in step) await new Promise(() => undefined);
        else if (typeof step !== 'string' && 'shows' in step) request.onProgress?.(step.shows);
        else if (typeof step === 'string') yield { type: 'token', text: step };
        else if ('afterMs' in step) await delay(this.#clock, step.afterMs);
        else if ('fails' in step) throw step.fails;
        else yield step;
      }
      isOver = true;
    } finally {
      if (!isOver) this.returned++;
    }
  }
}

function settle(failure: Error | null): Promise<void> {
  return failure === null ? Promise.resolve() : Promise.reject(failure);
}
