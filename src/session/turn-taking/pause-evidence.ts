/**
 * The evidence that an audible turn needs to pause for a sound. The first pause needs only the onset of speech, so that
 * interrupting is easy. After each false pause (a fan, typing, a beep) the next one needs more evidence, so that noise
 * cannot keep the agent from finishing a sentence.
 */

/**
 * - `onset`: speech has begun;
 * - `long_speech`: speech has lasted for `doubtfulSpeechMs`, or a partial has a word;
 * - `word`: a partial has a word;
 * - `confirmed_words`: confirmed words, which cut the turn; the turn no longer pauses.
 */
export type PauseEvidence = 'onset' | 'long_speech' | 'word' | 'confirmed_words';

const levels: readonly PauseEvidence[] = ['onset', 'long_speech', 'word'];

/** Number of false pauses after which only confirmed words count. */
export const mostFalsePauses = levels.length;

/** A backchannel counts less than noise: its speaker may well interrupt next. */
const shares = { no_words: 1, backchannel: 0.5 } as const;

export type FalsePauseReason = keyof typeof shares;

/** The evidence that the next pause needs after this many false pauses. */
export function neededEvidence(falsePauses: number): PauseEvidence {
  return levels[Math.floor(falsePauses)] ?? 'confirmed_words';
}

/** The count after one more false pause. */
export function countFalsePause(falsePauses: number, reason: FalsePauseReason): number {
  return Math.min(mostFalsePauses, falsePauses + shares[reason]);
}
