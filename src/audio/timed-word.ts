/** A word and its time in a stream's audio, counted from the stream's first sample. */
export interface TimedWord {
  /** As written in the text, with punctuation. */
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}
