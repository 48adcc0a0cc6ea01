/** How long the simulated Deepgram takes. */
export interface DeepgramLatencies {
  /** From the arrival of the last speech to its final, the wait for the silence included. @default 298 */
  readonly finalMs: number;
  /** From `Finalize` or `ForceEndTurn` to its final; the earlier of the two wins. @default 100 */
  readonly finalizeMs: number;
  /** From audio to the partial that knows of it. @default 100 */
  readonly partialMs: number;
}
