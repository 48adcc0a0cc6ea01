/**
 * Converts a conversation to Gemini's `contents`.
 *
 * What Gemini requires: only the roles user and model; a user first, since a call turn must follow a user's or a response
 * turn; never a model last (since Gemini 3.5 Flash-Lite); all responses of a call turn together behind it; a signature on
 * the first call of each turn; no part without data.
 *
 * Sources: https://ai.google.dev/gemini-api/docs/function-calling and …/thought-signatures; google-gemini/gemini-cli issue
 * 11814; crewAIInc/crewAI pull request 6973; the page of Gemini 3.5 Flash-Lite
 */
import type { ChatMessage, ToolCall } from '../language-model.js';
import type { CallExtra } from './gemini-answer.js';
import { fieldsOf, parsedJson } from './wire-value.js';

export interface WirePart {
  readonly text?: string;
  readonly functionCall?: { readonly id: string; readonly name: string; readonly args: object };
  readonly functionResponse?: { readonly id: string; readonly name: string; readonly response: object };
  readonly thoughtSignature?: string;
}

export interface WireContent {
  readonly role: 'user' | 'model';
  readonly parts: WirePart[];
}

export interface WireConversation {
  readonly systemInstruction?: { readonly parts: readonly { readonly text: string }[] };
  readonly contents: readonly WireContent[];
}

/**
 * Which signatures go back: `own`: those of this service, and a placeholder where one is needed and none is known;
 * `placeholder`: only placeholders, after the service refused its own (they belong to another model); `none`: own ones only.
 */
export type Signatures = 'own' | 'placeholder' | 'none';

/** Switches the check off, for calls that another model made. Source: the FAQ of …/thought-signatures */
export const signaturePlaceholder = 'skip_thought_signature_validator';

/** A first user message, when the caller has not spoken yet. */
const callBegins = '(The caller is on the line.)';
const goOn = '(Please go on.)';

/** The conversation in Gemini's form. Signatures go back only to `origin`, the service that made them. */
export function geminiConversation(
  messages: readonly ChatMessage[],
  origin: string,
  signatures: Signatures,
): WireConversation {
  const first = messages.findIndex(({ role }) => role !== 'system');
  const begin = first < 0 ? messages.length : first;
  const prompt = messages
    .slice(0, begin)
    .map(({ content }) => content)
    .filter((text) => text !== '')
    .join('\n\n');
  const writer = new ContentsWriter(origin, signatures);
  for (const message of messages.slice(begin)) writer.add(message);
  return {
    ...(prompt !== '' && { systemInstruction: { parts: [{ text: prompt }] } }),
    contents: writer.finished(),
  };
}

class ContentsWriter {
  readonly #contents: WireContent[] = [];
  readonly #origin: string;
  readonly #signatures: Signatures;
  /** Calls of the last content whose responses are still to come. */
  #open: ToolCall[] = [];
  #responses = new Map<string, string>();

  constructor(origin: string, signatures: Signatures) {
    this.#origin = origin;
    this.#signatures = signatures;
  }

  add(message: ChatMessage): void {
    if (message.role === 'tool') {
      if (this.#open.some(({ id }) => id === message.toolCallId)) {
        this.#responses.set(message.toolCallId, message.content);
        return;
      }
      this.#answerCalls();
      this.#add('user', [{ text: `(A tool's result: ${message.content})` }]);
      return;
    }
    this.#answerCalls();
    if (message.role === 'assistant') this.#addAnswer(message.content, message.toolCalls ?? []);
    // A system message in the middle becomes a user message in the same place.
    else this.#add('user', texts(message.role === 'system' ? `(${message.content})` : message.content));
  }

  finished(): readonly WireContent[] {
    this.#answerCalls();
    const last = this.#contents.at(-1);
    if (last?.role !== 'user') this.#add('user', [{ text: last ? goOn : callBegins }]);
    return this.#contents;
  }

  #addAnswer(content: string, calls: readonly ToolCall[]): void {
    const parts = [
      ...this.#said(content, calls[0]),
      ...calls.map((call, index) => this.#call(call, index === 0)),
    ];
    if (parts.length === 0) return;
    if (this.#contents.length === 0) this.#add('user', [{ text: callBegins }]);
    this.#add('model', parts);
    this.#open = [...calls];
  }

  /** The text, with its signature if it was not cut. */
  #said(content: string, call: ToolCall | undefined): WirePart[] {
    const signed = call && this.#extraOf(call).signedText;
    const isWhole = signed?.text === content && this.#signatures !== 'placeholder';
    return texts(content).map((part) =>
      isWhole ? { ...part, thoughtSignature: signed.thoughtSignature } : part,
    );
  }

  #call(call: ToolCall, isFirst: boolean): WirePart {
    const { id, name, arguments: written } = call;
    const own = this.#signatures === 'placeholder' ? undefined : this.#extraOf(call).thoughtSignature;
    const placeholder = isFirst && this.#signatures !== 'none' ? signaturePlaceholder : undefined;
    const thoughtSignature = own ?? placeholder;
    return {
      functionCall: { id, name, args: fieldsOf(parsedJson(written)) ?? {} },
      ...(thoughtSignature !== undefined && { thoughtSignature }),
    };
  }

  #extraOf({ extra }: ToolCall): CallExtra {
    return extra?.origin === this.#origin ? extra.call : {};
  }

  /** Adds the responses to the open calls, all in one content. A call without a response gets one that says so. */
  #answerCalls(): void {
    if (this.#open.length === 0) return;
    const parts = this.#open.map(({ id, name }): WirePart => {
      const content = this.#responses.get(id);
      const response =
        content === undefined
          ? { error: 'The call has no result.' }
          : { output: parsedJson(content) ?? content };
      return { functionResponse: { id, name, response } };
    });
    this.#open = [];
    this.#responses = new Map();
    this.#contents.push({ role: 'user', parts });
  }

  /** Joins texts of the same role. Responses stay alone: their number must be that of the calls. */
  #add(role: 'user' | 'model', parts: WirePart[]): void {
    if (parts.length === 0) return;
    const last = this.#contents.at(-1);
    if (last?.role === role && last.parts.every(({ text }) => text !== undefined)) last.parts.push(...parts);
    else this.#contents.push({ role, parts });
  }
}

function texts(text: string): WirePart[] {
  return text === '' ? [] : [{ text }];
}
