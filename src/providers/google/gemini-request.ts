/**
 * The body of a request.
 *
 * Sources: https://ai.google.dev/api/generate-content and …/api/caching#FunctionDeclaration
 */
import type { LlmRequest, ToolDefinition } from '../language-model.js';
import { Refusal } from './error-body.js';
import { geminiConversation, type Signatures } from './gemini-contents.js';
import {
  leastThinking,
  needsSignatures,
  thinkingAfter,
  type Thinking,
  type ThinkingLevel,
} from './known-models.js';
import { fieldsOf, type WireFields } from './wire-value.js';

/** Whether the model must, may or must not call tools; with `tool`, it must call this one. */
export type GoogleToolChoice = 'auto' | 'required' | 'validated' | 'none' | { readonly tool: string };

/** Gemini's own options of a request. */
export interface GeminiParameters {
  /** From 0 to 2. Gemini 3.5 Flash-Lite and later models ignore it. @default the model's, 1 */
  readonly temperature?: number;
  /** From 0 to 1. Gemini 3.5 Flash-Lite and later models ignore it. @default the model's, 0.95 */
  readonly topP?: number;
  /** The longest answer in tokens, reasoning included. @default the model's, 65536 */
  readonly maxTokens?: number;
  /** How much the model thinks, for Gemini 3 and later. @default the least that the model allows */
  readonly thinkingLevel?: ThinkingLevel;
  /** How many tokens the model may think, for Gemini 2.5; -1: as it likes. @default the least that the model allows */
  readonly thinkingBudget?: number;
  /** `validated`: it may call tools, and the arguments always match their schema. @default 'auto' */
  readonly toolChoice?: GoogleToolChoice;
  /** `priority` costs more and is never put off; `flex` costs less and may take minutes. @default 'standard' */
  readonly serviceTier?: 'standard' | 'priority' | 'flex';
  /** What the filters stop, by category. @default the service's */
  readonly safetySettings?: readonly { readonly category: string; readonly threshold: string }[];
  /** Any other fields of the request's body; objects are merged, also those within objects. @default {} */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Where the form of a request does not fit the model: how much to think, and which signatures to send. */
export interface RequestForm {
  readonly thinking: Thinking;
  readonly signatures: Signatures;
}

/** The form to try first. */
export function firstForm(model: string, { thinkingLevel, thinkingBudget }: GeminiParameters): RequestForm {
  const signatures = needsSignatures(model) ? 'own' : 'none';
  if (thinkingLevel !== undefined) return { thinking: { thinkingLevel }, signatures };
  if (thinkingBudget !== undefined) return { thinking: { thinkingBudget }, signatures };
  return { thinking: leastThinking(model), signatures };
}

/** The form to try after this one was refused; null if another form does not help. */
export function formAfter(
  form: RequestForm,
  thrown: unknown,
  { thinkingLevel, thinkingBudget }: GeminiParameters,
): RequestForm | null {
  if (!(thrown instanceof Refusal) || thrown.httpStatus !== 400) return null;
  // "Corrupted thought signature.", "Invalid signature.": those of another model or service.
  if (/signature/i.test(thrown.message))
    return form.signatures === 'placeholder' ? null : { ...form, signatures: 'placeholder' };
  if (!/\bthinking/i.test(thrown.message)) return null;
  // What the user asked for is not replaced.
  if (thinkingLevel !== undefined || thinkingBudget !== undefined) return null;
  const thinking = thinkingAfter(form.thinking);
  return thinking === 'none' ? null : { ...form, thinking };
}

/** The body of a request in this form. */
export function geminiBody(
  { messages, tools }: Pick<LlmRequest, 'messages' | 'tools'>,
  parameters: GeminiParameters,
  form: RequestForm,
  origin: string,
): WireFields {
  const { temperature, topP, maxTokens, toolChoice, serviceTier, safetySettings, extra = {} } = parameters;
  const generationConfig = {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
    ...(form.thinking && { thinkingConfig: thinkingConfig(form.thinking) }),
  };
  const body = {
    ...geminiConversation(messages, origin, form.signatures),
    ...(tools.length > 0 && { tools: [{ functionDeclarations: tools.map(declaration) }] }),
    // It is refused without tools.
    ...(tools.length > 0 &&
      toolChoice && { toolConfig: { functionCallingConfig: callingConfig(toolChoice) } }),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
    ...(safetySettings && { safetySettings }),
    ...(serviceTier && { serviceTier }),
  };
  return merged(body, extra);
}

function thinkingConfig(thinking: NonNullable<Thinking>): object {
  if ('thinkingBudget' in thinking) return thinking;
  return { thinkingLevel: thinking.thinkingLevel.toUpperCase() };
}

function callingConfig(choice: GoogleToolChoice): object {
  if (typeof choice === 'object') return { mode: 'ANY', allowedFunctionNames: [choice.tool] };
  return { mode: choice === 'required' ? 'ANY' : choice.toUpperCase() };
}

/**
 * A tool. `parametersJsonSchema` takes JSON Schema as it is, with `$ref` and `additionalProperties`; the older `parameters`
 * refuses the whole request for any keyword that it does not know. An object without properties is left out.
 *
 * Sources: googleapis/python-genai issue 1122; NousResearch/hermes-agent pull request 98928
 */
function declaration({ name, description, parameters }: ToolDefinition): object {
  // The dialect's name is no keyword.
  const schema = Object.fromEntries(Object.entries(parameters).filter(([key]) => key !== '$schema'));
  const properties = fieldsOf(schema.properties);
  const isEmpty =
    (!properties || Object.keys(properties).length === 0) &&
    Object.keys(schema).every((key) =>
      ['type', 'properties', 'required', 'additionalProperties'].includes(key),
    );
  return {
    name,
    ...(description !== '' && { description }),
    ...(!isEmpty && { parametersJsonSchema: { type: 'object', ...schema } }),
  };
}

/** Objects are merged, any other value replaces the former one. */
function merged(base: WireFields, added: WireFields): WireFields {
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(added)) {
    const former = fieldsOf(base[name]);
    const fields = fieldsOf(value);
    result[name] = former && fields ? merged(former, fields) : value;
  }
  return result;
}
