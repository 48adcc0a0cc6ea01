import type { SessionActivity } from '../../events/session-activity.js';
import { noSpeculation, type SpeculationLimits } from './speculation-state.js';
import type { AgentPhase, AgentTurn, MachineState, SessionState } from './session-state.js';

/** What a machine is made for. */
export interface MachineTraits {
  /** Whether an agent answers; otherwise the application calls `speak()`. */
  readonly managed: boolean;
  /** Whether the recogniser is flushed in the first silence. @default false */
  readonly flushesEarly?: boolean;
  /** Limits of speculation; null for none. @default null */
  readonly speculation?: SpeculationLimits | null;
}

/** The state before the call. */
export function initialState({
  managed,
  flushesEarly = false,
  speculation = null,
}: MachineTraits): MachineState {
  return {
    phase: 'waiting',
    managed,
    nextTurn: 1,
    caller: null,
    agent: null,
    pending: null,
    reprompts: 0,
    falsePauses: 0,
    guesses: false,
    agentSaid: '',
    lostAtMs: null,
    flushesEarly,
    speculation: { ...noSpeculation, limits: speculation },
  };
}

/** The state in one word, for display and logs. */
export function describeState(state: MachineState): SessionState {
  if (state.phase === 'waiting') return 'waiting';
  if (state.phase === 'ended') return 'ended';
  if (state.lostAtMs !== null) return 'reconnecting';
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

/** What the session does or waits for in this state. */
export function describeActivity({ phase, agent, caller, lostAtMs }: MachineState): SessionActivity {
  if (phase !== 'live') return phase;
  if (lostAtMs !== null) return 'reconnecting';
  const floor = agent && agentActivity(agent);
  if (floor) return floor;
  if (caller?.speaking) return 'hearing';
  if (caller?.awaitingFinal) return 'waiting_for_final';
  if (caller && caller.segments.length > 0) return 'waiting_for_more';
  return agent?.phase === 'awaiting' ? 'waiting_for_speak' : 'listening';
}

/** The agent's activity; null if the caller's side describes the session better. */
function agentActivity({ phase, stage }: AgentTurn): SessionActivity | null {
  switch (phase) {
    case 'awaiting':
    case 'revoked':
      return null;
    case 'generating':
      return stage === null ? 'generating' : stageActivities[stage];
    case 'ready':
      return 'held';
    case 'playing':
      return 'speaking';
    case 'paused':
    case 'cutting':
      return 'paused';
  }
}

const stageActivities = {
  model: 'waiting_for_model',
  tools: 'running_tools',
  text: 'generating',
  voice: 'waiting_for_voice',
} as const;

/** Whether the turn is audible, paused, or just being cut. */
export function isAudible(phase: AgentPhase): boolean {
  return phase === 'playing' || phase === 'paused' || phase === 'cutting';
}
