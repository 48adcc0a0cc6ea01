import { seededRandom } from '../seeded-random.js';

/** The choices of {@link AssemblyAiManners}, the usual one first. */
export const assemblyAiMannersChoices = {
  outsideTurn: ['none', 'empty'],
  words: ['timed', 'none', 'untimed'],
  partials: ['usual', 'none', 'repeated'],
  formatted: ['follows', 'missing'],
  extras: [false, true],
  errors: ['frame', 'close_only'],
} as const;

type Choices = typeof assemblyAiMannersChoices;

/** Behaviours that AssemblyAI's documentation leaves open, or of which several were seen. */
export interface AssemblyAiManners {
  /**
   * What `ForceEndpoint` gets outside a turn: nothing, or a `Turn` without words. The documentation says neither, and clients
   * guard against both (pipecat `assemblyai/stt.py` ignores empty turns and limits its wait). @default 'none'
   */
  readonly outsideTurn?: Choices['outsideTurn'][number];
  /**
   * The list of words of a `Turn`: with times; empty, as servers with the same wire send it
   * (https://github.com/moonshine-ai/moonshine); or without times. @default 'timed'
   */
  readonly words?: Choices['words'][number];
  /** Interim results: four times a second; none, as with `redact_pii`; or each twice. @default 'usual' */
  readonly partials?: Choices['partials'][number];
  /** Whether the formatted repetition comes, for models that have one. @default 'follows' */
  readonly formatted?: Choices['formatted'][number];
  /** Whether `SpeechStarted`, `Heartbeat`, `Warning`, unknown messages and unknown fields are sent. @default false */
  readonly extras?: boolean;
  /**
   * Whether an `Error` message comes before the close, as documented, or only the close
   * (https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures before March 2026). @default 'frame'
   */
  readonly errors?: Choices['errors'][number];
}

/** Manners with every choice made. */
export type ChosenManners = Required<AssemblyAiManners>;

/** Fills in the usual choices. */
export function chosenManners(manners: AssemblyAiManners = {}): ChosenManners {
  return {
    outsideTurn: 'none',
    words: 'timed',
    partials: 'usual',
    formatted: 'follows',
    extras: false,
    errors: 'frame',
    ...manners,
  };
}

/** Draws random manners, the same sequence for the same seed. */
export function randomManners(seed: number): () => ChosenManners {
  const random = seededRandom(seed);
  const one = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  return () => ({
    outsideTurn: one(assemblyAiMannersChoices.outsideTurn),
    words: one(assemblyAiMannersChoices.words),
    partials: one(assemblyAiMannersChoices.partials),
    formatted: one(assemblyAiMannersChoices.formatted),
    extras: one(assemblyAiMannersChoices.extras),
    errors: one(assemblyAiMannersChoices.errors),
  });
}
