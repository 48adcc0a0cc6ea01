import { digitWordsOf } from './digit-words.js';

/** The thresholds of turn taking, with their defaults. None is adapted at run time. */
export interface TurnTaking {
  /** Speech within the start window that counts as an onset. @default 60 */
  readonly startSpeechMs: number;
  /** Length of the start window. @default 100 */
  readonly startWindowMs: number;
  /**
   * How probable a voice must be, from 0 to 1, for a sound to be speech. Otherwise only words that the recogniser finds
   * in it make it speech. 0 takes every sound that may be a voice for one. @default 0.4
   */
  readonly voiceThreshold: number;
  /** Silence that ends speech and flushes the recogniser. @default 180 */
  readonly endSilenceMs: number;
  /**
   * Silence after which a recogniser that loses no words by it is flushed, before the end of the speech is certain. From
   * `endSilenceMs` on it has no effect. @default 120
   */
  readonly earlyFlushMs: number;
  /**
   * Time without any audio from the caller, not even silence, after which speech counts as ended: the microphone is
   * off, or the media has stopped. Longer than the delays of networks. @default 1000
   */
  readonly lineSilenceMs: number;
  /** Timeout of the final after a flush; then the partial is used instead. @default 400 */
  readonly finalTimeoutMs: number;
  /** Silence that commits a phrase which sounds unfinished ("an appointment for"). @default 1200 */
  readonly unfinishedPhraseMs: number;
  /**
   * Silence that commits words which end in a digit or letter said on its own: callers pause between them.
   * @default 1200
   */
  readonly digitRunMs: number;
  /** Words for single digits. Numerals and single letters always count. @default those of the agent's language */
  readonly digitWords: readonly string[];
  /**
   * Shortest time from the caller's last speech to an audible answer. A caller who only paused can go on meanwhile. It
   * adds no delay if model and voice take longer. @default 500
   */
  readonly minResponseDelayMs: number;
  /** Sound without new words after which a paused agent resumes, or a held answer is released. @default 2000 */
  readonly bargeInTimeoutMs: number;
  /**
   * How long speech must last to pause the agent after one false pause (a sound without words). After two false pauses
   * the agent pauses only for a word; after three, only confirmed words interrupt it. Words of the caller reset the
   * count. @default 600
   */
  readonly doubtfulSpeechMs: number;
  /** Words that two partials must agree on to confirm an interruption. @default 2 */
  readonly bargeInWords: number;
  /** What callers say to show that they listen, without wanting the turn. */
  readonly backchannels: readonly string[];
  /** Speech with an empty transcript after which the agent asks the caller to repeat. @default 400 */
  readonly unrecognisedSpeechMs: number;
  /** Spoken to ask the caller to repeat. */
  readonly reprompt: string;
  /** How often the agent asks in a row. @default 2 */
  readonly maxReprompts: number;
}

export const defaultTurnTaking: TurnTaking = {
  startSpeechMs: 60,
  startWindowMs: 100,
  voiceThreshold: 0.4,
  endSilenceMs: 180,
  earlyFlushMs: 120,
  lineSilenceMs: 1000,
  finalTimeoutMs: 400,
  unfinishedPhraseMs: 1200,
  digitRunMs: 1200,
  digitWords: digitWordsOf('en'),
  minResponseDelayMs: 500,
  bargeInTimeoutMs: 2000,
  doubtfulSpeechMs: 600,
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
  reprompt: 'Sorry, could you say that again?',
  maxReprompts: 2,
};
