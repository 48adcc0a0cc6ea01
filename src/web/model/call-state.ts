/** The page's call as a pure state machine, so that every path can be tested without a browser. */
import type { SessionEndReason } from '../../events/session-event.js';
import type { Failure } from './failures.js';

/** `automatic`: the page itself calls again, because the connection was lost. */
export type CallState =
  | { readonly phase: 'idle' }
  /** The browser is asking for the microphone. */
  | { readonly phase: 'asking'; readonly automatic: boolean }
  | { readonly phase: 'connecting'; readonly automatic: boolean }
  | { readonly phase: 'live'; readonly automatic: boolean }
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
  /** The connection broke without a message from the relay. */
  | { readonly type: 'lost' }
  | { readonly type: 'session_ended'; readonly reason: SessionEndReason }
  | { readonly type: 'retry_due' };

/** Effects to carry out: ask for the microphone, connect, hang up, wait for `retry_due`. */
export type CallEffect = 'ask' | 'connect' | 'hang_up' | 'await_retry';

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
      return state.phase === 'connecting'
        ? { state: { phase: 'live', automatic: state.automatic }, effects: [] }
        : { state, effects: [] };
    case 'failed':
      return inCall(state) ? fail(input.failure) : { state, effects: [] };
    case 'lost':
      if (state.phase === 'connecting') return fail({ kind: 'connection_lost' });
      if (state.phase !== 'live') return { state, effects: [] };
      // Only one retry: a relay that drops every call must not be called endlessly.
      return state.automatic
        ? fail({ kind: 'connection_lost' })
        : { state: { phase: 'lost' }, effects: ['hang_up', 'await_retry'] };
    case 'session_ended':
      return inCall(state)
        ? { state: { phase: 'ended', reason: input.reason }, effects: ['hang_up'] }
        : { state, effects: [] };
    case 'retry_due':
      return state.phase === 'lost' ? ask(true) : { state, effects: [] };
  }
}

/** Whether a call is running or being set up. */
export function inCall({ phase }: CallState): boolean {
  return phase === 'asking' || phase === 'connecting' || phase === 'live' || phase === 'lost';
}

const endings: Readonly<Record<SessionEndReason, string>> = {
  hangup: 'you hung up',
  completed: 'the agent said goodbye',
  ended: 'the relay’s program ended it',
  idle_timeout: 'there was silence for too long',
  max_duration: 'it reached its longest duration',
  transport_error: 'the connection failed',
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
      return 'Live';
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

function fail(failure: Failure): CallStep {
  return { state: { phase: 'failed', failure }, effects: ['hang_up'] };
}
