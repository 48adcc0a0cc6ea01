import type { Clock } from '../../core/clock.js';
import type { MessageShape } from './message-shape.js';
import type { ServiceTraits } from './service-traits.js';

export interface OpenAiOptions {
  /** Never shown; for servers without keys any text will do. */
  readonly apiKey: string;
  /** @default 'gpt-6-luna' */
  readonly model?: string;
  /**
   * The API's address, version included. Any compatible server works, for example Ollama's `http://localhost:11434/v1`,
   * or a deployment at Azure with its `?api-version=`.
   * @default 'https://api.openai.com/v1'
   */
  readonly baseUrl?: string;
  /**
   * Chat completions, which every compatible server has, or OpenAI's Responses API.
   * @default 'chat'
   */
  readonly api?: 'chat' | 'responses';
  /** Sampling temperature; many reasoning models refuse it. @default the server's */
  readonly temperature?: number;
  /** The maximum length of an answer in tokens, reasoning included. @default the server's */
  readonly maxTokens?: number;
  /**
   * How much the model may reason before it answers, for example `none`, `minimal`, `low`, `medium`, `high`.
   * @default the lowest of OpenAI's own models; nothing is sent for others
   */
  readonly reasoningEffort?: string;
  /** The class of processing, for example `priority` or `flex`. @default the account's */
  readonly serviceTier?: string;
  /**
   * Which tools the model may call. `required` and a tool's name are not sent behind a tool's result, or the model could never
   * answer.
   * @default 'auto'
   */
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string };
  /** Headers added to every request. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Any other fields, added to every request unchanged; they take precedence over the options above. @default {} */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** An older name of `extra`, whose fields take precedence. @default {} */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /**
   * The form of the conversation: `open`: unchanged; `strict`: one system message, then user and assistant alternate;
   * `plain`: the same without system and tool messages. For chat templates that accept no other form.
   * @default 'open', and a stricter form after the first refusal
   */
  readonly messageShape?: MessageShape;
  /**
   * Whether the chat template opens the reasoning itself, so that the answer's text begins inside it and has only the
   * closing tag. `true` holds text back until that tag, or until the answer's end if it has none.
   * @default guessed from the model's name and corrected by its answers
   */
  readonly opensInReasoning?: boolean;
  /**
   * Longest wait from the request to the first text, reasoning or tool call, in milliseconds. The server's keep-alives
   * restart it, for at most 30 s.
   * @default 8000
   */
  readonly firstTokenTimeoutMs?: number;
  /** Longest silence in the middle of an answer, in milliseconds. @default 4000 */
  readonly tokenTimeoutMs?: number;
  /** How the service differs from OpenAI's. @default OpenAI's own */
  readonly service?: ServiceTraits;
  /** For logs, metrics and errors. @default 'openai' */
  readonly name?: string;
  /** @default the machine's clock */
  readonly clock?: Clock;
}
