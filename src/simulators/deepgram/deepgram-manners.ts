import { seededRandom } from '../seeded-random.js';

/** The choices of {@link DeepgramManners}, the usual one first. */
export const deepgramMannersChoices = {
  cadence: ['steady', 'chatty', 'quiet', 'final_only'],
  finalize: ['flagged', 'unflagged', 'words_follow', 'none_without_words'],
  results: [
    'usual',
    'start_at_words',
    'no_words',
    'zero_length_words',
    'no_channel',
    'no_alternatives',
    'late_interims',
    'from_zero',
  ],
  speechFinal: [true, false],
  extras: [false, true],
  forceEndTurn: ['enabled', 'disabled'],
} as const;

type Choices = typeof deepgramMannersChoices;

/** Behaviours that Deepgram's documentation leaves open, or of which logs show several. */
export interface DeepgramManners {
  /**
   * How often it sends results. `steady`: four times a second; `chatty`: once a second; both also in silence, with empty
   * transcripts (logs in pipecat #1261). `quiet`: only with new words; `final_only`: only finals. @default 'steady'
   */
  readonly cadence?: Choices['cadence'][number];
  /**
   * How Nova answers `Finalize`. `flagged`: with `from_finalize`; `unflagged`: with a final without that flag; `words_follow`:
   * with an empty `from_finalize`, and the words in the next message; `none_without_words`: not at all if there are no words,
   * since no answer is promised (https://developers.deepgram.com/docs/finalize). @default 'flagged'
   */
  readonly finalize?: Choices['finalize'][number];
  /**
   * The form of Nova's results. `start_at_words`: finals start at their first word, without the silence before it; `no_words`:
   * without the list of words; `zero_length_words`: words end where they begin; `no_channel`, `no_alternatives`: the field is
   * missing if there are no words; `late_interims`: each interim result is repeated after the next one; `from_zero`: answers
   * to `Finalize` count start and words from zero, like compatible servers that recognise each segment separately.
   * @default 'usual'
   */
  readonly results?: Choices['results'][number];
  /** Whether Nova ever sends `speech_final` (livekit/agents #931: noise can suppress it). @default true */
  readonly speechFinal?: boolean;
  /** Whether unknown messages are sent, and Flux's `EagerEndOfTurn` and `TurnResumed`. @default false */
  readonly extras?: boolean;
  /**
   * Whether Flux supports `ForceEndTurn`. If not, it sends UNPARSABLE_CLIENT_MESSAGE and closes, like servers on which it is
   * not enabled (deepgram-js-sdk #537, deepgram-python-sdk #788). @default 'enabled'
   */
  readonly forceEndTurn?: Choices['forceEndTurn'][number];
}

/** Manners with every choice made. */
export type ChosenManners = Required<DeepgramManners>;

/** Fills in the usual choices. */
export function chosenManners(manners: DeepgramManners = {}): ChosenManners {
  return {
    cadence: 'steady',
    finalize: 'flagged',
    results: 'usual',
    speechFinal: true,
    extras: false,
    forceEndTurn: 'enabled',
    ...manners,
  };
}

/** Draws random manners, the same sequence for the same seed. */
export function randomManners(seed: number): () => ChosenManners {
  const random = seededRandom(seed);
  const one = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  return () => ({
    cadence: one(deepgramMannersChoices.cadence),
    finalize: one(deepgramMannersChoices.finalize),
    results: one(deepgramMannersChoices.results),
    speechFinal: one(deepgramMannersChoices.speechFinal),
    extras: one(deepgramMannersChoices.extras),
    forceEndTurn: one(deepgramMannersChoices.forceEndTurn),
  });
}
