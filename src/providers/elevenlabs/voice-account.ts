import { messageOf, ProviderError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import type { Clock } from '../../core/clock.js';
import { askFor, runProbe } from '../probe.js';
import { checkModel, checkVoice, pickVoice, type Answered, type AskAccount } from './account-voices.js';
import { elevenLabsError, type Asked, type ElevenLabsFailure } from './elevenlabs-errors.js';

export interface VoiceAccountOptions {
  readonly apiKey: string;
  /** http or https, without a slash at its end. */
  readonly baseUrl: string;
  readonly voiceId: string | undefined;
  readonly modelId: string;
  readonly languageCode: string | undefined;
  readonly clock: Clock;
}

/** A list of voices with all their fields may be this long. */
const maxListChars = 5_000_000;

/** The account behind a key: picks the voice, and checks key, voice and model. */
export class VoiceAccount {
  readonly #options: VoiceAccountOptions;
  readonly #closing = new AbortController();
  /** Picked voices that were refused afterwards. */
  readonly #refused = new Set<string>();
  #picked: string | null = null;
  #picking: Promise<string> | null = null;

  constructor(options: VoiceAccountOptions) {
    this.#options = options;
  }

  /** The configured or picked voice; null until one is picked. */
  get voiceId(): string | null {
    return this.#options.voiceId ?? this.#picked;
  }

  /** What answers request, for errors. */
  get asked(): Asked {
    const { apiKey, modelId, languageCode } = this.#options;
    return { apiKey, modelId, languageCode, voiceId: this.voiceId };
  }

  /**
   * The voice; picked from the account at the first call. Rejects with a ProviderError; then the next call tries again.
   */
  voice(): Promise<string> {
    const known = this.voiceId;
    if (known !== null) return Promise.resolve(known);
    this.#picking ??= this.#ask(this.#closing.signal, (ask) => this.#pick(ask)).finally(() => {
      this.#picking = null;
    });
    return this.#picking;
  }

  /**
   * Checks the configured voice or picks one, then checks the model if the key may read models. Rejects with a
   * ProviderError at the first refusal.
   */
  check(signal: AbortSignal): Promise<readonly ProviderNotice[]> {
    const { voiceId, modelId } = this.#options;
    return this.#ask(signal, async (ask) => {
      let notices: readonly ProviderNotice[] = [];
      if (voiceId === undefined) await this.#pick(ask);
      else notices = this.#valueOf(await checkVoice(ask, voiceId));
      const failure = await checkModel(ask, modelId);
      if (failure) throw this.errorOf(failure);
      return notices;
    });
  }

  errorOf(failure: ElevenLabsFailure): ProviderError {
    return elevenLabsError(failure, this.asked);
  }

  /** An answer was refused. A picked voice that was refused is not picked again; a configured one stays. */
  noteRefusal({ field }: ProviderError): void {
    if (field !== 'tts.voiceId' || this.#picked === null) return;
    this.#refused.add(this.#picked);
    this.#picked = null;
  }

  /** Aborts running requests. */
  close(): void {
    this.#closing.abort();
  }

  async #pick(ask: AskAccount): Promise<string> {
    const voice = this.#valueOf(await pickVoice(ask, this.#refused));
    this.#picked = voice;
    return voice;
  }

  #valueOf<T>(answered: Answered<T>): T {
    if (!answered.ok) throw this.errorOf(answered.failure);
    return answered.value;
  }

  #ask<T>(signal: AbortSignal, questions: (ask: AskAccount) => Promise<T>): Promise<T> {
    const { apiKey, baseUrl, clock } = this.#options;
    const errorOf = (thrown: unknown): ProviderError =>
      thrown instanceof ProviderError
        ? thrown
        : this.errorOf({ message: `The connection failed: ${messageOf(thrown)}.`, cause: thrown });
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return runProbe({ kind: 'tts', provider: 'elevenlabs', clock, signal: either, errorOf }, (limit) =>
      questions((path) => askFor(`${baseUrl}${path}`, { 'xi-api-key': apiKey }, limit, maxListChars)),
    );
  }
}
