/** Latencies of the simulated Deepgram. */
export interface DeepgramLatencies {
  /** From the last speech to its final, including the wait for silence. @default 298 */
  readonly finalMs: number;
  /** From `Finalize` or `ForceEndTurn` to its final; the earlier of the two wins. @default 100 */
  readonly finalizeMs: number;
  /** From audio to the partial that contains it. @default 100 */
  readonly partialMs: number;
  /**
   * From the last speech to Flux's `EagerEndOfTurn`, which comes only if the request has `eager_eot_threshold`, some 150 ms
   * before the end of the turn (https://developers.deepgram.com/docs/flux/voice-agent-eager-eot). @default 150
   */
  readonly eagerMs: number;
}
