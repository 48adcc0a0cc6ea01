import type { BilledOf } from '../vendor-simulator.js';
import type { OpenAiRequest } from './openai-script.js';

/** What is known of an answer's tokens when it is written. */
export interface AnswerTokens {
  readonly output: number;
  /** Those of `output` that are reasoning. */
  readonly reasoning: number;
}

/** Caching begins here and goes on in steps. Source: https://developers.openai.com/api/docs/guides/prompt-caching */
const leastCachedTokens = 1024;
const cacheStepTokens = 128;

/** What a simulated service would charge for. A token of input is four characters; a token of output is a piece of an answer. */
export class OpenAiBilling {
  readonly entries: BilledOf['llm'][] = [];
  readonly #seen: string[] = [];

  /** Adds an accepted request; until its usage was told, it counts as cut. */
  begin(request: OpenAiRequest): BilledAnswer {
    const answer = new BilledAnswer(tokensOfRequest(request), this.#cached(request), (billed) => {
      this.entries[index] = billed;
    });
    const index = this.entries.push(answer.billed) - 1;
    return answer;
  }

  /** The tokens at the beginning of the conversation that an earlier request had too. */
  #cached({ model, messages, tools }: OpenAiRequest): number {
    const text = JSON.stringify([model, tools, ...messages]).slice(0, -1);
    const common = Math.max(0, ...this.#seen.map((other) => commonLength(other, text)));
    this.#seen.push(text);
    const tokens = Math.floor(common / 4);
    return tokens < leastCachedTokens ? 0 : tokens - (tokens % cacheStepTokens);
  }
}

/** The bill of one answer. */
export class BilledAnswer {
  readonly #inputTokens: number;
  #cachedTokens: number;
  readonly #onChange: (billed: BilledOf['llm']) => void;
  #output: AnswerTokens = { output: 0, reasoning: 0 };
  #isTold = false;

  constructor(inputTokens: number, cachedTokens: number, onChange: (billed: BilledOf['llm']) => void) {
    this.#inputTokens = inputTokens;
    this.#cachedTokens = Math.min(cachedTokens, inputTokens);
    this.#onChange = onChange;
  }

  get billed(): BilledOf['llm'] {
    const { output, reasoning } = this.#output;
    return {
      inputTokens: this.#inputTokens,
      ...(this.#isTold && this.#cachedTokens > 0 && { cachedInputTokens: this.#cachedTokens }),
      outputTokens: output,
      ...(this.#isTold && reasoning > 0 && { reasoningTokens: reasoning }),
      ...(!this.#isTold && { estimated: true }),
    };
  }

  /** So many pieces were sent. */
  sent(pieces: number): void {
    this.#output = { output: pieces, reasoning: 0 };
    this.#onChange(this.billed);
  }

  /** All was sent; `told`: with the usage, or with its totals only. */
  complete(tokens: AnswerTokens, told: 'all' | 'totals' | 'nothing'): void {
    this.#output = told === 'totals' ? { ...tokens, reasoning: 0 } : tokens;
    if (told === 'totals') this.#cachedTokens = 0;
    this.#isTold = told !== 'nothing';
    this.#onChange(this.billed);
  }

  /** The `usage` of a chat completion. */
  chatUsage({ output, reasoning }: AnswerTokens): Readonly<Record<string, unknown>> {
    return {
      prompt_tokens: this.#inputTokens,
      completion_tokens: output,
      total_tokens: this.#inputTokens + output,
      prompt_tokens_details: { cached_tokens: this.#cachedTokens, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0 },
    };
  }

  /** The `usage` of a response. */
  responsesUsage({ output, reasoning }: AnswerTokens): Readonly<Record<string, unknown>> {
    return {
      input_tokens: this.#inputTokens,
      input_tokens_details: { cached_tokens: this.#cachedTokens },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: this.#inputTokens + output,
    };
  }
}

function tokensOfRequest({ messages, tools }: OpenAiRequest): number {
  const characters = messages.map(
    (message) =>
      message.content.length +
      (message.role === 'assistant' ? (message.toolCalls ?? []) : [])
        .map((call) => call.name.length + call.arguments.length)
        .reduce((sum, length) => sum + length, 0),
  );
  const offered = tools.length > 0 ? JSON.stringify(tools).length : 0;
  return Math.ceil((characters.reduce((sum, length) => sum + length, 0) + offered) / 4);
}

function commonLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
