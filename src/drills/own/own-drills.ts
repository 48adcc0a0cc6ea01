/** The drills for own providers. */
import type { OwnDrill, OwnFault } from './own-drill.js';

const retried = { shows: ['error', 'provider.reconnect'], outcome: 'answer' } as const;
const passedOn = {
  always: true,
  fallback: true,
  shows: ['error', 'provider.failover'],
  outcome: 'answer',
} as const;
const givenUp = { always: true, shows: ['error'], outcome: 'apology' } as const;

const refused: OwnFault = { at: 'at_once', category: 'connection' };
const busy: OwnFault = { at: 'at_once', category: 'rate_limit', retryAfterMs: 1000 };
const wrongKey: OwnFault = { at: 'at_once', category: 'auth' };
const broken: OwnFault = { at: 'in_the_middle', category: 'connection' };
const silent: OwnFault = { at: 'in_the_middle', category: null };

const recogniser: readonly Omit<OwnDrill, 'kind'>[] = [
  { name: 'stt-refuse', says: 'its connection fails at once', fault: refused, ...retried },
  { name: 'stt-rate-limit', says: 'it is busy and asks to wait for a second', fault: busy, ...retried },
  {
    name: 'stt-drop-mid-utterance',
    says: 'its connection breaks in mid-sentence',
    fault: broken,
    ...retried,
  },
  {
    name: 'stt-drop-after-flush',
    says: 'its connection breaks when the final is requested',
    fault: { at: 'at_the_end', category: 'connection' },
    ...retried,
  },
  {
    name: 'stt-stall',
    says: 'it falls silent in mid-sentence; its words so far count',
    fault: silent,
    // The session cannot tell a slow recogniser from a dead one, and the caller is waiting.
    mayLoseWords: true,
    ...retried,
  },
  { name: 'stt-unauthorised', says: 'its key is refused; another takes over', fault: wrongKey, ...passedOn },
  {
    name: 'stt-all-fail',
    says: 'every connection fails, and there is no other',
    fault: refused,
    ...givenUp,
  },
];

const model: readonly Omit<OwnDrill, 'kind'>[] = [
  { name: 'llm-refuse', says: 'its connection fails at once', fault: refused, ...retried },
  { name: 'llm-rate-limit', says: 'it is busy and asks to wait for a second', fault: busy, ...retried },
  {
    name: 'llm-stall',
    says: 'it does not begin to answer',
    fault: { at: 'at_once', category: null },
    ...retried,
  },
  {
    name: 'llm-drop-mid-stream',
    says: 'its connection breaks after the first token',
    fault: broken,
    shows: ['error'],
    outcome: 'answer_or_apology',
  },
  {
    name: 'llm-stall-mid-stream',
    says: 'it falls silent after the first token',
    fault: silent,
    shows: ['error'],
    outcome: 'answer_or_apology',
  },
  { name: 'llm-unauthorised', says: 'its key is refused; another takes over', fault: wrongKey, ...passedOn },
  { name: 'llm-all-fail', says: 'every request fails, and there is no other', fault: refused, ...givenUp },
];

const voice: readonly Omit<OwnDrill, 'kind'>[] = [
  { name: 'tts-refuse', says: 'its connection fails at once', fault: refused, ...retried },
  { name: 'tts-rate-limit', says: 'it is busy and asks to wait for a second', fault: busy, ...retried },
  { name: 'tts-drop-mid-sentence', says: 'its connection breaks in mid-sentence', fault: broken, ...retried },
  { name: 'tts-stall', says: 'it falls silent in mid-sentence', fault: silent, ...retried },
  { name: 'tts-unauthorised', says: 'its key is refused; another takes over', fault: wrongKey, ...passedOn },
  { name: 'tts-all-fail', says: 'every request fails, and there is no other', fault: refused, ...givenUp },
];

/** All drills, the recogniser's first. */
export const ownDrills: readonly OwnDrill[] = [
  ...recogniser.map((drill) => ({ ...drill, kind: 'stt' as const })),
  ...model.map((drill) => ({ ...drill, kind: 'llm' as const })),
  ...voice.map((drill) => ({ ...drill, kind: 'tts' as const })),
];
