import { inspect } from 'node:util';
import { messageOf, ProviderError, providerErrorOf, type ProviderKind } from '../../core/errors.js';
import { quotableId } from '../request-id.js';

/**
 * How much of an error is searched for secrets. Clients of HTTP keep a request with its headers a few levels down. Lists and texts
 * are searched as far as a log would show them: an error may hold the audio of half a minute, and other calls must not wait.
 */
const searched = { depth: 5, maxArrayLength: 100, maxStringLength: 10_000 } as const;
/** How `inspect` says that it left something out. */
const leftOut = /\.\.\. \d+ more (?:item|character)/;

const categories: ReadonlySet<unknown> = new Set<ProviderError['category']>([
  ...(['auth', 'bad_request', 'rate_limit', 'timeout'] as const),
  ...(['connection', 'server', 'aborted', 'internal'] as const),
]);

/** What events and the supervisor read of an error. */
const told = ['kind', 'provider', 'category', 'retryable', 'retryAfterMs', 'field', 'requestId'] as const;

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
    const clean = this.#cleaned(error);
    return told.every((field) => error[field] === clean[field]) && this.#isClean(error) ? error : clean;
  }

  #isClean(error: ProviderError): boolean {
    const shown = shownOf(error);
    return shown !== null && this.redact(shown) === shown;
  }

  /** The fields as they should be: an error of a vendor in JavaScript may have any or none. */
  #cleaned(error: ProviderError): ProviderError {
    const given = error as Readonly<Record<keyof ProviderError, unknown>>;
    const { provider, retryable, retryAfterMs, field, cause } = given;
    const { kind, name, redact } = this;
    const requestId = quotableId(given.requestId, redact);
    const isKnown = categories.has(error.category);
    return new ProviderError(redact(messageOf(error)), {
      kind,
      provider: typeof provider === 'string' && provider !== '' ? redact(provider) : name,
      category: isKnown ? error.category : 'internal',
      ...(isKnown && typeof retryable === 'boolean' && { retryable }),
      ...(isDuration(retryAfterMs) && { retryAfterMs }),
      ...(typeof field === 'string' && { field: redact(field) }),
      ...(requestId !== undefined && { requestId }),
      // Only its message: the rest may hold whatever was sent.
      ...(cause !== undefined && { cause: new Error(redact(reasonOf(cause))) }),
    });
  }
}

function isDuration(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

/** Everything that a log might show of an error; null if that cannot be told, or is too long. */
function shownOf(error: ProviderError): string | null {
  try {
    const shown = inspect(error, searched);
    return leftOut.test(shown) ? null : shown;
  } catch {
    return null;
  }
}

/** Why something failed, from a value that need not be an error, nor let itself be read. */
function reasonOf(thrown: unknown): string {
  try {
    if (typeof thrown !== 'object' || thrown === null) return String(thrown);
    const message: unknown = Reflect.get(thrown, 'message');
    if (typeof message === 'string') return message;
  } catch {
    // See below.
  }
  return 'It gave no reason.';
}
