import { AnswerSeam } from './answer-seam.js';
import type { LlmEvent, LlmRequest } from './language-model.js';

/** So many words are quoted to the model, so that the place where it goes on can be found. */
const quotedWords = 4;

/**
 * One answer that may have to be made of several generations: what was said of it, how to ask for the rest, and the rest
 * without what was said before. What the caller has heard cannot be taken back, so it is not generated again; and an
 * answer that has called a tool is not gone on with, since the tool might be called twice.
 */
export class ContinuedAnswer {
  #said = '';
  #hasToolCall = false;
  #seam: AnswerSeam | null = null;

  /** Whether text was given. */
  get hasBegun(): boolean {
    return this.#said.trim() !== '';
  }

  /** Whether a generation that failed now can be made up for. */
  get canGoOn(): boolean {
    return !this.#hasToolCall;
  }

  /** The request for the whole answer or, once it has begun, for the rest of it. */
  ask(request: LlmRequest): LlmRequest {
    if (!this.hasBegun) return request;
    this.#seam = new AnswerSeam(this.#said);
    const content = instruction(this.#said.trim().split(/\s+/).slice(-quotedWords).join(' '));
    const messages = [
      ...request.messages,
      { role: 'assistant', content: this.#said } as const,
      { role: 'system', content } as const,
    ];
    return { ...request, messages };
  }

  /** Notes an event of a generation; gives text that was held back and belongs before it, mostly none. */
  take(event: LlmEvent): string {
    if (event.type === 'tool_call') this.#hasToolCall = true;
    const added = event.type === 'token' ? this.#add(event.text) : (this.#seam?.flush() ?? '');
    this.#said += added;
    return added;
  }

  #add(text: string): string {
    return this.#seam ? this.#seam.push(text) : text;
  }
}

function instruction(lastWords: string): string {
  return (
    'Your last answer was cut off by a technical failure; the caller has heard it as it stands above. Give the rest of it. ' +
    `Begin with the words "${lastWords}" (complete the last one if it was cut) and go on from there. Do not mention this.`
  );
}
