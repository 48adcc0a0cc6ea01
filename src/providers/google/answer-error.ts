import type { ProviderErrorCategory } from '../../core/errors.js';

/** The service responded, but the response contains no complete answer. */
export class AnswerError extends Error {
  readonly category: ProviderErrorCategory;

  constructor(message: string, category: ProviderErrorCategory) {
    super(message);
    this.name = new.target.name;
    this.category = category;
  }
}
