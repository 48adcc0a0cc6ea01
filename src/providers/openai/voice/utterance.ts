/** One text that is being spoken. */
export interface Utterance {
  /** Whether the text was sent, and what became of it. OpenAI charges for accepted ones. */
  readonly state: 'unsent' | 'sent' | 'accepted' | 'refused';
  /** What OpenAI calls the request; undefined until it has answered. */
  readonly requestId: string | undefined;
  /**
   * Raw 16-bit little-endian mono PCM at 24 kHz, in pieces as they arrive, which may cut a sample. Called once. Throws
   * a ProviderError. `onAsked` is called when the request is about to leave.
   */
  audio(signal: AbortSignal, onAsked: () => void): AsyncIterable<Uint8Array>;
}

/** Prepares to speak a text; sends nothing yet. */
export type Speak = (text: string) => Utterance;

/** The rate of all audio from OpenAI's voices. */
export const speechRateHz = 24_000;
