import { delay, type Clock } from '../clock.js';
import type { LanguageModel, LlmEvent, LlmRequest } from '../llm/language-model.js';

/** One step of a scripted generation. */
export type LlmStep =
  /** A token of text. */
  | string
  | LlmEvent
  /** Time passes, in milliseconds. */
  | { readonly afterMs: number }
  | { readonly fails: unknown }
  /** Nothing comes any more, whatever the signal says. */
  | { readonly hangs: true }
  /** A piece of something that is no event yet. */
  | { readonly shows: 'progress' };

/** What a model does, one generation after the other; the last one again and again. */
export type LlmScript = readonly (readonly LlmStep[])[];

/** A language model that does what it is told, heeding no signal: for tests of what watches over models. */
export class ScriptedLanguageModel implements LanguageModel {
  readonly name: string;
  readonly requests: LlmRequest[] = [];
  /** Generations that were given up before their end. */
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
        else if (typeof step !== 'string' && 'shows' in step) request.onProgress?.();
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
