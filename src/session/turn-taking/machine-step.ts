/** One transition of the state machine while it is built: the state and the effects so far. */
import type { CallerUtterance } from './caller-utterance.js';
import type {
  AgentPhase,
  AgentTurn,
  EventDraft,
  MachineEffect,
  MachineState,
  TimerName,
} from './session-state.js';
import type { TurnTaking } from './turn-taking.js';

/** Created for one input; all rules write to it. */
export class MachineStep {
  state: MachineState;
  readonly effects: MachineEffect[] = [];
  readonly nowMs: number;
  readonly turnTaking: TurnTaking;

  constructor(state: MachineState, nowMs: number, turnTaking: TurnTaking) {
    this.state = state;
    this.nowMs = nowMs;
    this.turnTaking = turnTaking;
  }

  update(change: Partial<MachineState>): void {
    this.state = { ...this.state, ...change };
  }

  emit(event: EventDraft): void {
    this.effects.push({ type: 'emit', event });
  }

  setTimer(timer: TimerName, atMs: number): void {
    this.effects.push({ type: 'set_timer', timer, atMs });
  }

  cancelTimer(timer: TimerName): void {
    this.effects.push({ type: 'cancel_timer', timer });
  }

  setCaller(caller: CallerUtterance | null): void {
    this.update({ caller });
  }

  setAgentPhase(phase: AgentPhase): void {
    this.updateAgent({ phase });
  }

  updateAgent(change: Partial<AgentTurn>): void {
    if (this.state.agent) this.update({ agent: { ...this.state.agent, ...change } });
  }

  isAgent(turn: number, phase: AgentPhase): boolean {
    return this.state.agent?.turn === turn && this.state.agent.phase === phase;
  }

  takeTurnNumber(): number {
    const turn = this.state.nextTurn;
    this.update({ nextTurn: turn + 1 });
    return turn;
  }
}
