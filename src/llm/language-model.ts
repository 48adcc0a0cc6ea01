/** Language models: a conversation goes in, text comes out token by token, with tool calls in between. */
import type { OnIncident } from '../events/provider-incident.js';

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
}

/** The conversation so far. Assistant messages hold what the caller heard, not what was generated. */
export type ChatMessage =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly content: string };

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface LlmRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
  /** Aborting stops generation and frees the connection; the iterator then ends or throws. */
  readonly signal: AbortSignal;
  /** Hears what a supervisor does about failures; plain providers leave it alone. */
  readonly onIncident?: OnIncident;
  /**
   * Told of every piece of an answer that arrives, be it an event yet or not: a tool call may take long to be written.
   * Providers whose events come as they are written leave it alone.
   */
  readonly onProgress?: () => void;
}

export type LlmEvent =
  | { readonly type: 'token'; readonly text: string }
  | { readonly type: 'tool_call'; readonly call: ToolCall }
  /** Last event. `endCall`: the model wants to hang up once its answer has been played. */
  | {
      readonly type: 'done';
      readonly finishReason: 'stop' | 'tool_calls' | 'length';
      readonly endCall?: boolean;
    };

export interface LanguageModel {
  readonly name: string;
  warmUp?(): Promise<void>;
  /** One cheap authenticated request that costs nothing. Rejects with a ProviderError where the provider cannot be used. */
  probe?(signal: AbortSignal): Promise<void>;
  /** Starts one generation when iterated. Throws a ProviderError where it fails. */
  generate(request: LlmRequest): AsyncIterable<LlmEvent>;
  close?(): Promise<void>;
}
