/** Latencies of the simulated Deepgram. */
export interface DeepgramLatencies {
  /** From the last speech to its final, including the wait for silence. @default 298 */
  readonly finalMs: number;
  /** From `Finalize` or `ForceEndTurn` to its final; the earlier of the two wins. @default 100 */
  readonly finalizeMs: number;
  /** From audio to the partial that contains it. @default 100 */
  readonly partialMs: number;
}
