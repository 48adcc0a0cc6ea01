import { seededRandom } from '../seeded-random.js';

/** The choices of {@link ScribeManners}, the usual one first. */
export const scribeMannersChoices = {
  echo: ['none', 'before', 'after'],
  partials: ['changed', 'repeated'],
  silentCommit: ['empty', 'none'],
  timed: ['behind', 'before', 'missing'],
  extras: [false, true],
} as const;

type Choices = typeof scribeMannersChoices;

/** Behaviours that ElevenLabs' documentation leaves open, or of which several were seen. */
export interface ScribeManners {
  /**
   * Whether the partial that is being committed is repeated: before the segment, or behind it, too
   * (https://github.com/pipecat-ai/pipecat/issues/5197). @default 'none'
   */
  readonly echo?: Choices['echo'][number];
  /** Partials only with new words, or repeated in silence (the same report). @default 'changed' */
  readonly partials?: Choices['partials'][number];
  /** What a commit of silence gets: an empty segment, or nothing. @default 'empty' */
  readonly silentCommit?: Choices['silentCommit'][number];
  /**
   * Where the segment with word times comes, if they were asked for: behind the plain one, as documented; before it, as is
   * seen with empty segments; or not at all. @default 'behind'
   */
  readonly timed?: Choices['timed'][number];
  /** Whether warnings, undocumented messages and fields are sent. @default false */
  readonly extras?: boolean;
}

/** Manners with every choice made. */
export type ChosenScribeManners = Required<ScribeManners>;

/** Fills in the usual choices. */
export function chosenScribeManners(manners: ScribeManners = {}): ChosenScribeManners {
  return {
    echo: 'none',
    partials: 'changed',
    silentCommit: 'empty',
    timed: 'behind',
    extras: false,
    ...manners,
  };
}

/** Draws random manners, the same sequence for the same seed. */
export function randomScribeManners(seed: number): () => ChosenScribeManners {
  const random = seededRandom(seed);
  const one = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  return () => ({
    echo: one(scribeMannersChoices.echo),
    partials: one(scribeMannersChoices.partials),
    silentCommit: one(scribeMannersChoices.silentCommit),
    timed: one(scribeMannersChoices.timed),
    extras: one(scribeMannersChoices.extras),
  });
}
