/** A word and where it lies in a stream's audio, counted from the stream's first sample. */
export interface TimedWord {
  /** As it stands in the text, punctuation included. */
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}
