import type { ProviderIncident } from '#src/events/provider-incident.js';
import { supervisedLanguageModel } from '#src/fallback/llm/supervised-language-model.js';
import type { ChatMessage, LanguageModel, LlmEvent, ToolDefinition } from '#src/providers/language-model.js';
import {
  openAiLanguageModel,
  type OpenAiLanguageModel,
} from '#src/providers/openai/openai-language-model.js';
import type { OpenAiOptions } from '#src/providers/openai/openai-options.js';
import {
  startOpenAiSimulator,
  type OpenAiSimulator,
  type OpenAiSimulatorOptions,
} from '#src/simulators/openai/openai-simulator.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';

export const openAiKey = 'sk-test-77b1e0aa';

/** What a request gave. */
export interface Answered {
  /** The text behind any reasoning. */
  readonly text: string;
  readonly events: readonly LlmEvent[];
  readonly told: readonly ProviderIncident[];
}

/** Simulated servers that speak OpenAI's API, and models that ask them; {@link close} ends both. */
export class OpenAiServers {
  readonly #clock = new VirtualClock();
  readonly #closing: { close(): Promise<void> }[] = [];

  async serve(options: OpenAiSimulatorOptions): Promise<OpenAiSimulator> {
    const pace = { firstTokenMs: 0, tokenMs: 0 };
    const simulator = await startOpenAiSimulator({ apiKey: openAiKey, pace, models: 'any', ...options });
    this.#closing.push(simulator);
    return simulator;
  }

  /** A supervised model, as a session has it. */
  modelAt(server: OpenAiSimulator, options: Partial<OpenAiOptions> = {}): LanguageModel {
    const provider = this.#modelOf(server, options);
    const candidates = [{ provider }];
    const model = supervisedLanguageModel({ candidates, clock: this.#clock, random: () => 0 });
    this.#closing.push(model);
    return model;
  }

  /** The provider alone: it does not try again. */
  bareModelAt(server: OpenAiSimulator, options: Partial<OpenAiOptions> = {}): OpenAiLanguageModel {
    const provider = this.#modelOf(server, options);
    this.#closing.push(provider);
    return provider;
  }

  async ask(
    model: LanguageModel,
    messages: readonly ChatMessage[] = [{ role: 'user', content: 'hello' }],
    tools: readonly ToolDefinition[] = [],
  ): Promise<Answered> {
    const events: LlmEvent[] = [];
    const told: ProviderIncident[] = [];
    const onIncident = (incident: ProviderIncident): void => {
      if (incident.type !== 'request') told.push(incident);
      // The wait begins when this returns.
      if (incident.type === 'reconnect') setImmediate(() => this.#clock.advance(1000));
    };
    const isSpeakable = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);
    const request = { messages, tools, signal: new AbortController().signal, onIncident, isSpeakable };
    for await (const event of model.generate(request)) events.push(event);
    const start = events.findLastIndex((event) => event.type === 'reasoning' && event.soFar) + 1;
    const text = events.slice(start).flatMap((event) => (event.type === 'token' ? [event.text] : []));
    return { text: text.join(''), events, told };
  }

  /** Throws if a timer is left. */
  async close(): Promise<void> {
    const { pendingTimers } = this.#clock;
    await Promise.all(this.#closing.splice(0).map((one) => one.close()));
    if (pendingTimers > 0) throw new Error(`${pendingTimers} timers were left.`);
  }

  #modelOf(server: OpenAiSimulator, options: Partial<OpenAiOptions>): OpenAiLanguageModel {
    return openAiLanguageModel({
      apiKey: openAiKey,
      baseUrl: server.baseUrl,
      clock: this.#clock,
      ...options,
    });
  }
}
