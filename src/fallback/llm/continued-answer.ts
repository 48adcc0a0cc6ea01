import { OverlapTrimmer } from './overlap-trimmer.js';
import type { LlmEvent, LlmRequest } from '../../providers/language-model.js';

/** How many of the last words are quoted to the model, so that it knows where to continue. */
const quotedWords = 4;

/**
 * One answer made of one or more generations: what has been said, how to ask for the rest, and the rest without what was said
 * before. The caller has heard the first part, so it is not generated again. Never resume an answer that already called a tool:
 * the tool might be called twice.
 */
export class ContinuedAnswer {
  #said = '';
  #hasToolCall = false;
  #trimmer: OverlapTrimmer | null = null;

  /** Whether any text was given. */
  get hasBegun(): boolean {
    return this.#said.trim() !== '';
  }

  /** Whether another generation can complete the answer if this one fails now. */
  get canGoOn(): boolean {
    return !this.#hasToolCall;
  }

  /** The request for the whole answer or, once it has begun, for the rest of it. */
  ask(request: LlmRequest): LlmRequest {
    if (!this.hasBegun) return request;
    this.#trimmer = new OverlapTrimmer(this.#said);
    const content = instruction(this.#said.trim().split(/\s+/).slice(-quotedWords).join(' '));
    const messages = [
      ...request.messages,
      { role: 'assistant', content: this.#said } as const,
      { role: 'system', content } as const,
    ];
    return { ...request, messages };
  }

  /** The events to give for one event of a generation: text without what was said before, and what was held back. */
  take(event: LlmEvent): readonly LlmEvent[] {
    switch (event.type) {
      case 'token': {
        const text = this.#trimmer ? this.#trimmer.push(event.text) : event.text;
        this.#said += text;
        return text === event.text ? [event] : asTokens(text);
      }
      case 'reasoning':
        if (event.soFar) this.#said = '';
        return [event];
      case 'tool_call':
        this.#hasToolCall = true;
        return [...this.#release(), event];
      case 'done':
        return [...this.#release(), event];
    }
  }

  #release(): readonly LlmEvent[] {
    const text = this.#trimmer?.flush() ?? '';
    this.#said += text;
    return asTokens(text);
  }
}

function asTokens(text: string): readonly LlmEvent[] {
  return text === '' ? [] : [{ type: 'token', text }];
}

function instruction(lastWords: string): string {
  return (
    'Your last answer was cut off by a technical failure; the caller has heard it as it stands above. Give the rest of it. ' +
    `Begin with the words "${lastWords}" (complete the last one if it was cut) and go on from there. Do not mention this.`
  );
}
