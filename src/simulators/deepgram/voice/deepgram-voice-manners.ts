/**
 * The forms in which Deepgram's voices have been seen to answer. Sources: the types of its SDKs, which all know `Metadata`, and
 * `Open`, `Close` and `Unhandled` besides the documented messages; https://github.com/deepgram/deepgram-python-sdk/pull/653,
 * in which warnings have other fields than documented; the lengths of pieces are documented nowhere.
 */
export interface DeepgramVoiceManners {
  /** Whether a connection begins with `Metadata`. @default true */
  readonly metadata?: boolean;
  /** The fields of warnings. @default 'seen' */
  readonly warnings?: 'documented' | 'seen';
  /** Whether a harmless warning precedes each answer to a flush. @default false */
  readonly chatty?: boolean;
  /** Whether undocumented messages are sent between pieces. @default false */
  readonly unknown?: boolean;
  /** Whether pieces have any length, also half a sample. @default false */
  readonly uneven?: boolean;
}

export type ChosenVoiceManners = Required<DeepgramVoiceManners>;

export const documentedVoiceManners: ChosenVoiceManners = {
  metadata: true,
  warnings: 'seen',
  chatty: false,
  unknown: false,
  uneven: false,
};

/** Draws the manners of one connection. */
export function drawVoiceManners(random: () => number): ChosenVoiceManners {
  const flag = (): boolean => random() < 0.5;
  return {
    metadata: flag(),
    warnings: flag() ? 'documented' : 'seen',
    chatty: flag(),
    unknown: flag(),
    uneven: flag(),
  };
}
