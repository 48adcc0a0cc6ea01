/**
 * What a provider was used for, in the units that vendors charge by. A report covers what was used since the provider's
 * last report, so reports add up. A provider reports what was used even if its answer was cut, failed or was dropped.
 */

interface Used {
  /** The provider's name. */
  readonly provider: string;
  /** The model that was used; left out if the vendor has only one or it is not known. */
  readonly model?: string;
}

/** A recogniser: the audio that was sent to it. */
export interface SttUsage extends Used {
  readonly kind: 'stt';
  /** Seconds of audio, silence included. */
  readonly seconds: number;
}

/** One request to a model. */
export interface LlmUsage extends Used {
  readonly kind: 'llm';
  /** All tokens of the request, those from a cache included. */
  readonly inputTokens: number;
  /** The input tokens that were read from the vendor's cache. @default 0 */
  readonly cachedInputTokens?: number;
  /** The input tokens that were written to the vendor's cache, where that has a price of its own. @default 0 */
  readonly cacheWriteTokens?: number;
  /** All tokens that the model produced, reasoning included. */
  readonly outputTokens: number;
  /** The output tokens that were reasoning. @default 0 */
  readonly reasoningTokens?: number;
  /**
   * The vendor did not report all figures, as when an answer is cut: `outputTokens` are then the pieces that arrived, and
   * `inputTokens` a quarter of the characters that were sent.
   */
  readonly estimated?: boolean;
}

/** A voice. */
export interface TtsUsage extends Used {
  readonly kind: 'tts';
  /** Characters (UTF-16 code units) of text that were sent to it. */
  readonly characters: number;
  /** Seconds of audio that came from it, for vendors that charge by time. */
  readonly seconds: number;
}

export type ProviderUsage = SttUsage | LlmUsage | TtsUsage;

/** Hears of every use; `wasted`: for an answer that was dropped before its turn was certain. Must not throw. */
export type UsageListener = (usage: ProviderUsage, wasted: boolean) => void;

/** Receives reports. Must not throw. */
export type OnUsage<Usage extends ProviderUsage = ProviderUsage> = (usage: Usage) => void;
