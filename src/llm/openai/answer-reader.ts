import type { ProviderErrorCategory } from '../../errors.js';
import type { LlmEvent } from '../language-model.js';

/** Makes an answer of the messages of one stream, in order. Pure: it waits for nothing and frees nothing. */
export interface AnswerReader {
  /** The model has begun to write text or a tool call. */
  readonly started: boolean;
  /** The answer is complete; whatever the stream still brings does not belong to it. */
  readonly finished: boolean;
  /** What the next message adds to the answer, mostly one token. Throws an {@link AnswerError}. */
  take(message: unknown): readonly LlmEvent[];
  /** What is left to say once the stream has ended, `done` at last. Throws an {@link AnswerError} if it was cut off. */
  end(): readonly LlmEvent[];
}

/** The server answered, but not with an answer. */
export class AnswerError extends Error {
  readonly category: ProviderErrorCategory;
  readonly retryable: boolean | undefined;

  constructor(message: string, category: ProviderErrorCategory, retryable?: boolean) {
    super(message);
    this.name = new.target.name;
    this.category = category;
    this.retryable = retryable;
  }
}

/** A stream that ended before its answer did. */
export function truncated(): AnswerError {
  return new AnswerError('The answer was cut off: the stream ended in the middle of it.', 'connection');
}

/** An answer that the provider's moderation stopped. The same request would be stopped again. */
export function filtered(): AnswerError {
  return new AnswerError("The provider's content filter stopped the answer.", 'bad_request');
}

/** A tool call that the limit on the answer's length cut in two. */
export function cutToolCall(): AnswerError {
  return new AnswerError(
    'The answer reached its maximum length in the middle of a tool call: allow more tokens.',
    'bad_request',
  );
}
