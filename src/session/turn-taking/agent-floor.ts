/** The agent's side of the state machine: when its turns begin, are revoked or cut, and end. */
import type { TurnAbortReason } from '../../events/session-event.js';
import type { UtteranceTiming } from './caller-utterance.js';
import { isAudible } from './machine-state.js';
import type { MachineStep } from './machine-step.js';
import type { Speculation } from './speculation.js';
import {
  timerNames,
  type AgentTurn,
  type MachineInput,
  type OutputStage,
  type PendingCommit,
  type TurnKind,
} from './session-state.js';

export class AgentFloor {
  readonly #step: MachineStep;
  readonly #speculation: Speculation;

  constructor(step: MachineStep, speculation: Speculation) {
    this.#step = step;
    this.#speculation = speculation;
  }

  /** Opens an answer to the caller's words, at once or, if the agent is audible, after its turn was cut. */
  commit(commit: PendingCommit): void {
    const { agent } = this.#step.state;
    if (agent && isAudible(agent.phase)) {
      // The caller's words are committed, so the audible turn is cut.
      if (agent.phase !== 'cutting') this.#cut('caller');
      const { pending } = this.#step.state;
      this.#step.update({ pending: pending ? joined(pending, commit) : commit });
      return;
    }
    const continued = agent?.phase === 'revoked' ? agent : null;
    if (agent && !continued) this.endTurn(agent.phase === 'awaiting' ? null : 'superseded');
    const turn = continued?.turn ?? this.#step.takeTurnNumber();
    const text = continued && !commit.repeats ? `${continued.text} ${commit.text}`.trim() : commit.text;
    this.#step.update({ reprompts: 0, falsePauses: 0 });
    this.#step.emit({ type: 'transcript.final', turn, text, typed: commit.typed });
    this.#step.emit({ type: 'turn.start', turn, text });
    const delayMs = commit.typed ? 0 : this.#step.turnTaking.minResponseDelayMs;
    this.openTurn('answer', turn, text, commit.timing, commit.timing.mouthMs + delayMs, continued !== null);
  }

  /** Begins an agent turn. It is not audible before `releaseAtMs`. */
  openTurn(
    kind: TurnKind,
    turn: number,
    text: string,
    timing: UtteranceTiming | null,
    releaseAtMs: number,
    again = false,
  ): void {
    const phase = kind === 'answer' && !this.#step.state.managed ? 'awaiting' : 'generating';
    const agent: AgentTurn = {
      turn,
      kind,
      phase,
      stage: null,
      text,
      timing,
      releaseAtMs,
      heldSinceMs: null,
      interruptedBy: null,
      endsCall: false,
      failed: false,
    };
    if (kind !== 'answer') this.#step.emit({ type: 'turn.start', turn, text });
    const adopts = this.#speculation.settle(turn, text, kind === 'answer');
    this.#step.update({ agent });
    this.#step.effects.push({
      type: 'start_turn',
      turn: agent,
      commitMs: this.#step.nowMs,
      again,
      adopts,
    });
  }

  /** The application speaks: answers the awaiting turn, or opens an unprompted one. No-op during other turns. */
  speak(): void {
    const { agent } = this.#step.state;
    if (agent?.phase === 'awaiting') this.#step.setAgentPhase('generating');
    else if (agent) return;
    else this.openTurn('unprompted', this.#step.takeTurnNumber(), '', null, 0);
    const turn = this.#step.state.agent?.turn;
    if (turn !== undefined) this.#step.effects.push({ type: 'speak_now', turn });
  }

  outputStage(turn: number, stage: OutputStage): void {
    if (this.#step.state.agent?.turn === turn) this.#step.updateAgent({ stage });
  }

  nothingToPlay(turn: number, failed: boolean, endsCall: boolean): void {
    if (!this.#step.isAgent(turn, 'generating')) return;
    this.endTurn(failed ? 'error' : null);
    if (endsCall) this.end('completed');
  }

  outputFinished(turn: number, failed: boolean, endsCall: boolean): void {
    if (this.#step.state.agent?.turn !== turn) return;
    this.#step.updateAgent({ endsCall: endsCall && !failed, failed });
  }

  playedOut(turn: number, heardText: string): void {
    const { agent } = this.#step.state;
    if (agent?.turn !== turn || (agent.phase !== 'playing' && agent.phase !== 'paused')) return;
    this.#step.cancelTimer('barge_in');
    // A late pause must not hold back the next answer.
    if (agent.phase === 'paused') this.#step.effects.push({ type: 'resume_playout', turn });
    this.#step.update({ agentSaid: heardText });
    this.#step.emit({ type: 'tts.audio_end', turn, cut: false });
    this.endTurn(agent.failed ? 'error' : null);
    if (agent.endsCall) this.end('completed');
  }

  /** Ends the open turn, if any. An answer that was not audible is dropped. */
  endTurn(aborted: TurnAbortReason | null): void {
    const { agent } = this.#step.state;
    if (!agent) return;
    this.#step.cancelTimer('release');
    if (!isAudible(agent.phase)) {
      this.#step.effects.push({ type: 'drop_answer', turn: agent.turn, revoked: false });
    }
    this.#step.effects.push({ type: 'end_turn', turn: agent.turn, aborted });
    this.#step.update({ agent: null });
  }

  /** The caller's words are confirmed: cuts an audible turn, revokes an answer that is not audible yet. */
  takeTheFloor(): void {
    const { agent } = this.#step.state;
    if (!agent) return;
    if (isAudible(agent.phase)) return this.#cut('caller');
    if (agent.phase === 'revoked') return;
    if (agent.phase === 'awaiting' && !this.#goesOn(agent)) return;
    if (agent.kind !== 'answer') return this.endTurn('superseded');
    this.#step.cancelTimer('release');
    this.#step.effects.push({ type: 'drop_answer', turn: agent.turn, revoked: true });
    this.#step.emit({ type: 'turn.continued', turn: agent.turn, text: agent.text });
    this.#step.setAgentPhase('revoked');
  }

  /** Stops the open turn in any phase, except an awaiting one. */
  interrupt(by: 'caller' | 'api'): void {
    const { agent } = this.#step.state;
    if (!agent) return;
    if (isAudible(agent.phase)) this.#cut(by);
    else if (agent.phase !== 'awaiting') this.endTurn('interrupted');
  }

  #cut(by: 'caller' | 'api'): void {
    const { agent } = this.#step.state;
    if (!agent || agent.phase === 'cutting') return;
    this.#step.cancelTimer('barge_in');
    this.#step.updateAgent({ phase: 'cutting', interruptedBy: by });
    this.#step.effects.push({ type: 'cut_playout', turn: agent.turn });
  }

  /** The cut is done and the heard text is known: ends the turn and commits the words that interrupted it. */
  cutDone(input: Extract<MachineInput, { type: 'cut_done' }>): void {
    const { agent, pending } = this.#step.state;
    if (agent?.turn !== input.turn || agent.phase !== 'cutting') return;
    const { turn, heardText, heard } = input;
    this.#step.emit({
      type: 'agent.interrupted',
      turn,
      heardText,
      heard,
      by: agent.interruptedBy ?? 'caller',
    });
    this.#step.emit({ type: 'tts.audio_end', turn, cut: true });
    this.endTurn('interrupted');
    this.#step.update({ pending: null, agentSaid: heardText });
    if (pending) this.commit(pending);
  }

  /** Ends the session. */
  end(reason: Extract<MachineInput, { type: 'end' }>['reason']): void {
    const { agent } = this.#step.state;
    for (const timer of timerNames) this.#step.cancelTimer(timer);
    this.#speculation.drop('ended');
    if (agent) {
      if (isAudible(agent.phase)) this.#step.emit({ type: 'tts.audio_end', turn: agent.turn, cut: true });
      this.endTurn(reason === 'hangup' || reason === 'transport_error' ? 'hangup' : 'ended');
    }
    this.#step.update({ phase: 'ended', caller: null, agent: null, pending: null });
    this.#step.effects.push({ type: 'end_session', reason });
  }

  /** The application may never answer an awaiting turn, so only speech that follows soon continues it. */
  #goesOn(agent: AgentTurn): boolean {
    const { caller } = this.#step.state;
    if (!caller || !agent.timing) return false;
    return caller.onsetMs - agent.timing.mouthMs < this.#step.turnTaking.unfinishedPhraseMs;
  }
}

function joined(first: PendingCommit, second: PendingCommit): PendingCommit {
  return { ...second, text: `${first.text} ${second.text}`.trim() };
}
