/** The calls of the recognition workers. A worker has several decoders, each used by one utterance at a time. */

export interface DecoderSettings {
  /** A JSGF grammar (https://www.w3.org/TR/jsgf/). */
  readonly grammar: string;
  /** Pronunciations of words that the dictionary lacks: ARPAbet phones, space-separated. */
  readonly words: Readonly<Record<string, string>>;
}

/** A new decoder's index, or the problem of its settings. */
export type DecoderCreation =
  { readonly ok: true; readonly decoder: number } | { readonly ok: false; readonly problem: string };

export interface RecognitionService {
  create(settings: DecoderSettings): Promise<DecoderCreation>;
  begin(utterance: { readonly decoder: number; readonly sampleRateHz: number }): Promise<void>;
  /** Takes audio of the utterance; returns the interim result. */
  feed(audio: { readonly decoder: number; readonly samples: Int16Array<ArrayBuffer> }): string;
  /** Ends the utterance; returns the final text. */
  end(decoder: number): string;
}
