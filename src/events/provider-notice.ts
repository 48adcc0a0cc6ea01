/** A warning from a provider's check: the provider works, but its config should change. */
export interface ProviderNotice {
  /** The config field concerned, for example `llm.model`. */
  readonly field: string;
  /** One sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
}
