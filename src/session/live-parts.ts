import type { SessionParts } from './session-parts.js';

/** The parts that a change may replace. */
type Changeable = Pick<
  SessionParts,
  'stt' | 'llm' | 'tts' | 'fallbackVoice' | 'agent' | 'speculation' | 'turnTaking'
>;

/** A session's parts as they are now. Readers keep this object and read each part when they use it. */
export type LiveParts = Omit<SessionParts, keyof Changeable> & {
  -readonly [K in keyof Changeable]: Changeable[K];
};

/** A copy whose parts can be replaced. */
export function liveParts(parts: SessionParts): LiveParts {
  return { ...parts, turnTaking: { ...parts.turnTaking } };
}

/** Replaces the parts by those of `next`. */
export function replaceParts(live: LiveParts, next: Changeable): void {
  const { stt, llm, tts, fallbackVoice, agent, speculation, turnTaking } = next;
  Object.assign(live, { stt, llm, tts, fallbackVoice, agent, speculation } satisfies Omit<
    Changeable,
    'turnTaking'
  >);
  // Its readers keep the object.
  Object.assign(live.turnTaking, turnTaking);
}
