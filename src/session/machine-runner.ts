import { wallMsOf, type Clock } from '../core/clock.js';
import { StepRing } from './trace/step-ring.js';
import type { SessionTrace } from './trace/session-trace.js';
import { initialState, type MachineTraits } from './turn-taking/machine-state.js';
import type { MachineEffect, MachineInput, MachineState } from './turn-taking/session-state.js';
import { transition } from './turn-taking/state-machine.js';
import type { TurnTaking } from './turn-taking/turn-taking.js';

export interface MachineRunnerOptions extends MachineTraits {
  readonly turnTaking: TurnTaking;
  readonly clock: Clock;
  /** Whether an input still applies; asked when the input leaves the queue. */
  readonly matters: (input: MachineInput) => boolean;
  /** Carries out an effect. */
  readonly perform: (effect: MachineEffect) => void;
}

/**
 * Holds a session's state and runs its state machine. Performs all effects of one input before the next input.
 * Keeps the latest steps.
 */
export class MachineRunner {
  readonly #options: MachineRunnerOptions;
  readonly #inputs: MachineInput[] = [];
  readonly #steps = new StepRing();
  #state: MachineState;
  #running = false;

  constructor(options: MachineRunnerOptions) {
    this.#options = options;
    this.#state = initialState(options);
  }

  get state(): MachineState {
    return this.#state;
  }

  /** The open turn, else the last one. */
  get currentTurn(): number {
    return this.#state.agent?.turn ?? Math.max(0, this.#state.nextTurn - 1);
  }

  /** The latest steps. */
  get trace(): Omit<SessionTrace, 'sessionId'> {
    return { droppedSteps: this.#steps.dropped, steps: this.#steps.steps };
  }

  /** Applies an input at once, or after the current input if an effect dispatches it. */
  dispatch(input: MachineInput): void {
    this.#inputs.push(input);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift())
        if (this.#options.matters(next)) this.#step(next);
    } finally {
      this.#running = false;
    }
  }

  #step(input: MachineInput): void {
    if (this.#state.phase === 'ended') return;
    const { turnTaking, clock } = this.#options;
    const { state, effects } = transition(this.#state, input, turnTaking);
    this.#state = state;
    this.#steps.add({ atMs: input.atMs, wallMs: wallMsOf(clock), input, state, effects });
    for (const effect of effects) this.#options.perform(effect);
  }
}
