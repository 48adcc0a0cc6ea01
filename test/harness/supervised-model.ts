/** Turns of a supervised language model, in virtual time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ProviderError, type ProviderErrorCategory } from '#src/core/errors.js';
import type { ProviderIncident } from '#src/events/provider-incident.js';
import {
  supervisedLanguageModel,
  type SupervisedLanguageModel,
} from '#src/fallback/llm/supervised-language-model.js';
import type { Supervision } from '#src/fallback/policy/supervision.js';
import type { ChatMessage, LlmEvent, LlmRequest } from '#src/providers/language-model.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import { ScriptedLanguageModel, type LlmScript } from './scripted-language-model.js';
import { inShort } from './told-incidents.js';

export const hello: readonly ChatMessage[] = [{ role: 'user', content: 'hello' }];
export const done: LlmEvent = { type: 'done', finishReason: 'stop' };
/** An answer without a failure. */
export const well: LlmScript = [['Sure, ', 'I can ', 'book that.', done]];
export const lookUp: LlmEvent = { type: 'tool_call', call: { id: 'a', name: 'look_up', arguments: '{}' } };

/** A failure for a script. */
export function failure(
  category: ProviderErrorCategory,
  retryAfterMs?: number,
): { readonly fails: ProviderError } {
  return {
    fails: new ProviderError(`It failed: ${category}.`, {
      kind: 'llm',
      provider: 'one',
      category,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    }),
  };
}

/** A call in which one model after the other may fail, on a clock that moves when nothing else does. */
export class Call {
  readonly clock: VirtualClock;
  readonly incidents: ProviderIncident[] = [];
  readonly events: LlmEvent[] = [];
  /** When the last event or the end came, in milliseconds since the request. */
  tookMs = 0;
  readonly model: SupervisedLanguageModel;
  #abort = new AbortController();

  constructor(clock: VirtualClock, model: SupervisedLanguageModel) {
    this.clock = clock;
    this.model = model;
  }

  get text(): string {
    return this.events.map((event) => (event.type === 'token' ? event.text : '')).join('');
  }

  /** The incidents in short, each once it happened. */
  get told(): readonly string[] {
    return inShort(this.incidents);
  }

  readonly onIncident = (incident: ProviderIncident): void => void this.incidents.push(incident);

  /** One turn; resolves with what was thrown, if anything was. Aborts at `abortAtMs`. */
  async ask(abortAtMs = Infinity): Promise<unknown> {
    this.events.length = 0;
    this.#abort = new AbortController();
    const startMs = this.clock.nowMs();
    let over: { readonly thrown: unknown } | null = null;
    const note = (thrown: unknown): void => void (over = { thrown });
    this.#read().then(() => note(null), note);
    const ending = (): { readonly thrown: unknown } | null => over;
    for (;;) {
      for (let turns = 0; turns < 5; turns++) await nextTurn();
      this.tookMs = this.clock.nowMs() - startMs;
      const ended = ending();
      if (ended) return ended.thrown;
      if (this.tookMs >= abortAtMs && !this.#abort.signal.aborted) this.#abort.abort();
      else this.clock.advance(10);
    }
  }

  /** One turn over a real wire: time stands still but for the waits that it must go through. */
  async askOverWire(silence?: Promise<unknown>): Promise<unknown> {
    const waits = this.onIncident;
    const settled = this.#read((incident) => {
      waits(incident);
      // The wait begins when this returns.
      if (incident.type === 'reconnect') setImmediate(() => this.clock.advance(1000));
    }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    void silence?.then(() => this.clock.advance(4000));
    return settled;
  }

  /** Resolves when so many tokens have come. */
  async tokens(count: number): Promise<void> {
    while (this.events.length < count) await nextTurn();
  }

  async #read(onIncident = this.onIncident): Promise<void> {
    const request: LlmRequest = {
      messages: hello,
      tools: [],
      signal: this.#abort.signal,
      onIncident,
    };
    for await (const event of this.model.generate(request)) this.events.push(event);
  }
}

/** A call with models that follow scripts; the first has the `slaMs`. */
export function callWith(
  scripts: Readonly<Record<string, LlmScript>>,
  supervision: Partial<Supervision> = {},
  slaMs?: number,
): { readonly call: Call; readonly models: readonly ScriptedLanguageModel[]; readonly clock: VirtualClock } {
  const clock = new VirtualClock();
  const models = Object.entries(scripts).map(
    ([name, script]) => new ScriptedLanguageModel(name, clock, script),
  );
  const candidates = models.map((provider, index) => ({ provider, ...(index === 0 && { slaMs }) }));
  const model = supervisedLanguageModel({ candidates, clock, supervision, random: () => 0.5 });
  return { call: new Call(clock, model), models, clock };
}
