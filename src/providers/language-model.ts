/** Language models: a conversation goes in, text comes out token by token, with tool calls in between. */
import type { OnIncident } from '../events/provider-incident.js';
import type { ProviderNotice } from '../events/provider-notice.js';
import type { LlmUsage, OnUsage } from '../metrics/provider-usage.js';

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text, as the model wrote it. */
  readonly arguments: string;
  /**
   * Other fields of the call and of its function that the server expects back unchanged, for example a thought
   * signature. They are sent only to the server named by `origin`.
   */
  readonly extra?: {
    readonly origin: string;
    readonly call: Readonly<Record<string, unknown>>;
    readonly function: Readonly<Record<string, unknown>>;
  };
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

/** A piece of the answer, or only proof that the server is still working on it. */
export type SignOfLife = 'answer' | 'keep_alive';

export interface LlmRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
  /** Aborting stops generation and frees the connection; the iterator then ends or throws. */
  readonly signal: AbortSignal;
  /** Called with what a supervisor does about failures. A plain provider reports only its request ids and warnings. */
  readonly onIncident?: OnIncident;
  /**
   * Called once for each request that reached the vendor, with what it used; also when the answer was cut or failed, and
   * then possibly after the signal has aborted. Comes before the iteration ends.
   */
  readonly onUsage?: OnUsage<LlmUsage>;
  /**
   * Called on every sign of life, even if there is no event yet: a piece of the answer (a tool call may take long to
   * write) or a keep-alive. Providers that emit each piece as an event at once need not call it.
   */
  readonly onProgress?: (sign: SignOfLife) => void;
  /**
   * Whether a voice can speak any part of this text. A supervisor treats an answer without speakable text as failed.
   * @default text that is not blank
   */
  readonly isSpeakable?: (text: string) => boolean;
  /** Whether an answer without words is acceptable, for example after a tool call. @default false */
  readonly maySayNothing?: boolean;
}

export type LlmEvent =
  | { readonly type: 'token'; readonly text: string }
  /**
   * The model's reasoning: a sign of life, never spoken and never kept. `soFar`: all text given until now was reasoning
   * too; the answer begins after this event.
   */
  | { readonly type: 'reasoning'; readonly text: string; readonly soFar?: true }
  | { readonly type: 'tool_call'; readonly call: ToolCall }
  /** Last event. `endCall`: the model wants to hang up once its answer has been played. */
  | {
      readonly type: 'done';
      readonly finishReason: 'stop' | 'tool_calls' | 'length';
      readonly endCall?: boolean;
    };

export interface LanguageModel {
  readonly name: string;
  /** The model that it uses; distinguishes providers of the same name in events. */
  readonly model?: string;
  /**
   * Whether it may be asked before the caller's turn is certain; the answer is dropped if the caller goes on. Only if
   * asking has no effects. @default false
   */
  readonly speculative?: boolean;
  /** The longest time to its first sign of an answer, in milliseconds; a supervisor waits this long. */
  readonly firstTokenTimeoutMs?: number | undefined;
  /** The longest silence in the middle of an answer, in milliseconds; a supervisor waits this long. */
  readonly tokenTimeoutMs?: number | undefined;
  /** Loads what the first call needs. Resolves with notices, if any; rejects as `probe` does. */
  warmUp?(): Promise<void> | Promise<readonly ProviderNotice[]>;
  /**
   * Checks the provider with authenticated requests that cost nothing. Resolves with notices, if any. Rejects with a
   * ProviderError if the provider cannot be used.
   */
  probe?(signal: AbortSignal): Promise<void> | Promise<readonly ProviderNotice[]>;
  /**
   * The caller has begun to speak, so a request is likely within seconds: opens a connection unless one is open. Never throws
   * and never waits. Models without connections leave it out.
   */
  preconnect?(): void;
  /** Starts one generation when iterated. Throws a ProviderError if it fails. */
  generate(request: LlmRequest): AsyncIterable<LlmEvent>;
  /** Frees what its requests share. Idempotent. */
  close?(): Promise<void>;
}
