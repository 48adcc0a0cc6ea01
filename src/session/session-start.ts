import type { SessionEventFields } from '../events/session-event.js';
import type { Transport } from '../transport/transport.js';
import type { SessionParts } from './session-parts.js';
import type { EventDraft } from './turn-taking/session-state.js';

/** The first event of a session: its transport, its call and its providers. */
export function sessionStart(
  { type, call }: Transport,
  parts: Pick<SessionParts, 'stt' | 'llm' | 'tts' | 'reconnect'>,
): EventDraft {
  const { parameters, callId, from, to } = call;
  return {
    type: 'session.start',
    turn: 0,
    transport: type,
    providers: providerNames(parts),
    ...(callId !== undefined && { callId }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    parameters,
    reconnectWindowMs: parts.reconnect.windowMs,
  };
}

/** The names of a session's providers. */
export function providerNames({
  stt,
  llm,
  tts,
}: Pick<SessionParts, 'stt' | 'llm' | 'tts'>): SessionEventFields['session.start']['providers'] {
  return { stt: stt.name, llm: llm?.name ?? 'none', tts: tts.name };
}
