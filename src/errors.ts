/** One error family: catch `HzRelayError` to catch everything this package throws on purpose. */
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

/** The config cannot be used. Carries every problem at once, so that one run finds them all. */
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

/** A phone or browser connection failed or spoke its protocol wrongly. */
export class TransportError extends HzRelayError {}

/** The call came at a moment when it cannot be served, for example `speak()` after the end of the session. */
export class InvalidStateError extends HzRelayError {}

/** A file cannot be read as audio: missing, empty, corrupt or of an unsupported kind. */
export class AudioFileError extends HzRelayError {}

export type ProviderKind = 'stt' | 'llm' | 'tts';

/** Why a provider failed, in the terms that decide what happens next. */
export type ProviderErrorCategory =
  'auth' | 'bad_request' | 'rate_limit' | 'timeout' | 'connection' | 'server' | 'aborted' | 'internal';

/** Speech recognition, the language model or speech synthesis failed. */
export class ProviderError extends HzRelayError {
  readonly kind: ProviderKind;
  /** Name of the provider, for example `local`. */
  readonly provider: string;
  readonly category: ProviderErrorCategory;
  /** Whether the same request may succeed if it is made again. */
  readonly retryable: boolean;
  /** How long the provider asks to wait before the next request, in milliseconds; undefined where it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: {
      readonly kind: ProviderKind;
      readonly provider: string;
      readonly category: ProviderErrorCategory;
      readonly retryable?: boolean;
      readonly retryAfterMs?: number;
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
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
