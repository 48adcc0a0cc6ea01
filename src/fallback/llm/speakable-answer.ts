import { ProviderError } from '../../core/errors.js';
import type { LlmEvent, LlmRequest } from '../../providers/language-model.js';

/** Of a long text without a word, only the end is examined with each token, or it would take quadratic time. */
const examinedCharacters = 400;

/**
 * One generation, held back until it contains something that a voice can say. An answer without a word would leave the caller in
 * silence, and can be asked for again only while none of it has been given. Text that can be spoken passes at once.
 */
export class SpeakableAnswer {
  readonly #request: LlmRequest;
  readonly #provider: string;
  #held = '';
  #hasSpoken: boolean;

  /** `hasSpoken`: words were said before, so the rest may be empty. */
  constructor(request: LlmRequest, provider: string, hasSpoken: boolean) {
    this.#request = request;
    this.#provider = provider;
    this.#hasSpoken = hasSpoken;
  }

  /** The events to give now. Throws a ProviderError if the answer ends without anything to say. */
  take(event: LlmEvent): readonly LlmEvent[] {
    switch (event.type) {
      case 'token':
        return this.#hasSpoken ? [event] : this.#hold(event.text);
      case 'reasoning':
        if (event.soFar) {
          this.#held = '';
          this.#hasSpoken = false;
        }
        return [event];
      case 'tool_call':
        this.#hasSpoken = true;
        return [...this.#release(), event];
      case 'done':
        if (!this.#hasSpoken && !event.endCall && !this.#request.maySayNothing)
          throw this.#silence(event.finishReason);
        return [...this.#release(), event];
    }
  }

  #hold(text: string): LlmEvent[] {
    this.#held += text;
    const { isSpeakable = isNotBlank } = this.#request;
    if (!isSpeakable(this.#held.slice(-Math.max(examinedCharacters, text.length)))) return [];
    this.#hasSpoken = true;
    return this.#release();
  }

  #release(): LlmEvent[] {
    const text = this.#held;
    this.#held = '';
    return text === '' ? [] : [{ type: 'token', text }];
  }

  #silence(finishReason: string): ProviderError {
    const why = finishReason === 'length' ? ' before it reached its maximum length: allow more tokens.' : '.';
    const provider = this.#provider;
    const message = `The language model ${provider} gave an answer without anything to say${why}`;
    return new ProviderError(message, { kind: 'llm', provider, category: 'server' });
  }
}

function isNotBlank(text: string): boolean {
  return text.trim() !== '';
}
