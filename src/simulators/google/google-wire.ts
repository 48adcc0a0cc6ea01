/**
 * Answers in the server-sent events of `streamGenerateContent`, in all shapes that were seen.
 *
 * Source: https://ai.google.dev/api/generate-content and the recordings that `google-manners.ts` names
 */
import type { BilledOf } from '../vendor-simulator.js';
import type { GoogleManner } from './google-manners.js';
import type { GoogleAnswer } from './google-script.js';

type Usage = BilledOf['llm'];

/** What the service sends at one time. */
export interface GoogleStep {
  /** One or several events. */
  readonly sse: string;
  /** Pieces of text, thoughts or calls in it. */
  readonly pieces: number;
  /** The counts that it reports; null if it reports none. */
  readonly usage: Usage | null;
}

/** An answer, split into steps of one token or one call. */
export interface GoogleWireAnswer {
  readonly steps: readonly GoogleStep[];
  /** Follows directly after the last step and ends the answer. */
  readonly closing: GoogleStep;
  /** The signatures that came with the calls, by the calls' ids. */
  readonly signed: ReadonlyMap<string, string>;
}

export interface GoogleWireOptions {
  readonly model: string;
  /** Unique for each answer. */
  readonly id: string;
  readonly manner: GoogleManner;
  /** Tokens of the request. */
  readonly promptTokens: number;
  /** Whether calls are signed. */
  readonly signs: boolean;
}

const cachedTokens = 4;
const toolUseTokens = 65;
const thoughts = ['**Planning the reply**\n\n', 'I weigh what the caller asked.\n\n\n'];

/** Splits a text into tokens of a model's usual length; joined they are the text. */
export function googleTokens(text: string): string[] {
  return text.match(/\s*[\p{L}\p{M}\p{N}]{1,8}|\s*[^\s\p{L}\p{M}\p{N}]|\s+/gu) ?? [];
}

/** An error in the middle of a stream. */
export function errorEvent(status: number, isBare: boolean): string {
  const error = {
    code: status,
    message: 'The model is overloaded. Please try again later.',
    status: status === 503 ? 'UNAVAILABLE' : 'INTERNAL',
  };
  return isBare ? `${JSON.stringify({ error }, null, 2)}\n` : `data: ${JSON.stringify({ error })}\r\n\r\n`;
}

/** The events of an answer. */
export function googleWire(answer: GoogleAnswer, options: GoogleWireOptions): GoogleWireAnswer {
  return new AnswerWriter(answer, options).write();
}

class AnswerWriter {
  readonly #answer: GoogleAnswer;
  readonly #options: GoogleWireOptions;
  readonly #signed = new Map<string, string>();
  #outputTokens = 0;
  #thoughtTokens = 0;

  constructor(answer: GoogleAnswer, options: GoogleWireOptions) {
    this.#answer = answer;
    this.#options = options;
  }

  write(): GoogleWireAnswer {
    const { manner, signs, id } = this.#options;
    const { text = '', blockReason, finishReason = 'STOP', finishMessage } = this.#answer;
    if (blockReason !== undefined) {
      const closing = this.#step({ promptFeedback: { blockReason } }, 0);
      return { steps: [], closing, signed: this.#signed };
    }
    const end = { finishReason, ...(finishMessage !== undefined && { finishMessage }) };
    const steps: GoogleStep[] = [];
    if (manner === 'usage_alone') steps.push(this.#step({}, 0));
    if (manner === 'thoughts')
      for (const thought of thoughts) {
        this.#thoughtTokens += googleTokens(thought).length;
        steps.push(this.#candidate([{ text: thought, thought: true }]));
      }
    const tokens = googleTokens(text);
    const calls = this.#calls();
    const lastText = manner === 'end_in_text' && calls.length === 0 ? tokens.pop() : undefined;
    for (const token of tokens) {
      this.#outputTokens++;
      steps.push(this.#candidate(this.#odd([{ text: token }]), manner === 'end_in_each' ? end : {}));
    }
    if (manner === 'calls_together' && calls.length > 0) {
      this.#outputTokens += calls.length * 5;
      return this.#written(steps, this.#candidate(calls, end, true));
    }
    for (const call of calls) {
      this.#outputTokens += 5;
      steps.push(this.#candidate(this.#odd([call])));
    }
    const signature = signs && calls.length === 0 ? { thoughtSignature: `sig:text:${id}` } : {};
    if (lastText !== undefined) this.#outputTokens++;
    return this.#written(steps, this.#end({ text: lastText ?? '', ...signature }, end));
  }

  /** The message of the end. */
  #end(part: object, end: object): GoogleStep {
    const { manner } = this.#options;
    if (manner === 'end_without_content') return this.#step({ candidates: [{ ...end, index: 0 }] }, 0, true);
    if (manner === 'end_without_parts')
      return this.#step({ candidates: [{ content: { role: 'model' }, ...end, index: 0 }] }, 0, true);
    const closing = this.#candidate([part], end, true);
    return manner === 'error_behind' ? { ...closing, sse: closing.sse + errorEvent(503, true) } : closing;
  }

  #written(steps: readonly GoogleStep[], closing: GoogleStep): GoogleWireAnswer {
    return { steps, closing, signed: this.#signed };
  }

  /** The parts of the calls; the first has the signature. */
  #calls(): object[] {
    const { id: answerId, manner, signs } = this.#options;
    return (this.#answer.toolCalls ?? []).map(({ id, name, arguments: written }, index) => {
      const args = typeof written === 'string' ? parsedArguments(written) : written;
      const callId = id ?? `${answerId}_${index}`;
      const hasId = manner !== 'no_ids' || id !== undefined;
      const signature = `sig:${callId}`;
      const isSigned = signs && index === 0;
      if (isSigned && hasId) this.#signed.set(callId, signature);
      const isEmpty = Object.keys(args).length === 0;
      return {
        functionCall: { name, ...(!isEmpty && { args }), ...(hasId && { id: callId }) },
        ...(isSigned && { thoughtSignature: signature }),
      };
    });
  }

  /** Adds what clients do not know. */
  #odd(parts: object[]): object[] {
    if (this.#options.manner !== 'other_parts') return parts;
    return [
      { executableCode: { language: 'PYTHON', code: 'print(1)' } },
      ...parts,
      { partMetadata: { source: 'x' } },
    ];
  }

  #candidate(parts: readonly object[], end: object = {}, isLast = false): GoogleStep {
    const pieces = parts.filter(
      (part) => ('text' in part && part.text !== '') || 'functionCall' in part,
    ).length;
    const ratings =
      this.#options.manner === 'other_parts' ? { groundingMetadata: {}, avgLogprobs: -0.1 } : {};
    const candidate = { content: { parts, role: 'model' }, ...end, index: 0, ...ratings };
    return this.#step({ candidates: [candidate] }, pieces, isLast);
  }

  #step(fields: object, pieces: number, isLast = false): GoogleStep {
    const { manner, model, id } = this.#options;
    const isCounted = manner !== 'no_counts' || isLast;
    const message = {
      ...fields,
      usageMetadata: isCounted ? this.#counts() : { trafficType: 'ON_DEMAND' },
      modelVersion: model,
      responseId: id,
    };
    const lineEnd = manner === 'line_feeds' ? '\n' : '\r\n';
    return {
      sse: `data: ${JSON.stringify(message)}${lineEnd}${lineEnd}`,
      pieces,
      usage: isCounted ? this.#usage() : null,
    };
  }

  /** Proto3 leaves out counts of zero. */
  #counts(): object {
    const { manner, promptTokens } = this.#options;
    const isCached = manner === 'cached';
    const [output, thought] = [this.#outputTokens, this.#thoughtTokens];
    return {
      promptTokenCount: promptTokens,
      ...(isCached && { cachedContentTokenCount: cachedTokens, toolUsePromptTokenCount: toolUseTokens }),
      ...(output > 0 && { candidatesTokenCount: output }),
      totalTokenCount: promptTokens + output + thought + (isCached ? toolUseTokens : 0),
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokens }],
      ...(thought > 0 && { thoughtsTokenCount: thought }),
      serviceTier: 'standard',
    };
  }

  #usage(): Usage {
    const { manner, promptTokens } = this.#options;
    const isCached = manner === 'cached';
    return {
      inputTokens: promptTokens + (isCached ? toolUseTokens : 0),
      ...(isCached && { cachedInputTokens: cachedTokens }),
      outputTokens: this.#outputTokens + this.#thoughtTokens,
      ...(this.#thoughtTokens > 0 && { reasoningTokens: this.#thoughtTokens }),
    };
  }
}

/** Gemini sends arguments as an object only, so that a text which is none cannot be sent. */
function parsedArguments(written: string): Readonly<Record<string, unknown>> {
  return written.trim() === '' ? {} : (JSON.parse(written) as Record<string, unknown>);
}
