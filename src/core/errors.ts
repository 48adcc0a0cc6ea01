/** Base class of every error that this package throws on purpose. */
export class HzRelayError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** One thing wrong with a config: where it is, what is wrong, and what to write instead. */
export interface ConfigProblem {
  /** Dotted path of the field, for example `tts.voice`. */
  readonly field: string;
  /** What is wrong with its value. */
  readonly problem: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The config is invalid. Lists every problem, so that one run finds them all. */
export class ConfigError extends HzRelayError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], options?: ErrorOptions) {
    const lines = problems.map(({ field, problem, remedy }) => `  ${field}: ${problem} ${remedy}`);
    super(
      `The config has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`,
      options,
    );
    this.problems = problems;
  }
}

/** A phone or browser connection failed or broke its protocol. */
export class TransportError extends HzRelayError {}

/** The current state does not allow this call, for example `speak()` after the session ended. */
export class InvalidStateError extends HzRelayError {}

/** A file cannot be read as audio: missing, empty, corrupt or of an unsupported kind. */
export class AudioFileError extends HzRelayError {}

export type ProviderKind = 'stt' | 'llm' | 'tts';

/** Why a provider failed. Retries and fallbacks depend on it. */
export type ProviderErrorCategory =
  'auth' | 'bad_request' | 'rate_limit' | 'timeout' | 'connection' | 'server' | 'aborted' | 'internal';

/** The same symbol in every copy of this package. */
const providerErrors = Symbol.for('hzrelay.ProviderError');

/** Speech recognition, the language model or speech synthesis failed. */
export class ProviderError extends HzRelayError {
  /** Also recognises errors made by another copy of this package: a provider's package may have its own. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && providerErrors in value;
  }

  get [providerErrors](): true {
    return true;
  }
  readonly kind: ProviderKind;
  /** Name of the provider, for example `local`. */
  readonly provider: string;
  readonly category: ProviderErrorCategory;
  /** Whether a retry of the same request may succeed. */
  readonly retryable: boolean;
  /** How long the provider asks to wait before the next request, in milliseconds; undefined if it does not say. */
  readonly retryAfterMs: number | undefined;
  /**
   * The config field that the provider refused, including the kind, for example `tts.voiceId`; undefined if there is
   * none or it is unknown. A request with a refused field is never retried.
   */
  readonly field: string | undefined;
  /** What the vendor calls the request or the connection that failed: its support can look it up. Undefined where it told none. */
  readonly requestId: string | undefined;

  constructor(
    message: string,
    details: {
      readonly kind: ProviderKind;
      readonly provider: string;
      readonly category: ProviderErrorCategory;
      readonly retryable?: boolean;
      readonly retryAfterMs?: number;
      readonly field?: string;
      readonly requestId?: string;
      readonly cause?: unknown;
    },
  ) {
    super(message, { cause: details.cause });
    this.kind = details.kind;
    this.provider = details.provider;
    this.category = details.category;
    this.retryable =
      details.retryable ?? ['rate_limit', 'timeout', 'connection', 'server'].includes(details.category);
    this.retryAfterMs = details.retryAfterMs;
    this.field = details.field;
    this.requestId = details.requestId;
  }
}

/**
 * What a provider threw, as a ProviderError: its own one unchanged, a failed `fetch()` as one of category `connection`, anything
 * else as one of category `internal`.
 */
export function providerErrorOf(thrown: unknown, kind: ProviderKind, provider: string): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const reason = fetchFailureOf(thrown);
  const message = `${provider} failed: ${reason ?? messageOf(thrown)}`;
  const category = reason === null ? 'internal' : 'connection';
  return new ProviderError(message, { kind, provider, category, cause: thrown });
}

/** Why a `fetch()` got no response, in one line; null for any other error. */
export function fetchFailureOf(thrown: unknown): string | null {
  const { message, cause } = (thrown ?? {}) as Failure;
  if (message !== 'fetch failed' || typeof cause !== 'object' || cause === null) return null;
  return `${message}: ${connectFailureOf(cause)}`;
}

/** Why a connection could not be made. After several attempts, such an error has only a code, no message. */
export function connectFailureOf(thrown: object): string {
  const { message, code } = thrown as Failure;
  if (typeof message === 'string' && message !== '') return message;
  return typeof code === 'string' ? code : messageOf(thrown);
}

interface Failure {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** The error's message; for anything else thrown, its text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
