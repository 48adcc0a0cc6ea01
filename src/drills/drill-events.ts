/** Reads a drill's events: what failed, how the session recovered, and how long that took. */
import type { SessionEvent, SessionEventType } from '../events/session-event.js';
import type { FailingPart } from './drill.js';
import { spokenWords } from './tone-speech.js';

/** A call in which a provider may have failed. */
export interface FaultyCall {
  readonly caller: {
    readonly events: readonly SessionEvent[];
    /** Why there was no call; null if there was one. */
    readonly failure: string | null;
  };
  /** When the fault first happened, in milliseconds since `session.start`; null if it never did. */
  readonly faultMs: number | null;
}

/** The caller's words in the transcripts, turn by turn; of each turn only its last final transcript counts. */
export function transcriptWords({ events }: FaultyCall['caller']): string[] {
  const turns = new Map<number, string>();
  for (const event of events) if (event.type === 'transcript.final') turns.set(event.turn, event.text);
  return [...turns.values()].flatMap(spokenWords);
}

/** What is wrong with the call as a whole. */
export function callProblems({ caller, faultMs }: FaultyCall, rehearsal: FaultyCall): string[] {
  const problems: string[] = [];
  if (caller.failure !== null) problems.push(`there was no call: ${caller.failure}`);
  if (faultMs === null) problems.push('the fault never happened');
  const ends = caller.events.filter(({ type }) => type === 'session.end');
  if (ends.length !== 1 || caller.events.at(-1)?.type !== 'session.end')
    problems.push('session.end was not the last event, or not the only one');
  const [reason, expected] = [caller, rehearsal.caller].map(endReason);
  if (reason === 'transport_error' && reason !== expected) problems.push('the connection broke');
  return problems;
}

/** Why the session ended; null if it did not. */
export function endReason({ events }: FaultyCall['caller']): string | null {
  const end = events.at(-1);
  return end?.type === 'session.end' ? end.reason : null;
}

/** The expected event types that the log does not show. */
export function missingFromLog(
  { kind, shows }: { readonly kind: FailingPart; readonly shows: readonly SessionEventType[] },
  events: readonly SessionEvent[],
): string[] {
  return shows
    .filter((type) => !events.some((event) => event.type === type && concerns(event, kind)))
    .map((type) => `the log shows no ${type} of the ${kind}`);
}

/** The words that the conversation's history counts as heard. */
export function historyWords(events: readonly SessionEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'turn.end' ? spokenWords(event.heardText) : []));
}

/** Whether the fault happened while a tool ran. The session may have noticed it later. */
export function happenedInTool({ caller: { events }, faultMs }: FaultyCall): boolean {
  const called = events.find(({ type }) => type === 'llm.tool_call');
  const ended = events.find(({ type }) => type === 'llm.tool_result');
  return faultMs !== null && called && ended ? called.atMs < faultMs && faultMs < ended.atMs : false;
}

/** What failed and how the session recovered. */
export function failureText(kind: FailingPart, events: readonly SessionEvent[]): string {
  const categories = new Map<string, number>();
  const done = new Set<string>();
  let retries = 0;
  let returns = 0;
  for (const event of events) {
    if (!concerns(event, kind)) continue;
    if (event.type === 'error') {
      const category = event.category ?? 'error';
      categories.set(category, (categories.get(category) ?? 0) + 1);
    } else if (event.type === 'provider.reconnect') retries++;
    else if (event.type === 'provider.failover') done.add(`${event.to} took over`);
    else if (event.type === 'warning') done.add(event.code);
    else if (event.type === 'session.reconnecting') categories.set('lost', (categories.get('lost') ?? 0) + 1);
    else if (event.type === 'session.reconnected') returns++;
  }
  const what = [...categories].map(([category, count]) => (count > 1 ? `${category} ×${count}` : category));
  if (retries > 0) done.add(retries > 1 ? `retried ×${retries}` : 'retried');
  if (returns > 0) done.add(returns > 1 ? `came back ×${returns}` : 'came back');
  return [...what, ...done].join(', ') || 'no failure noticed';
}

/** The event that tells of the failure. */
const noticed = (kind: FailingPart): SessionEventType =>
  kind === 'connection' ? 'session.reconnecting' : 'error';

const signsOfService: Readonly<Record<FailingPart, readonly SessionEventType[]>> = {
  connection: ['session.reconnected'],
  stt: ['transcript.partial', 'transcript.final', 'provider.failover'],
  llm: ['llm.first_token', 'llm.token'],
  tts: ['tts.audio_start'],
};

/** Time from the fault to the first sign of service; null if there was none, or nothing failed. */
export function recoveryMs(
  kind: FailingPart,
  { caller, faultMs, listeningAgainMs = null }: FaultyCall & { readonly listeningAgainMs?: number | null },
): number | null {
  const noticedAt = caller.events.findIndex((event) => event.type === noticed(kind) && concerns(event, kind));
  if (faultMs === null || noticedAt < 0) return null;
  const signs = caller.events
    .slice(noticedAt)
    .filter((event) => concerns(event, kind))
    .filter(({ type }) => type === 'provider.recovered' || signsOfService[kind].includes(type))
    .map(({ atMs }) => atMs);
  if (kind === 'stt' && listeningAgainMs !== null) signs.push(listeningAgainMs);
  return signs.length > 0 ? Math.max(0, Math.min(...signs) - faultMs) : null;
}

/** The largest delay of an answer's start against the call without the fault; null if no answers can be compared. */
export function laterMs(events: readonly SessionEvent[], rehearsed: readonly SessionEvent[]): number | null {
  const before = answerTimes(rehearsed);
  const delays = [...answerTimes(events)].flatMap(([turn, ms]) => {
    const expected = before.get(turn);
    return expected === undefined ? [] : ms - expected;
  });
  return delays.length > 0 ? Math.max(...delays) : null;
}

/**
 * When each turn's answer was heard: the greeting from the start of the call, the others from the caller's last word.
 */
function answerTimes(events: readonly SessionEvent[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const event of events) {
    if (event.type === 'tts.audio_start' && event.turn === 0) times.set(0, event.atMs);
    const ms = event.type === 'turn.end' ? event.latency.mouth_to_ear_ms : null;
    if (ms !== null) times.set(event.turn, ms);
  }
  return times;
}

/** Whether an event is about providers of that kind; true for events without a kind. */
function concerns(event: SessionEvent, kind: FailingPart): boolean {
  return !('kind' in event) || event.kind === kind;
}
