import type { MachineState, SessionState } from './session-state.js';

/** The state before the call. */
export function initialState(managed: boolean): MachineState {
  return {
    phase: 'waiting',
    managed,
    nextTurn: 1,
    caller: null,
    agent: null,
    pending: null,
    sorryPrompts: 0,
  };
}

/** The state in one word, for people and logs. */
export function describeState(state: MachineState): SessionState {
  if (state.phase === 'waiting') return 'waiting';
  if (state.phase === 'ended') return 'ended';
  switch (state.agent?.phase) {
    case 'playing':
      return 'speaking';
    case 'paused':
    case 'cutting':
      return 'paused';
    case 'generating':
    case 'ready':
    case 'revoked':
      return 'thinking';
    case 'awaiting':
    case undefined:
      return 'listening';
  }
}
