/** The types in which tests and drills script a simulated Anthropic: its answers and its faults. */
import type { ModelFault, SimulatedAnswer, SimulatedRequest } from '../vendor-simulator.js';

/** A parsed request. */
export interface AnthropicRequest extends SimulatedRequest {
  /** The raw body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The raw headers, without the one that contains the key. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer with another stop reason than `end_turn` and `tool_use`. */
export interface AnthropicAnswer extends SimulatedAnswer {
  /** `pause_turn`: the service's own tools need another request with this answer in it. */
  readonly stopReason?:
    'max_tokens' | 'stop_sequence' | 'refusal' | 'pause_turn' | 'model_context_window_exceeded';
}

export type AnthropicAnswers = (
  request: AnthropicRequest,
) => string | AnthropicAnswer | Promise<string | AnthropicAnswer>;

/** A fault of one request. */
export type AnthropicFault =
  | Exclude<ModelFault, { readonly fault: 'status' }>
  /** An HTTP error, in the service's wording or with another type, other words or a code. */
  | {
      readonly fault: 'status';
      readonly status: number;
      readonly retryAfter?: string;
      readonly type?: string;
      readonly message?: string;
      readonly code?: string;
    }
  /** After `afterTokens` tokens an `error` event of this type. @default 'overloaded_error' */
  | { readonly fault: 'error_event'; readonly afterTokens: number; readonly type?: string }
  /** No headers arrive. */
  | { readonly fault: 'no_headers' }
  /** An HTML page from a proxy or a wrong host, with status 200. */
  | { readonly fault: 'html' }
  /** The answer is complete, but the stream does not end. */
  | { readonly fault: 'never_ends' };
