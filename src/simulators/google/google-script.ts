/** The types in which tests and drills script a simulated Gemini: its answers and its faults. */
import type { ModelFault, SimulatedAnswer, SimulatedRequest } from '../vendor-simulator.js';

/** A parsed request. */
export interface GoogleRequest extends SimulatedRequest {
  /** The raw body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The raw headers, without the key. */
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer; `finishReason` is Gemini's word. */
export interface GoogleAnswer extends SimulatedAnswer {
  /** @default 'STOP' */
  readonly finishReason?: string;
  /** Explains the finish reason. */
  readonly finishMessage?: string;
  /** The conversation is refused with this reason, and nothing is answered. */
  readonly blockReason?: string;
}

export type GoogleAnswers = (
  request: GoogleRequest,
) => string | GoogleAnswer | Promise<string | GoogleAnswer>;

/** A fault of one request. */
export type GoogleFault =
  | Exclude<ModelFault, { readonly fault: 'status' }>
  /** An HTTP error, in Google's wording or with another body; objects are sent as JSON. */
  | {
      readonly fault: 'status';
      readonly status: number;
      readonly retryAfter?: string;
      readonly body?: string | object;
    }
  /** No headers arrive. */
  | { readonly fault: 'no_headers' }
  /** A web page from a proxy or a wrong host, with status 200. */
  | { readonly fault: 'html' }
  /** After `afterTokens` tokens the service reports an error, as an event or as JSON in lines of its own. */
  | { readonly fault: 'error_event' | 'bare_error'; readonly afterTokens: number; readonly status?: number }
  /** The answer is complete, but the stream does not end. */
  | { readonly fault: 'never_ends' };
