/** Decides when a ready answer becomes audible: not before it is due, and not while the caller speaks. */
import type { BargeIn } from './barge-in.js';
import type { MachineStep } from './machine-step.js';
import type { FalsePauseReason } from './pause-evidence.js';
import type { AgentTurn } from './session-state.js';

/** Longest time that a sound which may become speech holds back a due answer. */
const longestDoubtMs = 200;

export class AnswerGate {
  readonly #step: MachineStep;
  readonly #bargeIn: BargeIn;

  constructor(step: MachineStep, bargeIn: BargeIn) {
    this.#step = step;
    this.#bargeIn = bargeIn;
  }

  audioReady(turn: number, speechLikely: boolean): void {
    const { agent } = this.#step.state;
    if (!agent || !this.#step.isAgent(turn, 'generating')) return;
    this.#step.updateAgent({ phase: 'ready', releaseAtMs: Math.max(agent.releaseAtMs, this.#step.nowMs) });
    this.releaseIfAllowed(speechLikely);
  }

  /** Releases the answer if it is due and the caller is not speaking; else sets a timer to check again. */
  releaseIfAllowed(speechLikely: boolean): void {
    const { agent, caller, lostAtMs } = this.#step.state;
    if (agent?.phase !== 'ready' || lostAtMs !== null) return;
    if (this.#step.nowMs < agent.releaseAtMs) return this.#step.setTimer('release', agent.releaseAtMs);
    if ((caller?.speaking || caller?.awaitingFinal) && this.#isHeldBack(caller.speaking, agent)) return;
    if (speechLikely && this.#step.nowMs < agent.releaseAtMs + longestDoubtMs) {
      return this.#step.setTimer('release', this.#step.nowMs + 20);
    }
    this.#release(agent);
  }

  #release({ turn }: AgentTurn): void {
    this.#step.cancelTimer('release');
    this.#step.setAgentPhase('playing');
    this.#step.effects.push({ type: 'release_audio', turn });
    this.#step.emit({ type: 'tts.audio_start', turn });
  }

  /**
   * Whether the caller's sound holds the answer back. A sound without words does so for at most `bargeInTimeoutMs`.
   * Without partials, words are only known at the end of speech, so an answer waits for that; a greeting does not.
   */
  #isHeldBack(speaking: boolean, agent: AgentTurn): boolean {
    const sinceMs = agent.heldSinceMs ?? this.#step.nowMs;
    const untilMs = sinceMs + this.#step.turnTaking.bargeInTimeoutMs;
    const canTimeOut = this.#step.state.guesses || agent.kind === 'greeting';
    if (speaking && canTimeOut && this.#step.nowMs >= untilMs) {
      this.#bargeIn.countFalsePause('no_words');
      return false;
    }
    this.#step.updateAgent({ heldSinceMs: sinceMs });
    if (this.#step.nowMs < untilMs) this.#step.setTimer('release', untilMs);
    return true;
  }

  /** A new partial: the sound that holds the answer back may be words, so the timeout restarts. */
  wordsGuessed(): void {
    const { agent } = this.#step.state;
    if (agent?.phase !== 'ready' || agent.heldSinceMs === null) return;
    const { nowMs, turnTaking } = this.#step;
    this.#step.updateAgent({ heldSinceMs: nowMs });
    this.#step.setTimer('release', nowMs + turnTaking.bargeInTimeoutMs);
  }

  /** A sound that held the answer back had no words. The next sound needs more evidence to hold it back again. */
  heardNothing(reason: FalsePauseReason): void {
    const { agent, lostAtMs } = this.#step.state;
    if (agent?.phase !== 'ready' || lostAtMs !== null || this.#step.nowMs < agent.releaseAtMs) return;
    if (!this.#bargeIn.isSpeechAfter(reason)) this.#release(agent);
  }
}
