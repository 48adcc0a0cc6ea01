import type { LlmRequest, ToolDefinition } from '../language-model.js';
import { HttpRefusal } from './answer-error.js';
import type { ContentBlock } from './anthropic-messages.js';
import { wireConversation, type WireMessage } from './conversation.js';
import { thinkingOffAfter, thinkingOffOf, type ThinkingOff } from './known-models.js';

export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** The options of a request's body. */
export interface RequestOptions {
  readonly model: string;
  /**
   * Longest answer in tokens, thinking included, but not that of a fixed budget. @default 4096
   */
  readonly maxTokens?: number | undefined;
  /** Models from Claude 4.7 on refuse it. */
  readonly temperature?: number | undefined;
  /** Models from Claude 4.7 on refuse it. */
  readonly topP?: number | undefined;
  /**
   * How much the model thinks before it answers: an effort, or a budget in tokens, at least 1024, for models before Claude
   * 4.6. Models that cannot do without thinking get the lowest effort in place of `off`.
   * @default 'off'
   */
  readonly reasoning?: 'off' | Effort | number | undefined;
  readonly serviceTier?: 'auto' | 'standard_only' | undefined;
  /**
   * Whether the model must use a tool. `any` and a name hold until the first result of a turn, as the model could not answer
   * otherwise. Some models refuse them.
   * @default 'auto'
   */
  readonly toolChoice?: 'auto' | 'any' | 'none' | { readonly name: string } | undefined;
  /** Whether the service caches the prompt, the tools and the conversation for five minutes. @default true */
  readonly promptCaching?: boolean | undefined;
  /** Fields added to every request unchanged, for example `{ top_k: 40 }`. @default {} */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

/** A request's body. */
export interface RequestBody {
  readonly model: string;
  readonly messages: readonly WireMessage[];
  readonly [field: string]: unknown;
}

const defaultMaxTokens = 4096;
const cached = { cache_control: { type: 'ephemeral' } } as const;
const samplingFields = ['temperature', 'top_p', 'top_k'];

/**
 * The form of requests to one model: how it is asked not to think. Immutable; {@link after} gives the form to try after a
 * refusal.
 */
export class RequestForm {
  readonly #options: RequestOptions;
  readonly #origin: string;
  readonly #off: ThinkingOff;

  /** `origin`: of the server, which gets its own thinking back. */
  constructor(options: RequestOptions, origin: string, off: ThinkingOff = thinkingOffOf(options.model)) {
    this.#options = options;
    this.#origin = origin;
    this.#off = off;
  }

  /** The form to try after the server refused this one; null if another form does not help. */
  after(thrown: unknown): RequestForm | null {
    const { reasoning = 'off', extra = {} } = this.#options;
    if (reasoning !== 'off' || 'thinking' in extra || !refusesThinking(thrown)) return null;
    const next = thinkingOffAfter(this.#off);
    return next && new RequestForm(this.#options, this.#origin, next);
  }

  /** The form for a model that the service describes like this. */
  for(types: { readonly disabled: boolean; readonly betweenTools: boolean }): RequestForm {
    if (this.#off === 'unsaid') return this;
    const off = types.disabled ? 'disabled' : types.betweenTools ? 'between_tools' : 'least';
    return new RequestForm(this.#options, this.#origin, off);
  }

  body({ messages, tools }: Pick<LlmRequest, 'messages' | 'tools'>): RequestBody {
    const { model, maxTokens = defaultMaxTokens, temperature, topP, serviceTier, extra } = this.#options;
    const { promptCaching = true } = this.#options;
    const conversation = wireConversation(messages, { origin: this.#origin, model });
    const { system } = conversation;
    const marks = promptCaching ? cached : {};
    return {
      max_tokens: maxTokens,
      ...(temperature !== undefined && { temperature }),
      ...(topP !== undefined && { top_p: topP }),
      ...(serviceTier !== undefined && { service_tier: serviceTier }),
      ...this.#thinking(maxTokens, conversation.canThink),
      ...(system !== '' && { system: [{ type: 'text', text: system, ...marks }] }),
      ...(tools.length > 0 && {
        tools: tools.map((tool, index) => ({ ...wireTool(tool), ...(index === tools.length - 1 && marks) })),
        ...this.#toolChoice(tools, messages.at(-1)?.role === 'tool'),
      }),
      ...extra,
      model,
      messages: promptCaching ? withCacheMark(conversation.messages) : conversation.messages,
      stream: true,
    };
  }

  #thinking(maxTokens: number, canThink: boolean): Readonly<Record<string, unknown>> {
    const { reasoning = 'off' } = this.#options;
    if (typeof reasoning === 'number')
      return canThink
        ? { thinking: { type: 'enabled', budget_tokens: reasoning }, max_tokens: maxTokens + reasoning }
        : {};
    if (reasoning !== 'off')
      // Without the summary nothing would come while the model thinks, as if it had stalled.
      return { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: reasoning } };
    switch (this.#off) {
      case 'least':
        return { output_config: { effort: 'low' } };
      case 'unsaid':
        return {};
      default:
        return { thinking: { type: this.#off } };
    }
  }

  #toolChoice(tools: readonly ToolDefinition[], isAfterResult: boolean): Readonly<Record<string, unknown>> {
    const { toolChoice = 'auto' } = this.#options;
    if (toolChoice === 'auto') return {};
    if (toolChoice === 'none') return { tool_choice: { type: 'none' } };
    if (isAfterResult) return {};
    if (toolChoice === 'any') return { tool_choice: { type: 'any' } };
    const { name } = toolChoice;
    return tools.some((tool) => tool.name === name) ? { tool_choice: { type: 'tool', name } } : {};
  }
}

/**
 * The version of the API for this body: the current one has no sampling fields.
 *
 * Source: https://platform.claude.com/docs/en/api/migration-2026-10-21
 */
export function versionFor(body: RequestBody): string {
  return samplingFields.some((field) => field in body) ? '2023-06-01' : '2026-10-21';
}

/** The request that lets the service continue an answer that it paused. */
export function continued(body: RequestBody, content: readonly ContentBlock[]): RequestBody {
  return { ...body, messages: [...body.messages, { role: 'assistant', content }] };
}

function wireTool({ name, description, parameters }: ToolDefinition): Readonly<Record<string, unknown>> {
  return {
    name,
    ...(description !== '' && { description }),
    input_schema: parameters,
  };
}

/**
 * Marks the end of what later requests repeat: the results of tools, else the message before the caller's last words, which
 * may still grow.
 */
function withCacheMark(messages: readonly WireMessage[]): readonly WireMessage[] {
  const hasResults = messages.at(-1)?.content.at(-1)?.type === 'tool_result';
  const marked = messages.length - (hasResults ? 1 : 2);
  return messages.map((message, index) => {
    const { content } = message;
    const last = content.at(-1);
    // Thinking takes no mark.
    const canMark = last && ['text', 'tool_use', 'tool_result'].includes(last.type);
    return index === marked && canMark
      ? { ...message, content: [...content.slice(0, -1), { ...last, ...cached }] }
      : message;
  });
}

/** Whether the server refuses the field, as opposed to the thinking in a message. */
function refusesThinking(thrown: unknown): boolean {
  if (!(thrown instanceof HttpRefusal) || (thrown.status !== 400 && thrown.status !== 422)) return false;
  return /thinking\.type|\bthinking: |\bbetween_tools\b|\boutput_config\b|\beffort\b/.test(thrown.message);
}
