/**
 * Reads the messages of a streamed answer. Every field is optional on the wire: proto3 leaves out what is empty.
 *
 * Sources: https://ai.google.dev/api/generate-content, and the types of `@google/genai` 2.32.0
 */
import { countOf, fieldsOf, listOf, textOf, type WireFields } from './wire-value.js';

/** A part of the answer. */
export type GooglePart =
  /** `isThought`: a summary of the model's reasoning. A text may be empty and carry only the signature. */
  | { readonly type: 'text'; readonly text: string; readonly isThought: boolean; readonly signature: string }
  | {
      readonly type: 'call';
      /** Empty where the model gives none, as Gemini 2.5 does. */
      readonly id: string;
      readonly name: string;
      /** JSON text. */
      readonly arguments: string;
      readonly signature: string;
    }
  | { readonly type: 'unknown' };

/** Tokens of a request so far. The figures of later messages replace those of earlier ones. */
export interface GoogleUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  /** Reasoning included. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** One message of the stream. */
export interface GoogleMessage {
  readonly parts: readonly GooglePart[];
  /** Empty until the answer ends. */
  readonly finishReason: string;
  /** Says more about the finish reason; mostly empty. */
  readonly finishMessage: string;
  /** Why the conversation was not answered; empty if it was. */
  readonly blockReason: string;
  readonly usage: GoogleUsage | null;
  readonly responseId: string;
  /** An error in the middle of the stream. */
  readonly error: WireFields | null;
  /** Whether it has any field of this API. */
  readonly isKnown: boolean;
}

const knownFields = ['candidates', 'promptFeedback', 'usageMetadata', 'modelVersion', 'responseId', 'error'];

/** Reads one message; null if the value is not an object. Errors also come as a list of one. */
export function googleMessage(value: unknown): GoogleMessage | null {
  const fields = fieldsOf(listOf(value)[0] ?? value);
  if (!fields) return null;
  // Other candidates than the first come only if they were asked for.
  const candidate = fieldsOf(listOf(fields.candidates)[0]);
  const content = fieldsOf(candidate?.content);
  const reason = textOf(candidate?.finishReason);
  return {
    parts: listOf(content?.parts).map(partOf),
    finishReason: reason === 'FINISH_REASON_UNSPECIFIED' ? '' : reason,
    finishMessage: textOf(candidate?.finishMessage),
    blockReason: textOf(fieldsOf(fields.promptFeedback)?.blockReason),
    usage: usageOf(fieldsOf(fields.usageMetadata)),
    responseId: textOf(fields.responseId),
    error: fieldsOf(fields.error),
    isKnown: knownFields.some((name) => name in fields),
  };
}

function partOf(value: unknown): GooglePart {
  const part = fieldsOf(value);
  if (!part) return { type: 'unknown' };
  const signature = textOf(part.thoughtSignature);
  const call = fieldsOf(part.functionCall);
  if (call) {
    const args = fieldsOf(call.args);
    const written = args ? JSON.stringify(args) : '{}';
    return { type: 'call', id: textOf(call.id), name: textOf(call.name), arguments: written, signature };
  }
  if (typeof part.text !== 'string' && signature === '') return { type: 'unknown' };
  return { type: 'text', text: textOf(part.text), isThought: part.thought === true, signature };
}

/** Null for a report without any count: the first messages of some models have only the kind of traffic. */
function usageOf(usage: WireFields | null): GoogleUsage | null {
  if (typeof usage?.promptTokenCount !== 'number') return null;
  const reasoningTokens = countOf(usage.thoughtsTokenCount);
  return {
    inputTokens: countOf(usage.promptTokenCount) + countOf(usage.toolUsePromptTokenCount),
    cachedInputTokens: countOf(usage.cachedContentTokenCount),
    outputTokens: countOf(usage.candidatesTokenCount) + reasoningTokens,
    reasoningTokens,
  };
}
