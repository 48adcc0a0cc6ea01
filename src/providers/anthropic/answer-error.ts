import type { ProviderErrorCategory } from '../../core/errors.js';

/** The server responded, but the response contains no complete answer. */
export class AnswerError extends Error {
  readonly category: ProviderErrorCategory;
  /** Set only if it differs from the category's default. */
  readonly retryable: boolean | undefined;

  constructor(message: string, category: ProviderErrorCategory, retryable?: boolean) {
    super(message);
    this.name = new.target.name;
    this.category = category;
    this.retryable = retryable;
  }
}

/** An answer with an HTTP status other than 2xx. */
export class HttpRefusal extends Error {
  readonly status: number;
  readonly headers: Headers;
  /** The error's type, for example `rate_limit_error`; null if the body has none. */
  readonly type: string | null;
  /** A stable code for the cause, for example `enforced_spend_limit_reached`; null if there is none. */
  readonly code: string | null;

  constructor(message: string, fields: Pick<HttpRefusal, 'status' | 'headers' | 'type' | 'code'>) {
    super(message);
    this.name = new.target.name;
    this.status = fields.status;
    this.headers = fields.headers;
    this.type = fields.type;
    this.code = fields.code;
  }
}
