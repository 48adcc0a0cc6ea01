import type { OpenAI } from 'openai';
import type { LlmRequest } from '../language-model.js';
import { leastEffort, type ReasoningEffort } from './known-models.js';
import { shapeAfter, shaped, type MessageShape } from './message-shape.js';
import { chatMessages, chatTools, responsesInput, responsesTools } from './openai-messages.js';

export interface RequestFormOptions {
  readonly model: string;
  /** Added to every request unchanged. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly messageShape: MessageShape;
  /** The server's origin: gets its own extra fields of tool calls back. */
  readonly origin: string;
}

/**
 * The form of requests to one server: a message shape that its chat template accepts, and fields that it knows.
 * Immutable; {@link after} gives the form to try after a refusal.
 */
export class RequestForm {
  readonly #options: RequestFormOptions;
  /** Null if the request does not mention it. */
  readonly #effort: ReasoningEffort | null;

  constructor(options: RequestFormOptions, effort: ReasoningEffort | null = effortFor(options)) {
    this.#options = options;
    this.#effort = effort;
  }

  /** The form to try after the server refused this one; null if another form does not help. */
  after(thrown: unknown): RequestForm | null {
    if (this.#effort !== null && refusesEffort(thrown)) return new RequestForm(this.#options, null);
    const messageShape = shapeAfter(this.#options.messageShape, thrown);
    return messageShape ? new RequestForm({ ...this.#options, messageShape }, this.#effort) : null;
  }

  chatBody({ messages, tools }: LlmRequest): OpenAI.Chat.ChatCompletionCreateParamsStreaming {
    const { model, parameters, messageShape, origin } = this.#options;
    return {
      ...(this.#effort && { reasoning_effort: this.#effort }),
      ...parameters,
      model,
      messages: chatMessages(shaped(messages, messageShape), origin),
      // Servers refuse an empty list.
      ...(tools.length > 0 && { tools: chatTools(tools) }),
      stream: true,
    };
  }

  responsesBody({ messages, tools }: LlmRequest): OpenAI.Responses.ResponseCreateParamsStreaming {
    const { model, parameters, messageShape, origin } = this.#options;
    return {
      ...(this.#effort && { reasoning: { effort: this.#effort } }),
      // Every request contains the whole conversation, so the server need not store it.
      store: false,
      ...parameters,
      model,
      input: responsesInput(shaped(messages, messageShape), origin),
      ...(tools.length > 0 && { tools: responsesTools(tools) }),
      stream: true,
    };
  }
}

/** The user's own parameter takes precedence. */
function effortFor({ model, parameters }: RequestFormOptions): ReasoningEffort | null {
  return 'reasoning_effort' in parameters || 'reasoning' in parameters ? null : leastEffort(model);
}

/** Whether the server refuses the field or its value. */
function refusesEffort(thrown: unknown): boolean {
  const { status, message, param } = thrown as {
    readonly status?: unknown;
    readonly message?: unknown;
    readonly param?: unknown;
  };
  if (status !== 400 && status !== 422) return false;
  return /\breasoning\b|reasoning[_.]effort/.test(`${String(message)} ${String(param)}`);
}
