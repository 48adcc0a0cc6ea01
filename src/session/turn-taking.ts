/** Every threshold of turn taking, with its default. All are plain config: nothing here is learned or hidden. */
export interface TurnTaking {
  /** Speech that must be heard before it counts as an onset. @default 60 */
  readonly startSpeechMs: number;
  /** The window in which that much speech must fall. @default 100 */
  readonly startWindowMs: number;
  /** Silence that ends speech and flushes the recogniser. @default 180 */
  readonly endSilenceMs: number;
  /** How long to wait for the flushed final before the partial is taken instead. @default 400 */
  readonly finalTimeoutMs: number;
  /** Silence that commits a phrase which sounds unfinished ("an appointment for"). @default 1200 */
  readonly unfinishedPhraseMs: number;
  /** Silence that commits a run of two or more digits, since people group them. @default 1200 */
  readonly digitRunMs: number;
  /**
   * The earliest that an answer becomes audible, counted from the caller's last speech. The model and the voice work
   * meanwhile; a caller who only paused goes on unharmed. It costs nothing where they take longer anyway. @default 500
   */
  readonly minResponseDelayMs: number;
  /** Sound without new words after which a paused agent goes on. @default 2000 */
  readonly bargeInTimeoutMs: number;
  /** Words that must stand unchanged in two partials to confirm an interruption. @default 2 */
  readonly bargeInWords: number;
  /** What a listener says without wanting the turn. */
  readonly backchannels: readonly string[];
  /** Speech with an empty transcript that makes the agent ask again. @default 400 */
  readonly unrecognisedSpeechMs: number;
  /** What it asks then. */
  readonly sorryPrompt: string;
  /** How often it asks in a row. @default 2 */
  readonly maxSorryPrompts: number;
}

export const defaultTurnTaking: TurnTaking = {
  startSpeechMs: 60,
  startWindowMs: 100,
  endSilenceMs: 180,
  finalTimeoutMs: 400,
  unfinishedPhraseMs: 1200,
  digitRunMs: 1200,
  minResponseDelayMs: 500,
  bargeInTimeoutMs: 2000,
  bargeInWords: 2,
  backchannels: [
    'uh huh',
    'um hum',
    'mm hmm',
    'mhm',
    'mm',
    'hm',
    'hmm',
    'uh',
    'um',
    'ah',
    'oh',
    'right',
    'okay',
    'ok',
    'i see',
  ],
  unrecognisedSpeechMs: 400,
  sorryPrompt: 'Sorry, could you say that again?',
  maxSorryPrompts: 2,
};
