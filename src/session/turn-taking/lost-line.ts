/** What a lost connection does to the conversation: nothing becomes audible and no turn is committed until it is back. */
import type { AnswerGate } from './answer-gate.js';
import type { CallerWords } from './caller-words.js';
import type { MachineStep } from './machine-step.js';
import type { Speculation } from './speculation.js';

export class LostLine {
  readonly #step: MachineStep;
  readonly #gate: AnswerGate;
  readonly #caller: CallerWords;
  readonly #speculation: Speculation;

  constructor(
    step: MachineStep,
    { gate, caller, speculation }: { gate: AnswerGate; caller: CallerWords; speculation: Speculation },
  ) {
    this.#step = step;
    this.#gate = gate;
    this.#caller = caller;
    this.#speculation = speculation;
  }

  /** The connection is gone. The caller's sounds stop counting, but the words so far are kept. */
  lost(): void {
    if (this.#step.state.phase !== 'live' || this.#step.state.lostAtMs !== null) return;
    this.#step.update({ lostAtMs: this.#step.nowMs });
    this.#speculation.drop('ended');
    this.#step.effects.push({ type: 'pause_playout', turn: this.#turn });
    for (const timer of ['commit', 'release', 'pause', 'barge_in'] as const) this.#step.cancelTimer(timer);
  }

  /** The connection is back: an audible turn goes on, a ready answer is released, the caller's turn goes on. */
  back(): void {
    const { agent, lostAtMs } = this.#step.state;
    if (lostAtMs === null) return;
    this.#step.update({ lostAtMs: null });
    if (agent?.phase === 'paused')
      this.#step.setTimer('barge_in', this.#step.nowMs + this.#step.turnTaking.bargeInTimeoutMs);
    else this.#step.effects.push({ type: 'resume_playout', turn: this.#turn });
    this.#caller.lineBack(lostAtMs);
    this.#gate.releaseIfAllowed(false);
  }

  /** The open turn, else the next: playout pauses also between turns. */
  get #turn(): number {
    return this.#step.state.agent?.turn ?? this.#step.state.nextTurn;
  }
}
