import type { WordChanges } from './word-changes.js';

/** A loss of words that a drill has shown and that does not make it fail. */
export interface AllowedLoss {
  readonly of: 'caller' | 'agent';
  /** Why it is allowed, in words that go on a sentence. */
  readonly why: string;
}

/** Whose words a drill compares; a reason means that losses are allowed. */
export type LossExcuses = Readonly<Record<AllowedLoss['of'], string | null>>;

export const excuses = {
  deaf: 'no recogniser was left that could understand',
  standIn: 'the embedded recogniser took over, which knows only the words of its grammar',
  silence: 'the recogniser fell silent while the caller waited, so its words so far counted',
  apology: 'the apology took their place',
} as const;

/** The losses that happened and are excused. */
export function allowedLosses(
  excused: LossExcuses,
  lost: { readonly caller: WordChanges; readonly agent: WordChanges },
): AllowedLoss[] {
  return (['caller', 'agent'] as const).flatMap((of) => {
    const why = excused[of];
    return why !== null && lost[of].lost.length > 0 ? [{ of, why }] : [];
  });
}
