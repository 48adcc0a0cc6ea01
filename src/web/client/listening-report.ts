/** The audio thread's report about a sound. */
export type ListeningReport =
  /** A sound began with this sample, or ended before it, on the audio graph's clock. */
  | { readonly type: 'begin' | 'end'; readonly contextSeconds: number }
  /** The recent level: 1 is a full-scale square wave. */
  | { readonly type: 'level'; readonly rms: number };

/** The registered name of the processor. */
export const edgeProcessorName = 'hzrelay-edges';

/** Interval of level reports. */
export const levelEveryMs = 50;
