import type { LlmUsage } from '#src/metrics/provider-usage.js';
import {
  anthropicLanguageModel,
  type AnthropicLanguageModel,
  type AnthropicOptions,
} from '#src/providers/anthropic/anthropic-language-model.js';
import type { ChatMessage, LlmEvent, LlmRequest } from '#src/providers/language-model.js';
import type { AnthropicAnswer } from '#src/simulators/anthropic/anthropic-script.js';
import {
  startAnthropicSimulator,
  type AnthropicSimulator,
  type AnthropicSimulatorOptions,
} from '#src/simulators/anthropic/anthropic-simulator.js';

export const anthropicKey = 'sk-ant-secret-51d0';
export const sentence = 'Sure, I can book that. What day works for you?';
export const hello: readonly ChatMessage[] = [{ role: 'user', content: 'hello' }];

/** A simulated Anthropic that knows one key, and models that use it. {@link close} ends both. */
export class AnthropicAccount {
  readonly simulator: AnthropicSimulator;
  /** The answer to every request. */
  answer: string | AnthropicAnswer = sentence;
  readonly #models: AnthropicLanguageModel[] = [];

  private constructor(simulator: AnthropicSimulator) {
    this.simulator = simulator;
  }

  static async open(options: AnthropicSimulatorOptions = {}): Promise<AnthropicAccount> {
    const simulator = await startAnthropicSimulator({
      apiKey: anthropicKey,
      pace: { firstTokenMs: 0, tokenMs: 0 },
      answers: () => account.answer,
      ...options,
    });
    const account = new AnthropicAccount(simulator);
    return account;
  }

  create(options: Partial<AnthropicOptions> = {}): AnthropicLanguageModel {
    const model = anthropicLanguageModel({
      apiKey: anthropicKey,
      baseUrl: this.simulator.baseUrl,
      ...options,
    });
    this.#models.push(model);
    return model;
  }

  /** Makes the account as good as new for the next test. */
  reset(): void {
    this.answer = sentence;
    this.simulator.problems.length = 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.#models.map((model) => model.close()));
    await this.simulator.close();
  }
}

/** A generation with what it used. Throws what the model throws. */
export async function generated(
  model: AnthropicLanguageModel,
  request: Partial<LlmRequest> = {},
  onEvent: (event: LlmEvent) => void = () => undefined,
): Promise<{ readonly events: readonly LlmEvent[]; readonly usage: readonly LlmUsage[] }> {
  const events: LlmEvent[] = [];
  const usage: LlmUsage[] = [];
  const signal = new AbortController().signal;
  const asked = {
    messages: hello,
    tools: [],
    signal,
    onUsage: (one: LlmUsage) => usage.push(one),
    ...request,
  };
  for await (const event of model.generate(asked)) {
    events.push(event);
    onEvent(event);
  }
  return { events, usage };
}

/** The usage in the units of a simulator's bill. */
export function billOf(usage: LlmUsage): object {
  const named = ['kind', 'provider', 'model'];
  return Object.fromEntries(Object.entries(usage).filter(([name]) => !named.includes(name)));
}
