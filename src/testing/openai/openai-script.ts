/** What a simulated OpenAI says and how it fails: the words in which tests and drills write their scripts. */
import type { ChatMessage, LanguageModel, ToolDefinition } from '../../llm/language-model.js';

/** A request as the simulator understood it, in the terms of the language model's contract. */
export interface OpenAiRequest {
  readonly api: 'chat' | 'responses';
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
  /** The body as it came. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** An answer with tool calls, or one that ends for another reason than that everything was said. */
export interface OpenAiAnswer {
  readonly text?: string;
  readonly toolCalls?: readonly {
    readonly name: string;
    /** A string is sent as it is, so that a model's bad JSON can be played too. */
    readonly arguments: Readonly<Record<string, unknown>> | string;
    /** @default a new one */
    readonly id?: string;
  }[];
  /** @default what fits the rest */
  readonly finishReason?: 'length' | 'content_filter';
}

export type OpenAiAnswers = (
  request: OpenAiRequest,
) => string | OpenAiAnswer | Promise<string | OpenAiAnswer>;

/** One way for one request to fail. */
export type OpenAiFault =
  /** The connection is reset when the request has come. (To have it refused, close the simulator.) */
  | { readonly fault: 'reset' }
  /** An HTTP error as OpenAI words it. */
  | {
      readonly fault: 'status';
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly retryAfter?: string;
    }
  /** Not even headers come. */
  | { readonly fault: 'no_headers' }
  /** A page of a proxy or a wrong host, with status 200. */
  | { readonly fault: 'html' }
  /**
   * After that many tokens the connection breaks; falls silent but stays open; ends as if all were well; brings half a
   * JSON object; reports an error; or the content filter stops the answer.
   */
  | {
      readonly fault: 'drop' | 'stall' | 'truncate' | 'garbage' | 'error_event' | 'content_filter';
      readonly afterTokens: number;
    }
  /** The answer is complete, but the stream is not ended. */
  | { readonly fault: 'never_ends' }
  /** So many bytes come at a time, wherever that cuts a message or a character. */
  | { readonly fault: 'slow_drip'; readonly bytes: number; readonly everyMs: number };

/** Puts a language model behind the wire: it is asked with each request's messages and tools. */
export function answersOf(model: LanguageModel): OpenAiAnswers {
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
