/** Events for tests of views: the golden conversations, and single events with sensible defaults. */
import { readFileSync } from 'node:fs';
import type { SessionEvent, SessionEventType } from '#src/events/session-event.js';
import { turnLatency } from '#src/metrics/turn-latency.js';

const folder = new URL('../../fixtures/golden/', import.meta.url);

export type GoldenName = 'backchannel' | 'barge-in' | 'booking' | 'cancelling' | 'pause-in-a-sentence';

/** The events of a golden conversation, as if they belonged to this session. */
export function goldenCall(name: GoldenName, sessionId = 'a3f9b2c1'): SessionEvent[] {
  const lines = readFileSync(new URL(`${name}.ndjson`, folder), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => ({ ...(JSON.parse(line) as SessionEvent), sessionId }));
}

type Details<T extends SessionEventType> = Omit<
  SessionEvent<T>,
  'type' | 'sessionId' | 'turn' | 'atMs' | 'timeMs'
>;

/** An event of session a3f9b2c1 in turn 1; `common` overrides these. */
export function sampleEvent<T extends SessionEventType>(
  type: T,
  details: Details<T>,
  common: Partial<Pick<SessionEvent, 'sessionId' | 'turn' | 'atMs'>> = {},
): SessionEvent {
  return {
    sessionId: 'a3f9b2c1',
    turn: 1,
    atMs: 0,
    timeMs: 0,
    ...common,
    type,
    ...details,
  } as unknown as SessionEvent;
}

/** The start of a phone call with the embedded providers. */
export function callStart(sessionId = 'a3f9b2c1', from = '+15550100001'): SessionEvent {
  const providers = { stt: 'local', llm: 'local', tts: 'local' };
  return sampleEvent(
    'session.start',
    { transport: 'twilio', providers, from, parameters: {}, reconnectWindowMs: 15_000 },
    { sessionId, turn: 0 },
  );
}

/** The end of a turn that was answered after `mouthToEarMs`. */
export function turnAnswered(
  turn: number,
  mouthToEarMs: number,
  { ear = 'measured', sessionId = 'a3f9b2c1' }: { ear?: 'measured' | 'estimated'; sessionId?: string } = {},
): SessionEvent {
  const moments = {
    mouthMs: 0,
    vadEndMs: mouthToEarMs * 0.4,
    llmFirstTokenMs: mouthToEarMs * 0.9,
    earMs: mouthToEarMs,
  };
  const latency = turnLatency(moments, ear, 'no_audio');
  return sampleEvent('turn.end', { latency, aborted: null, heardText: '' }, { sessionId, turn });
}
