import type { ConnectionDrill, Drill, LlmDrill, SttDrill, TtsDrill } from './drill.js';

/** Common to many faults: the log shows them, and the caller misses nothing. */
const retried = { shows: ['error', 'provider.reconnect'], outcome: 'answer' } as const;
const passedOn = { fallback: true, shows: ['error', 'provider.failover'], outcome: 'answer' } as const;
const unnoticed = { shows: [], outcome: 'answer' } as const;
const givenUp = { always: true, shows: ['error'], outcome: 'apology' } as const;

const cameBack = {
  shows: ['session.reconnecting', 'session.reconnected'],
  outcome: 'answer',
  // The recogniser's connection stays.
  asked: 1,
} as const;

const connection: readonly Omit<ConnectionDrill, 'kind'>[] = [
  {
    name: 'connection-greeting',
    says: 'it breaks while the agent greets',
    breaks: ['greeting'],
    ...cameBack,
  },
  { name: 'connection-silence', says: 'it breaks while nobody speaks', breaks: ['silence'], ...cameBack },
  {
    name: 'connection-mid-utterance',
    says: 'it breaks in mid-sentence of the caller',
    breaks: ['utterance'],
    ...cameBack,
  },
  { name: 'connection-in-tool', says: 'it breaks while a tool runs', breaks: ['tool'], ...cameBack },
  {
    name: 'connection-away-in-tool',
    says: 'it breaks while a tool runs, until after its end',
    breaks: ['tool'],
    awayMs: 3000,
    ...cameBack,
  },
  {
    name: 'connection-mid-answer',
    says: 'it breaks in the middle of an answer',
    breaks: ['answer'],
    ...cameBack,
  },
  {
    name: 'connection-twice',
    says: 'it breaks in mid-sentence, and again in the answer',
    breaks: ['utterance', 'answer'],
    ...cameBack,
  },
  {
    name: 'connection-away',
    says: 'it breaks in an answer, for 10 s',
    breaks: ['answer'],
    awayMs: 10_000,
    ...cameBack,
  },
  {
    name: 'connection-too-late',
    says: 'it breaks in an answer, for 20 s: too long',
    breaks: ['answer'],
    awayMs: 20_000,
    shows: ['session.reconnecting'],
    outcome: 'lost',
  },
];

const recogniser: readonly Omit<SttDrill, 'kind'>[] = [
  { name: 'stt-refuse', says: 'its connection is cut at once', fault: { type: 'refuse' }, ...retried },
  {
    name: 'stt-unauthorised',
    says: 'its key is refused (401); another takes over',
    fault: { type: 'status', status: 401 },
    always: true,
    ...passedOn,
    asked: 1,
  },
  {
    name: 'stt-rate-limit',
    says: 'it is busy (429) and asks to wait for a second',
    fault: { type: 'status', status: 429, retryAfterSec: 1 },
    ...retried,
  },
  {
    name: 'stt-drop-before-speech',
    says: 'its connection is cut while the agent greets',
    fault: { type: 'drop', at: 'before_speech' },
    ...retried,
  },
  {
    name: 'stt-drop-mid-utterance',
    says: 'its connection is cut in mid-sentence',
    fault: { type: 'drop', at: 0.5 },
    ...retried,
  },
  {
    name: 'stt-drop-after-flush',
    says: 'its connection is cut when the final was asked for',
    fault: { type: 'drop', at: 'after_flush' },
    ...retried,
  },
  {
    name: 'stt-drop-during-final',
    says: 'its connection is cut in the middle of its final',
    fault: { type: 'cut_final' },
    ...retried,
  },
  {
    name: 'stt-close-1011',
    says: 'it closes with 1011 (NET-0001) in mid-sentence',
    fault: { type: 'close', at: 0.5 },
    ...retried,
  },
  {
    name: 'stt-half-close',
    says: 'its half of the connection ends in mid-sentence',
    fault: { type: 'half_close', at: 0.5 },
    ...retried,
  },
  {
    name: 'stt-stall',
    says: 'it falls silent in mid-sentence and reads no more',
    fault: { type: 'stall', at: 0.5 },
    ...retried,
  },
  {
    name: 'stt-garbage',
    says: 'it sends half a message in mid-sentence',
    fault: { type: 'garbage', at: 0.5 },
    shows: [],
    outcome: 'answer',
  },
  {
    name: 'stt-slow-drip',
    says: 'its messages come in pieces of 40 bytes, 5 ms apart',
    fault: { type: 'slow_drip' },
    ...unnoticed,
  },
  {
    name: 'stt-out-of-order',
    says: 'of every two messages the second arrives first',
    fault: { type: 'out_of_order' },
    ...unnoticed,
  },
  {
    name: 'stt-wrong-encoding',
    says: 'it decodes the audio with the wrong codec: no words',
    fault: { type: 'wrong_encoding' },
    always: true,
    shows: ['warning'],
    outcome: 'warning',
  },
  {
    name: 'stt-down',
    says: 'it refuses every connection; another takes over',
    fault: { type: 'refuse' },
    always: true,
    ...passedOn,
  },
  {
    name: 'stt-all-fail',
    says: 'it refuses every connection, and there is no other',
    fault: { type: 'refuse' },
    ...givenUp,
  },
];

const model: readonly Omit<LlmDrill, 'kind'>[] = [
  { name: 'llm-refuse', says: 'its connection is reset', fault: { fault: 'reset' }, ...retried },
  {
    name: 'llm-unauthorised',
    says: 'its key is refused (401); another takes over',
    fault: { fault: 'status', status: 401 },
    always: true,
    ...passedOn,
    asked: 1,
  },
  {
    name: 'llm-rate-limit',
    says: 'it is busy (429) and asks to wait for a second',
    fault: { fault: 'status', status: 429, retryAfter: '1' },
    ...retried,
  },
  {
    name: 'llm-rate-limit-long',
    says: 'it is busy (429) for 30 s; another takes over',
    fault: { fault: 'status', status: 429, retryAfter: '30' },
    always: true,
    ...passedOn,
    asked: 1,
  },
  {
    name: 'llm-server-error',
    says: 'it answers 500',
    fault: { fault: 'status', status: 500 },
    ...retried,
  },
  {
    name: 'llm-drop-mid-stream',
    says: 'its connection breaks after three tokens',
    fault: { fault: 'drop', afterTokens: 3 },
    shows: ['error'],
    outcome: 'answer_or_apology',
  },
  {
    name: 'llm-truncated',
    says: 'its answer ends after three tokens, as if complete',
    fault: { fault: 'truncate', afterTokens: 3 },
    shows: ['error'],
    outcome: 'answer_or_apology',
  },
  {
    name: 'llm-stall-first-token',
    says: 'it never sends a token',
    fault: { fault: 'stall', afterTokens: 0 },
    ...retried,
  },
  {
    name: 'llm-stall-mid-stream',
    says: 'it falls silent after three tokens',
    fault: { fault: 'stall', afterTokens: 3 },
    shows: ['error'],
    outcome: 'answer_or_apology',
  },
  {
    name: 'llm-garbage',
    says: 'it sends half a message instead of the first token',
    fault: { fault: 'garbage', afterTokens: 0 },
    ...retried,
  },
  {
    name: 'llm-slow-drip',
    says: 'its answer comes in pieces of 40 bytes, 5 ms apart',
    fault: { fault: 'slow_drip', bytes: 40, everyMs: 5 },
    ...unnoticed,
  },
  {
    name: 'llm-down',
    says: 'it resets every connection; another takes over',
    fault: { fault: 'reset' },
    always: true,
    ...passedOn,
  },
  {
    name: 'llm-all-fail',
    says: 'it resets every connection, and there is no other',
    fault: { fault: 'reset' },
    ...givenUp,
  },
];

const voice: readonly Omit<TtsDrill, 'kind'>[] = [
  {
    name: 'tts-refuse',
    says: 'its connection is refused (503)',
    fault: { fault: 'refuse', status: 503 },
    ...retried,
  },
  {
    name: 'tts-unauthorised',
    says: 'its key is refused (401); another takes over',
    fault: { fault: 'refuse', status: 401 },
    always: true,
    ...passedOn,
  },
  {
    name: 'tts-rate-limit',
    says: 'it is busy (429) and asks to wait for a second',
    fault: { fault: 'refuse', status: 429, retryAfter: '1' },
    ...retried,
  },
  {
    name: 'tts-drop-mid-sentence',
    says: 'its connection breaks in mid-sentence',
    fault: { fault: 'drop', afterPieces: 2 },
    ...retried,
  },
  {
    name: 'tts-stall',
    says: 'it falls silent in mid-sentence',
    fault: { fault: 'stall', afterPieces: 2 },
    ...retried,
  },
  {
    name: 'tts-garbage',
    says: 'it sends half a message in mid-sentence',
    fault: { fault: 'garbage', afterPieces: 2 },
    shows: ['error'],
    outcome: 'answer',
  },
  {
    name: 'tts-stale-audio',
    says: 'it keeps sending audio after the answer was closed',
    fault: { fault: 'stale_audio' },
    ...unnoticed,
  },
  {
    name: 'tts-out-of-order',
    says: 'it reports its end before its last piece of audio',
    fault: { fault: 'out_of_order' },
    shows: [],
    outcome: 'answer',
  },
  {
    name: 'tts-wrong-encoding',
    says: 'its audio is not in the requested encoding',
    fault: { fault: 'wrong_encoding' },
    ...retried,
  },
  {
    name: 'tts-down',
    says: 'it refuses every connection; another takes over',
    fault: { fault: 'refuse', status: 503 },
    always: true,
    ...passedOn,
  },
  {
    name: 'tts-all-fail',
    says: 'it refuses every connection, and there is no other',
    fault: { fault: 'refuse', status: 503 },
    ...givenUp,
  },
];

/** All drills, in the order in which a call uses what fails. */
export const drills: readonly Drill[] = [
  ...connection.map((drill): Drill => ({ kind: 'connection', ...drill })),
  ...recogniser.map((drill): Drill => ({ kind: 'stt', ...drill })),
  ...model.map((drill): Drill => ({ kind: 'llm', ...drill })),
  ...voice.map((drill): Drill => ({ kind: 'tts', ...drill })),
];
