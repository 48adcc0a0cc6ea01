import { seededRandom } from '../../seeded-random.js';

/** Behaviours that OpenAI's documentation leaves open, or of which several were seen. */
export interface OpenAiRecogniserManners {
  /** Whether words come while the caller speaks, as from live models, or only after the commit. @default by the model */
  readonly deltas?: 'live' | 'after_commit' | 'none';
  /** Whether `completed` comes for the newest item first: "not guaranteed" to be in order by the guide. @default 'in_order' */
  readonly order?: 'in_order' | 'reversed_pairs';
  /** Whether `conversation.item.added` and `.done`, `rate_limits.updated` and unknown messages are sent. @default false */
  readonly extras?: boolean;
  /** The billing in `completed`: tokens or seconds (SDK 6.49.0 has both); servers that are only compatible leave it out. @default 'tokens' */
  readonly usage?: 'tokens' | 'duration' | 'none';
  /** Spaces around a text: Whisper's texts begin with one (https://github.com/openai/whisper/discussions/1041). @default false */
  readonly spaced?: boolean;
  /**
   * Whether the transcription of the first item fails, with `failed` and a `server_error` in place of `completed`
   * (https://github.com/openai/openai-realtime-console/issues/46). Its words are lost, so random manners leave it out.
   * @default false
   */
  readonly failsFirst?: boolean;
}

/** Manners with every choice made; `deltas: null` is the model's own. */
export type ChosenManners = Required<Omit<OpenAiRecogniserManners, 'deltas'>> & {
  readonly deltas: NonNullable<OpenAiRecogniserManners['deltas']> | null;
};

/** Fills in the usual choices. */
export function chosenManners(manners: OpenAiRecogniserManners = {}): ChosenManners {
  return {
    ...{ deltas: null, order: 'in_order', extras: false, usage: 'tokens', spaced: false, failsFirst: false },
    ...manners,
  };
}

/** Draws random manners, the same sequence for the same seed. */
export function randomManners(seed: number): () => ChosenManners {
  const random = seededRandom(seed);
  const one = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  return () => ({
    deltas: one([null, 'live', 'after_commit', 'none']),
    order: one(['in_order', 'reversed_pairs']),
    extras: one([true, false]),
    usage: one(['tokens', 'duration', 'none']),
    spaced: one([true, false]),
    failsFirst: false,
  });
}
