/** Pauses an audible turn for a possible interruption, and resumes it if there was none. */
import type { MachineStep } from './machine-step.js';
import { countFalsePause, neededEvidence, type FalsePauseReason } from './pause-evidence.js';
import type { AgentTurn } from './session-state.js';

export class BargeIn {
  readonly #step: MachineStep;

  constructor(step: MachineStep) {
    this.#step = step;
  }

  /** The caller's speech has begun. */
  speechBegan(onsetMs: number): void {
    const { agent, falsePauses } = this.#step.state;
    if (agent?.phase !== 'playing') return;
    const needed = neededEvidence(falsePauses);
    if (needed === 'onset') this.#pause(agent);
    if (needed === 'long_speech')
      this.#step.setTimer('pause', onsetMs + this.#step.turnTaking.doubtfulSpeechMs);
  }

  /** The speech has lasted for `doubtfulSpeechMs`: evidence if its onset was not. */
  speechLasts(): void {
    const { agent, caller, falsePauses } = this.#step.state;
    if (agent?.phase !== 'playing' || !caller?.speaking) return;
    if (neededEvidence(falsePauses) === 'long_speech') this.#pause(agent);
  }

  /** A new partial; `hasWord`: it has a word that is not a backchannel. The recogniser may still take it back. */
  wordsGuessed(hasWord: boolean): void {
    const { agent, falsePauses } = this.#step.state;
    if (agent?.phase === 'paused') return this.#setTimeout();
    const needed = neededEvidence(falsePauses);
    const suffices = hasWord && (needed === 'long_speech' || needed === 'word');
    if (agent?.phase === 'playing' && suffices) this.#pause(agent);
  }

  /** A false pause, but another sound has begun: resumes, unless that sound is enough evidence to pause. */
  heardNothing(reason: FalsePauseReason): void {
    if (this.#step.state.agent?.phase === 'paused' && !this.isSpeechAfter(reason)) this.#goOn(reason);
  }

  /** A false pause: resumes the turn. */
  resume(reason: FalsePauseReason): void {
    if (this.#step.state.agent?.phase !== 'paused') return;
    this.countFalsePause(reason);
    this.#goOn(reason);
  }

  /** Counts a false pause. Returns whether the current sound has lasted long enough to count as speech. */
  isSpeechAfter(reason: FalsePauseReason): boolean {
    this.countFalsePause(reason);
    const { caller, falsePauses } = this.#step.state;
    if (!caller?.speaking || neededEvidence(falsePauses) !== 'long_speech') return false;
    const longMs = caller.onsetMs + this.#step.turnTaking.doubtfulSpeechMs;
    if (this.#step.nowMs >= longMs) return true;
    this.#step.setTimer('pause', longMs);
    return false;
  }

  countFalsePause(reason: FalsePauseReason): void {
    this.#step.update({ falsePauses: countFalsePause(this.#step.state.falsePauses, reason) });
  }

  #pause({ turn }: AgentTurn): void {
    this.#step.setAgentPhase('paused');
    this.#step.effects.push({ type: 'pause_playout', turn });
    this.#step.emit({ type: 'agent.paused', turn });
    this.#setTimeout();
  }

  #setTimeout(): void {
    this.#step.setTimer('barge_in', this.#step.nowMs + this.#step.turnTaking.bargeInTimeoutMs);
  }

  #goOn(reason: FalsePauseReason): void {
    const { agent } = this.#step.state;
    if (!agent) return;
    this.#step.cancelTimer('barge_in');
    this.#step.setAgentPhase('playing');
    this.#step.effects.push({ type: 'resume_playout', turn: agent.turn });
    this.#step.emit({ type: 'agent.resumed', turn: agent.turn, reason });
  }
}
