/** What the audio thread tells the page about a sound that it listens to. */
export type ListeningReport =
  /** A sound began with this sample, or ended just before it, on the audio graph's clock. */
  | { readonly type: 'begin' | 'end'; readonly contextSeconds: number }
  /** How loud it was lately: 1 is a full-scale square wave. */
  | { readonly type: 'level'; readonly rms: number };

/** The name under which the processor is registered. */
export const edgeProcessorName = 'hzrelay-edges';

/** How often the level is told. */
export const levelEveryMs = 50;
