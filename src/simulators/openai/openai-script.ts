/** The types in which tests and drills script a simulated OpenAI: its answers and its faults. */
import type { ChatMessage, LanguageModel, ToolDefinition } from '../../providers/language-model.js';
import type { SimulatedAnswers } from '../vendor-simulator.js';

/** A parsed request, in the types of the language model contract. */
export interface OpenAiRequest {
  readonly api: 'chat' | 'responses';
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
  /** The raw body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The raw headers, without those that contain the key. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it came with a key. */
  readonly hasKey: boolean;
}

/** An answer with tool calls, or with another finish reason than `stop`. */
export interface OpenAiAnswer {
  readonly text?: string;
  readonly toolCalls?: readonly {
    readonly name: string;
    /** A string is sent unchanged, so that a test can send invalid JSON. */
    readonly arguments: Readonly<Record<string, unknown>> | string;
    /** @default a new one */
    readonly id?: string;
  }[];
  /** `error`: the server fails at the end. @default `tool_calls` or `stop` */
  readonly finishReason?: 'length' | 'content_filter' | 'error';
}

/** A recorded response, replayed unchanged: server-sent events, with lines `#wait 200` (ms) and, first, `#status 400`. */
export interface OpenAiRecording {
  readonly sse: string;
}

type AnyAnswer = string | OpenAiAnswer | OpenAiRecording;

export type OpenAiAnswers = (request: OpenAiRequest) => AnyAnswer | Promise<AnyAnswer>;

/** A fault of one request. */
export type OpenAiFault =
  /** The connection is reset after the request has arrived. (To refuse connections, close the simulator.) */
  | { readonly fault: 'reset' }
  /** An HTTP error, in OpenAI's wording or with another body. */
  | {
      readonly fault: 'status';
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly retryAfter?: string;
      /** Sent in place of OpenAI's wording; objects as JSON. */
      readonly body?: string | object;
    }
  /** No headers arrive. */
  | { readonly fault: 'no_headers' }
  /** An HTML page from a proxy or a wrong host, with status 200. */
  | { readonly fault: 'html' }
  /**
   * After `afterTokens` tokens the connection breaks; goes silent but stays open; ends without an error; delivers half a JSON
   * object; reports an error; or the content filter stops the answer.
   */
  | {
      readonly fault: 'drop' | 'stall' | 'truncate' | 'garbage' | 'error_event' | 'content_filter';
      readonly afterTokens: number;
    }
  /** The answer is complete, but the stream does not end. */
  | { readonly fault: 'never_ends' }
  /** The answer arrives in pieces of `bytes`, which may cut a message or a character. */
  | { readonly fault: 'slow_drip'; readonly bytes: number; readonly everyMs: number };

/** Answers each request with a language model. */
export function answersOf(model: LanguageModel): SimulatedAnswers {
  return async ({ messages, tools }) => {
    let text = '';
    const toolCalls = [];
    for await (const event of model.generate({ messages, tools, signal: new AbortController().signal })) {
      if (event.type === 'token') text += event.text;
      else if (event.type === 'tool_call') toolCalls.push(event.call);
    }
    return { text, toolCalls };
  };
}
