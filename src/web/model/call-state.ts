/** The page's call as a pure state machine, so that every path can be tested without a browser. */
import type { SessionEndReason } from '../../events/session-event.js';
import type { Failure } from './failures.js';

/** `automatic`: the page itself has called again, because the call was lost: it is a new session. */
export type CallState =
  | { readonly phase: 'idle' }
  /** The browser is asking for the microphone. */
  | { readonly phase: 'asking'; readonly automatic: boolean }
  | { readonly phase: 'connecting'; readonly automatic: boolean }
  | { readonly phase: 'live'; readonly automatic: boolean }
  /** The connection was lost, and the page asks the relay for another one for the same call. */
  | { readonly phase: 'resuming'; readonly automatic: boolean }
  /** The connection was lost; the page will call again by itself. */
  | { readonly phase: 'lost' }
  /** The session has ended. */
  | { readonly phase: 'ended'; readonly reason: SessionEndReason }
  | { readonly phase: 'failed'; readonly failure: Failure };

export type CallInput =
  /** The visitor wants to talk. */
  | { readonly type: 'connect' }
  /** The visitor wants to stop, or leaves the page. */
  | { readonly type: 'disconnect' }
  /** The microphone is open, or unavailable, so that the call continues without it. */
  | { readonly type: 'microphone_settled' }
  | { readonly type: 'connected' }
  | { readonly type: 'failed'; readonly failure: Failure }
  /** The connection broke without a message from the relay. `resumable`: the call may go on over another. */
  | { readonly type: 'lost'; readonly resumable: boolean }
  /** The relay no longer has the call that should go on. */
  | { readonly type: 'call_over' }
  /** The call could not go on in time. */
  | { readonly type: 'gave_up'; readonly failure: Failure }
  | { readonly type: 'session_ended'; readonly reason: SessionEndReason }
  | { readonly type: 'retry_due' };

/**
 * Effects to carry out: ask for the microphone, connect, connect again for the same call, hang up, wait for `retry_due`.
 */
export type CallEffect = 'ask' | 'connect' | 'resume' | 'hang_up' | 'await_retry';

export interface CallStep {
  readonly state: CallState;
  readonly effects: readonly CallEffect[];
}

export const idle: CallState = { phase: 'idle' };

/** Applies an input. An input that is too late for the state changes nothing. */
export function callStep(state: CallState, input: CallInput): CallStep {
  switch (input.type) {
    case 'connect':
      return inCall(state) ? { state, effects: [] } : ask(false);
    case 'disconnect':
      return inCall(state) || state.phase === 'failed'
        ? { state: idle, effects: ['hang_up'] }
        : { state, effects: [] };
    case 'microphone_settled':
      return state.phase === 'asking'
        ? { state: { phase: 'connecting', automatic: state.automatic }, effects: ['connect'] }
        : { state, effects: [] };
    case 'connected':
      return state.phase === 'connecting' || state.phase === 'resuming'
        ? { state: { phase: 'live', automatic: state.automatic }, effects: [] }
        : { state, effects: [] };
    case 'failed':
      if (state.phase === 'resuming') return { state, effects: ['await_retry'] };
      return inCall(state) ? fail(input.failure) : { state, effects: [] };
    case 'call_over':
      // Only one new call: a relay that drops every call must not be called endlessly.
      if (state.phase !== 'resuming') return { state, effects: [] };
      return state.automatic ? fail({ kind: 'connection_lost' }) : again();
    case 'gave_up':
      return state.phase === 'resuming' ? fail(input.failure) : { state, effects: [] };
    case 'lost':
      if (state.phase === 'resuming') return { state, effects: ['await_retry'] };
      if (input.resumable && state.phase === 'live')
        return { state: { phase: 'resuming', automatic: state.automatic }, effects: ['resume'] };
      if (state.phase === 'connecting') return fail({ kind: 'connection_lost' });
      if (state.phase !== 'live') return { state, effects: [] };
      return state.automatic
        ? fail({ kind: 'connection_lost' })
        : { state: { phase: 'lost' }, effects: ['hang_up', 'await_retry'] };
    case 'session_ended':
      return inCall(state)
        ? { state: { phase: 'ended', reason: input.reason }, effects: ['hang_up'] }
        : { state, effects: [] };
    case 'retry_due':
      if (state.phase === 'resuming') return { state, effects: ['resume'] };
      return state.phase === 'lost' ? ask(true) : { state, effects: [] };
  }
}

/** Whether a call is running or being set up. */
export function inCall({ phase }: CallState): boolean {
  return ['asking', 'connecting', 'live', 'resuming', 'lost'].includes(phase);
}

const endings: Readonly<Record<SessionEndReason, string>> = {
  hangup: 'you hung up',
  completed: 'the agent said goodbye',
  ended: 'the relay’s program ended it',
  idle_timeout: 'there was silence for too long',
  max_duration: 'it reached its longest duration',
  transport_error: 'the connection failed',
  connection_lost: 'the connection was lost for too long',
  provider_error: 'a provider failed',
  shutdown: 'the relay is shutting down',
};

/** The state in words. */
export function callStateText(state: CallState): string {
  switch (state.phase) {
    case 'idle':
      return 'Not connected';
    case 'asking':
      return state.automatic ? 'Calling again' : 'Waiting for the microphone';
    case 'connecting':
      return 'Connecting';
    case 'live':
      return state.automatic ? 'Live: a new call, since the one before was lost' : 'Live';
    case 'resuming':
      return 'Connection lost: reconnecting';
    case 'lost':
      return 'Connection lost: calling again';
    case 'ended':
      return `Call ended: ${endings[state.reason]}`;
    case 'failed':
      return 'Not connected';
  }
}

function ask(automatic: boolean): CallStep {
  return { state: { phase: 'asking', automatic }, effects: ['ask'] };
}

/** Ends what is left of the call, and begins another. */
function again(): CallStep {
  const { state, effects } = ask(true);
  return { state, effects: ['hang_up', ...effects] };
}

function fail(failure: Failure): CallStep {
  return { state: { phase: 'failed', failure }, effects: ['hang_up'] };
}
