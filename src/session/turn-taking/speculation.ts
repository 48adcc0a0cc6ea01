/**
 * Decides when an answer is begun before the caller's turn is certain, and whether the committed turn adopts it. Such an
 * answer is never audible before the commit, so it changes nothing but the latency.
 */
import { commitSilenceMs, readsTheSame } from '../input/caller-text.js';
import { textOf } from './caller-utterance.js';
import type { MachineStep } from './machine-step.js';
import {
  fullTrust,
  laterPauses,
  type DropReason,
  type SpeculationLimits,
  type SpeculationState,
} from './speculation-state.js';

export class Speculation {
  readonly #step: MachineStep;

  constructor(step: MachineStep) {
    this.#step = step;
  }

  /** The caller has paused for this long: the words so far may be all. */
  paused(silenceMs: number): void {
    const { caller, speculation } = this.#step.state;
    if (!caller || !speculation.limits || silenceMs < speculation.limits.minStableMs) return;
    this.#update({ standing: this.#words() });
    if (speculation.trust > 0) this.#step.setCaller({ ...caller, settled: true });
  }

  /** The caller goes on. */
  wentOn(): void {
    const { current, standing } = this.#step.state.speculation;
    if (standing !== null) this.#update({ standing: null });
    if (!current) return;
    this.drop('went_on');
    this.#update({ wentOn: true });
  }

  /** Begins an answer if the words are probably all that the caller says; drops one to other words. */
  consider(): void {
    const { speculation } = this.#step.state;
    if (!speculation.limits) return;
    const text = this.#words();
    const { current } = speculation;
    if (current) {
      if (text !== null && readsTheSame(current.text, text)) return;
      this.drop('other_words');
    }
    if (text !== null && this.#isLikelyAll(text)) this.#begin(text);
  }

  /** A turn opens. Returns whether it adopts the answer that was begun; drops it otherwise. */
  settle(turn: number, text: string, isAnswer: boolean): boolean {
    const { current, standing, trust } = this.#step.state.speculation;
    if (standing !== null && isAnswer) {
      const wasAll = readsTheSame(standing, text);
      this.#update({ trust: wasAll ? Math.min(fullTrust, trust + 1) : Math.max(0, trust - 1) });
    }
    if (standing !== null) this.#update({ standing: null });
    if (!current) return false;
    const same = readsTheSame(current.text, text);
    if (isAnswer && same && current.turn === turn) {
      this.#update({ current: null });
      return true;
    }
    this.drop(isAnswer && !same ? 'other_words' : 'ended');
    return false;
  }

  /** The session has other parts: drops an answer that was begun with the old ones. */
  changed(limits: SpeculationLimits | null, answers: boolean): void {
    if (answers || !limits) this.drop('changed');
    this.#update({ limits });
  }

  drop(reason: DropReason): void {
    if (!this.#step.state.speculation.current) return;
    this.#update({ current: null });
    this.#step.effects.push({ type: 'drop_speculation', reason });
  }

  #begin(text: string): void {
    const turn = this.#turn;
    const { speculation } = this.#step.state;
    const tries = speculation.turn === turn ? speculation.tries : 0;
    const wentOn = speculation.turn === turn && speculation.wentOn;
    if (tries >= (speculation.limits?.maxPerTurn ?? 0)) return;
    if (wentOn && !this.#pausesLonger) return;
    this.#update({ current: { turn, text }, turn, tries: tries + 1, wentOn });
    this.#step.effects.push({ type: 'speculate', turn, text });
  }

  /** A caller who paused in the middle of a sentence may do so again: whether the pause is twice as long, or over. */
  get #pausesLonger(): boolean {
    const { caller, speculation } = this.#step.state;
    return !caller?.speaking || caller.pausedMs >= laterPauses * (speculation.limits?.minStableMs ?? 0);
  }

  #isLikelyAll(text: string): boolean {
    const { phase, managed, lostAtMs, caller, agent, pending, agentSaid } = this.#step.state;
    if (phase !== 'live' || !managed || lostAtMs !== null || pending || !caller?.settled) return false;
    if (agent && agent.phase !== 'revoked') return false;
    const { turnTaking } = this.#step;
    return commitSilenceMs(text, turnTaking, agentSaid) <= turnTaking.endSilenceMs;
  }

  /** All words of the turn so far, also those that are not final; null if the caller has said none. */
  #words(): string | null {
    const { caller, agent } = this.#step.state;
    if (!caller) return null;
    const said = `${textOf(caller)} ${caller.partial}`.trim();
    if (said === '') return null;
    return agent?.phase === 'revoked' ? `${agent.text} ${said}`.trim() : said;
  }

  get #turn(): number {
    const { agent, nextTurn } = this.#step.state;
    return agent?.phase === 'revoked' ? agent.turn : nextTurn;
  }

  #update(change: Partial<SpeculationState>): void {
    this.#step.update({ speculation: { ...this.#step.state.speculation, ...change } });
  }
}
