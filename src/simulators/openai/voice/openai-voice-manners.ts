import { seededRandom } from '../../seeded-random.js';

/** The shape of one answer of the simulated speech endpoint. */
export interface OpenAiVoiceManners {
  /**
   * Pieces end anywhere, also in the middle of a sample. Source: NousResearch/hermes-agent pull request 70851, which met
   * this with `response_format: pcm`.
   */
  readonly cutsSamples: boolean;
  /** Silence before the speech, in milliseconds. Voices begin with some; its length here is an assumption. */
  readonly leadingSilenceMs: number;
  /**
   * The first piece comes alone, and the rest after this pause, in milliseconds. Source: lonestone/micdrop, OpenaiTTS.ts,
   * which holds the opening back because of it.
   */
  readonly pauseAfterFirstMs: number;
  /** The type is not documented, so that no client may depend on it. */
  readonly contentType: 'audio/pcm' | 'application/octet-stream' | null;
  /** Whether the answer has the request's id; proxies and compatible servers leave it out. */
  readonly tellsRequestId: boolean;
}

export const documentedManners: OpenAiVoiceManners = {
  cutsSamples: false,
  leadingSilenceMs: 0,
  pauseAfterFirstMs: 0,
  contentType: 'audio/pcm',
  tellsRequestId: true,
};

/** Draws the manners of each answer. */
export function randomManners(seed: number): () => OpenAiVoiceManners {
  const random = seededRandom(seed);
  const pick = <T>(values: readonly [T, ...T[]]): T =>
    values[Math.floor(random() * values.length)] ?? values[0];
  return () => ({
    cutsSamples: pick([true, false]),
    leadingSilenceMs: pick([0, 150, 400]),
    pauseAfterFirstMs: pick([0, 0, 300]),
    contentType: pick(['audio/pcm', 'application/octet-stream', null]),
    tellsRequestId: pick([true, true, false]),
  });
}
