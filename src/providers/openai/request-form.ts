import type { OpenAI } from 'openai';
import type { ChatMessage, LlmRequest } from '../language-model.js';
import type { Endpoint } from './endpoint.js';
import { leastEffort } from './known-models.js';
import { shapeAfter, shaped, type MessageShape } from './message-shape.js';
import { chatMessages, chatTools, responsesInput, responsesTools } from './openai-messages.js';
import type { OpenAiOptions } from './openai-options.js';
import { openAiService, type ServiceTraits } from './service-traits.js';

type Fields = Readonly<Record<string, unknown>>;

const lengthFields = { max_tokens: /\bmax_tokens\b/, max_completion_tokens: /\bmax_completion_tokens\b/ };

/** What may change after a refusal. */
interface Form {
  readonly messageShape: MessageShape;
  /** Null if the request does not mention it. */
  readonly effort: string | null;
  /** Whether the chat API is asked to report the usage, which it does only then. */
  readonly asksUsage: boolean;
  readonly lengthField: ServiceTraits['lengthField'];
  /** Whether the other name of that field was refused. */
  readonly hasTriedLength: boolean;
}

interface Settings {
  readonly model: string;
  /** The server's origin: gets its own extra fields of tool calls back. */
  readonly origin: string;
  readonly options: OpenAiOptions;
  /** Added to every request unchanged. */
  readonly extra: Fields;
  /** Whether the effort is the user's own choice. */
  readonly isOwnEffort: boolean;
}

/**
 * The form of requests to one server: a message shape that its chat template accepts, and fields that it knows.
 * Immutable; {@link after} gives the form to try after a refusal.
 */
export class RequestForm {
  readonly #settings: Settings;
  readonly #form: Form;

  private constructor(settings: Settings, form: Form) {
    this.#settings = settings;
    this.#form = form;
  }

  /** The form to try first. */
  static first(
    options: OpenAiOptions,
    model: string,
    { origin, isOwnService }: Pick<Endpoint, 'origin' | 'isOwnService'>,
  ): RequestForm {
    const extra = { ...options.parameters, ...options.extra };
    const own = options.reasoningEffort ?? null;
    const isElsewhere = 'reasoning_effort' in extra || 'reasoning' in extra;
    const { service = openAiService } = options;
    // Most servers that are only compatible know the field's old name alone.
    const isCompatible = service === openAiService && !isOwnService;
    return new RequestForm(
      { model, origin, options, extra, isOwnEffort: own !== null },
      {
        messageShape: options.messageShape ?? 'open',
        effort: own ?? (isElsewhere ? null : leastEffort(model)),
        asksUsage: true,
        lengthField: isCompatible ? 'max_tokens' : service.lengthField,
        hasTriedLength: false,
      },
    );
  }

  /** The form to try after the server refused this one; null if another form does not help. */
  after(thrown: unknown): RequestForm | null {
    const { effort, asksUsage, lengthField, hasTriedLength, messageShape } = this.#form;
    const { isOwnEffort, options } = this.#settings;
    if (effort !== null && !isOwnEffort && refuses(thrown, /\breasoning\b|reasoning[_.]effort/))
      return this.#with({ effort: null });
    if (asksUsage && options.api !== 'responses' && refuses(thrown, /stream_options|include_usage/))
      return this.#with({ asksUsage: false });
    // A server that refuses one name of the field as unknown, or for this model, knows the other.
    if (options.maxTokens !== undefined && !hasTriedLength && refuses(thrown, lengthFields[lengthField]))
      return this.#with({
        lengthField: lengthField === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens',
        hasTriedLength: true,
      });
    const shape = shapeAfter(messageShape, thrown);
    return shape ? this.#with({ messageShape: shape }) : null;
  }

  chatBody({ messages, tools }: LlmRequest): OpenAI.Chat.ChatCompletionCreateParamsStreaming {
    const { model, origin, options, extra } = this.#settings;
    const { effort, asksUsage, lengthField, messageShape } = this.#form;
    const { temperature, maxTokens, serviceTier, toolChoice } = options;
    const choice = tools.length > 0 ? choiceFor(toolChoice, messages) : undefined;
    const fields: Fields = {
      ...(asksUsage && { stream_options: { include_usage: true } }),
      ...(effort !== null && { reasoning_effort: effort }),
      ...(temperature !== undefined && { temperature }),
      ...(maxTokens !== undefined && { [lengthField]: maxTokens }),
      ...(serviceTier !== undefined && { service_tier: serviceTier }),
      ...(choice !== undefined && {
        tool_choice: typeof choice === 'string' ? choice : { type: 'function', function: choice },
      }),
      ...extra,
    };
    return {
      ...fields,
      model,
      messages: chatMessages(shaped(messages, messageShape), origin),
      // Servers refuse an empty list.
      ...(tools.length > 0 && { tools: chatTools(tools) }),
      stream: true,
    };
  }

  responsesBody({ messages, tools }: LlmRequest): OpenAI.Responses.ResponseCreateParamsStreaming {
    const { model, origin, options, extra } = this.#settings;
    const { effort, messageShape } = this.#form;
    const { temperature, maxTokens, serviceTier, toolChoice } = options;
    const choice = tools.length > 0 ? choiceFor(toolChoice, messages) : undefined;
    const fields: Fields = {
      ...(effort !== null && { reasoning: { effort } }),
      ...(temperature !== undefined && { temperature }),
      ...(maxTokens !== undefined && { max_output_tokens: maxTokens }),
      ...(serviceTier !== undefined && { service_tier: serviceTier }),
      ...(choice !== undefined && {
        tool_choice: typeof choice === 'string' ? choice : { type: 'function', ...choice },
      }),
      // Every request contains the whole conversation, so the server need not store it.
      store: false,
      ...extra,
    };
    return {
      ...fields,
      model,
      input: responsesInput(shaped(messages, messageShape), origin),
      ...(tools.length > 0 && { tools: responsesTools(tools) }),
      stream: true,
    };
  }

  #with(change: Partial<Form>): RequestForm {
    return new RequestForm(this.#settings, { ...this.#form, ...change });
  }
}

/** A forced call behind a tool's result would call the tool for ever. */
function choiceFor(
  choice: OpenAiOptions['toolChoice'],
  messages: readonly ChatMessage[],
): OpenAiOptions['toolChoice'] {
  const isForced = choice === 'required' || typeof choice === 'object';
  return isForced && messages.at(-1)?.role === 'tool' ? undefined : choice;
}

/** Whether the server refuses a field or its value. */
function refuses(thrown: unknown, field: RegExp): boolean {
  const { status, message, param } = thrown as {
    readonly status?: unknown;
    readonly message?: unknown;
    readonly param?: unknown;
  };
  if (status !== 400 && status !== 422) return false;
  return field.test(`${String(message)} ${String(param)}`);
}
