import type { Transport } from '../transport/transport.js';
import type { SessionParts } from './session-parts.js';
import type { EventDraft } from './turn-taking/session-state.js';

/** The first event of a session: its transport, its call and its providers. */
export function sessionStart(
  { type, call }: Transport,
  { stt, llm, tts, reconnect }: SessionParts,
): EventDraft {
  const { parameters, callId, from, to } = call;
  return {
    type: 'session.start',
    turn: 0,
    transport: type,
    providers: { stt: stt.name, llm: llm?.name ?? 'none', tts: tts.name },
    ...(callId !== undefined && { callId }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    parameters,
    reconnectWindowMs: reconnect.windowMs,
  };
}
