import { ProviderError } from '#src/core/errors.js';
import type { ChatMessage, LlmEvent, ToolDefinition } from '#src/providers/language-model.js';
import {
  openAiLanguageModel,
  type OpenAiLanguageModel,
} from '#src/providers/openai/openai-language-model.js';
import type { OpenAiOptions } from '#src/providers/openai/openai-options.js';
import type { OpenAiAnswer } from '#src/simulators/openai/openai-script.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '#src/simulators/openai/openai-simulator.js';
import { openAiKey } from './openai-servers.js';

export const apis = ['chat', 'responses'] as const;
export const sentence = 'Sure, I can book that. What day works for you?';
export const hello: readonly ChatMessage[] = [{ role: 'user', content: 'hello' }];

/** A simulated OpenAI that knows one key, and models that use it. {@link close} ends the simulator. */
export class OpenAiAccount {
  readonly simulator: OpenAiSimulator;
  /** The answer to every request. */
  answer: string | OpenAiAnswer = sentence;

  private constructor(simulator: OpenAiSimulator) {
    this.simulator = simulator;
  }

  static async open(): Promise<OpenAiAccount> {
    const simulator = await startOpenAiSimulator({
      apiKey: openAiKey,
      pace: { firstTokenMs: 0, tokenMs: 0 },
      answers: () => account.answer,
    });
    const account = new OpenAiAccount(simulator);
    return account;
  }

  create(options: Partial<OpenAiOptions> = {}): OpenAiLanguageModel {
    return openAiLanguageModel({ apiKey: openAiKey, baseUrl: this.simulator.baseUrl, ...options });
  }

  /** Makes the account as good as new for the next test. */
  reset(): void {
    this.answer = sentence;
    this.simulator.problems.length = 0;
  }

  close(): Promise<void> {
    return this.simulator.close();
  }
}

export async function generate(
  model: OpenAiLanguageModel,
  messages = hello,
  tools: readonly ToolDefinition[] = [],
): Promise<LlmEvent[]> {
  const seen: LlmEvent[] = [];
  for await (const event of model.generate({ messages, tools, signal: new AbortController().signal }))
    seen.push(event);
  return seen;
}

/** The error that a request ends with. Throws if it ends without one, or with one of another kind. */
export async function failureOf(generation: Promise<unknown>): Promise<ProviderError> {
  const thrown = await generation.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ProviderError)) throw new Error('No ProviderError was thrown.', { cause: thrown });
  return thrown;
}

export function textOf(events: readonly LlmEvent[]): string {
  return events.map((event) => (event.type === 'token' ? event.text : '')).join('');
}
