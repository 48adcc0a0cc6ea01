import { inspect } from 'node:util';
import { messageOf, ProviderError, providerErrorOf, type ProviderKind } from '../../core/errors.js';
import { quotableId } from '../request-id.js';

/** How deep an error is searched for secrets. Clients of HTTP keep a request with its headers a few levels down. */
const searchedDepth = 5;

const categories: ReadonlySet<unknown> = new Set<ProviderError['category']>([
  ...(['auth', 'bad_request', 'rate_limit', 'timeout'] as const),
  ...(['connection', 'server', 'aborted', 'internal'] as const),
]);

/** Who stands behind a provider of the user's own: its errors name it, and contain none of its secrets. */
export class Vendor {
  readonly kind: ProviderKind;
  readonly name: string;
  /** A text without the vendor's secrets. */
  readonly redact: (text: string) => string;

  constructor(kind: ProviderKind, name: string, redact: (text: string) => string) {
    this.kind = kind;
    this.name = name;
    this.redact = redact;
  }

  /** An error for code that breaks the contract. It is not repeated: the same code would do the same again. */
  slip(what: string): ProviderError {
    const { kind, name: provider } = this;
    const message = `${provider} (${kind}): ${what} See docs/add-a-vendor.md.`;
    return new ProviderError(this.redact(message), { kind, provider, category: 'internal' });
  }

  /** What the vendor threw or reported, as a ProviderError without secrets; the same object if nothing has to change. */
  errorOf(thrown: unknown): ProviderError {
    if (thrown === undefined || thrown === null)
      return this.slip(`failed with ${String(thrown)} in place of an error.`);
    const error = providerErrorOf(
      thrown instanceof Error ? thrown : new Error(reasonOf(thrown)),
      this.kind,
      this.name,
    );
    return this.#isClean(error) ? error : this.#cleaned(error);
  }

  #isClean(error: ProviderError): boolean {
    const { category, requestId } = error;
    if (!categories.has(category)) return false;
    if (requestId !== undefined && quotableId(requestId, this.redact) !== requestId) return false;
    const shown = shownOf(error);
    return shown !== null && this.redact(shown) === shown;
  }

  #cleaned(error: ProviderError): ProviderError {
    const { kind, provider, category, retryable, retryAfterMs, cause } = error;
    const field: unknown = error.field;
    const requestId = quotableId(error.requestId, this.redact);
    const isKnown = categories.has(category);
    return new ProviderError(this.redact(messageOf(error)), {
      kind,
      provider,
      category: isKnown ? category : 'internal',
      ...(isKnown && { retryable }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(typeof field === 'string' && { field: this.redact(field) }),
      ...(requestId !== undefined && { requestId }),
      // Only its message: the rest may hold whatever was sent.
      ...(cause !== undefined && { cause: new Error(this.redact(reasonOf(cause))) }),
    });
  }
}

/** Everything that a log might show of an error; null if that cannot be told. */
function shownOf(error: ProviderError): string | null {
  try {
    return inspect(error, { depth: searchedDepth, maxStringLength: null, maxArrayLength: null });
  } catch {
    return null;
  }
}

/** Why something failed, from a value that need not be an error. */
function reasonOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  const message: unknown = Reflect.get(thrown, 'message');
  return typeof message === 'string' ? message : 'It gave no reason.';
}
