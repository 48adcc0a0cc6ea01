/**
 * The rules of a conversation as a pure function: who may speak, when a turn is committed, what an interruption does.
 * Time comes in as data; what has to be done comes out as effects.
 */
import type { TurnAbortReason } from '../events/session-event.js';
import { commitSilenceMs, confirmsSpeech, contains, isBackchannel, saysTheSame } from './caller-text.js';
import {
  addSegment,
  correctWords,
  forgetWords,
  giveUpFinal,
  owesFinals,
  settleLateFinal,
  startSpeaking,
  stopSpeaking,
  textOf,
  timingOf,
  unheardUtterance,
  type CallerUtterance,
  type UtteranceTiming,
} from './caller-utterance.js';
import type {
  AgentPhase,
  AgentTurn,
  EventDraft,
  MachineEffect,
  MachineInput,
  MachineState,
  PendingCommit,
  TimerName,
  Transition,
  TurnKind,
} from './session-state.js';
import type { TurnTaking } from './turn-taking.js';

/** Applies one input. Inputs that no longer matter (of an earlier turn, after the end) change nothing. */
export function transition(state: MachineState, input: MachineInput, turnTaking: TurnTaking): Transition {
  if (state.phase === 'ended') return { state, effects: [] };
  const step = new Step(state, input.atMs, turnTaking);
  step.apply(input);
  return { state: step.state, effects: step.effects };
}

/** How long a sound that may become speech can hold back an answer that is due. */
const longestDoubtMs = 200;

/** One transition under construction. */
class Step {
  state: MachineState;
  readonly effects: MachineEffect[] = [];
  readonly #nowMs: number;
  readonly #turnTaking: TurnTaking;

  constructor(state: MachineState, nowMs: number, turnTaking: TurnTaking) {
    this.state = state;
    this.#nowMs = nowMs;
    this.#turnTaking = turnTaking;
  }

  apply(input: MachineInput): void {
    switch (input.type) {
      case 'connected':
        this.state = { ...this.state, phase: 'live' };
        if (input.greets) this.#openTurn('greeting', 0, '', null, 0);
        return;
      case 'speech_started':
        return this.#speechStarted(input.onsetMs);
      case 'speech_ended':
        return this.#speechEnded(input.lastSpeechMs);
      case 'stt_partial':
        return this.#partial(input.text);
      case 'stt_final':
        return this.#final(input.text, input.endOfUtterance);
      case 'typed':
        return this.#typed(input.text);
      case 'timer':
        return this.#timer(input.timer, input.speechLikely);
      case 'audio_ready':
        return this.#audioReady(input.turn, input.speechLikely);
      case 'nothing_to_play':
        return this.#nothingToPlay(input.turn, input.failed, input.endsCall);
      case 'output_finished':
        if (this.state.agent?.turn === input.turn) {
          this.#updateAgent({ endsCall: input.endsCall && !input.failed, failed: input.failed });
        }
        return;
      case 'played_out':
        return this.#playedOut(input.turn);
      case 'cut_done':
        return this.#cutDone(input);
      case 'speak':
        return this.#speak();
      case 'interrupt':
        return this.#interrupt('api');
      case 'end':
        return this.#end(input.reason);
    }
  }

  #speechStarted(onsetMs: number): void {
    const before = this.state.caller;
    this.#setCaller(startSpeaking(before, onsetMs));
    this.#cancelTimer('commit');
    this.#emit({ type: 'speech.start', turn: this.#candidateTurn(), onsetMs });
    this.effects.push({ type: 'stt_speech_started' });
    const { agent } = this.state;
    if (agent?.phase !== 'playing') return;
    this.#setAgentPhase('paused');
    this.effects.push({ type: 'pause_playout', turn: agent.turn });
    this.#emit({ type: 'agent.paused', turn: agent.turn });
    this.#setTimer('barge_in', this.#nowMs + this.#turnTaking.bargeInTimeoutMs);
  }

  #speechEnded(lastSpeechMs: number): void {
    const { caller } = this.state;
    if (!caller?.speaking) return;
    this.#setCaller(stopSpeaking(caller, lastSpeechMs, this.#nowMs));
    this.#emit({ type: 'speech.end', turn: this.#candidateTurn(), lastSpeechMs });
    this.effects.push({ type: 'stt_flush' });
    this.#setTimer('final', this.#nowMs + this.#turnTaking.finalTimeoutMs);
  }

  #partial(text: string): void {
    const caller = this.state.caller ?? unheardUtterance(this.#nowMs);
    const late = !caller.speaking && owesFinals(caller, this.#nowMs);
    if (late || text === caller.partial) return;
    this.#emit({ type: 'transcript.partial', turn: this.#candidateTurn(), text });
    const confirmed = caller.confirmed || confirmsSpeech(caller.partial, text, this.#turnTaking);
    this.#setCaller({ ...caller, partial: text, confirmed });
    if (caller.undetected) this.#setTimer('final', this.#nowMs + this.#turnTaking.finalTimeoutMs);
    if (this.state.agent?.phase === 'paused') {
      this.#setTimer('barge_in', this.#nowMs + this.#turnTaking.bargeInTimeoutMs);
    }
    if (confirmed && !caller.confirmed) this.#takeTheFloor();
  }

  #final(text: string, endOfUtterance: boolean): void {
    const said = text.trim();
    const { caller: known } = this.state;
    const late = known && owesFinals(known, this.#nowMs) ? known : null;
    if (late && endOfUtterance) return this.#lateFinal(late, said);
    if (late && !late.speaking && !late.awaitingFinal) return this.#lateSegment(late, said);
    if (!known && said === '') return;
    const caller = known ?? unheardUtterance(this.#nowMs);
    const answered = caller.awaitingFinal && endOfUtterance;
    const awaitingFinal = caller.awaitingFinal && !endOfUtterance;
    this.#addWords({ ...caller, awaitingFinal }, said);
    if (answered || (!caller.speaking && !caller.awaitingFinal && endOfUtterance)) this.#utteranceHeard();
    else if (caller.undetected) this.#setTimer('final', this.#nowMs + this.#turnTaking.finalTimeoutMs);
  }

  #addWords(caller: CallerUtterance, said: string): void {
    this.#setCaller(addSegment(caller, said, this.#nowMs));
    if (said !== '' && !this.#onlyBackchannels()) this.#confirm();
  }

  /** An answer that was done without: words of which none were known are news, others may have to be corrected. */
  #lateFinal(known: CallerUtterance, said: string): void {
    const { words: taken = '', shared = false } = known.overdue.taken[0] ?? {};
    const caller = settleLateFinal(known);
    const isOver = !caller.speaking && !caller.awaitingFinal;
    if (said !== '' && (taken === '' || (shared && !contains(taken, said)))) {
      this.#addWords(caller, said);
      if (isOver) this.#utteranceHeard();
      return;
    }
    const corrected = said === '' || shared ? null : correctWords(caller, taken, said);
    if (corrected) return this.#setCaller(corrected);
    this.#setCaller(isOver && caller.segments.length === 0 ? forgetWords(caller, this.#nowMs) : caller);
    if (said !== '' && !shared && !saysTheSame(taken, said)) this.#correctTurn(taken, said, isOver);
  }

  /** An answer that was done without begins to come; where nothing was known of its words, the rest is waited for. */
  #lateSegment(known: CallerUtterance, said: string): void {
    if (said === '' || known.overdue.taken[0]?.words !== '') return;
    this.#addWords({ ...settleLateFinal(known), awaitingFinal: true }, said);
    this.#setTimer('final', this.#nowMs + this.#turnTaking.finalTimeoutMs);
  }

  /** A turn was committed with other words than the caller said: while nobody has heard the answer, it is given again. */
  #correctTurn(taken: string, said: string, isOver: boolean): void {
    const { agent } = this.state;
    if (agent?.kind !== 'answer' || agent.phase === 'awaiting' || isAudible(agent.phase)) return;
    if (!agent.text.endsWith(taken)) return;
    const wasRevoked = agent.phase === 'revoked';
    this.#takeTheFloor();
    const text = agent.text.slice(0, agent.text.length - taken.length) + said;
    this.#updateAgent({ text });
    const timing = agent.timing ?? { mouthMs: this.#nowMs, vadEndMs: this.#nowMs, sttFinalMs: this.#nowMs };
    // A caller who has gone on has the turn committed again in the end.
    if (isOver && !wasRevoked) this.#commit({ text, repeats: true, timing, typed: false });
  }

  #finalTimedOut(): void {
    const { caller } = this.state;
    if (!caller?.awaitingFinal) return;
    if (this.#isWorthWaiting(caller)) {
      return this.#setTimer('final', caller.lastSpeechMs + this.#turnTaking.unfinishedPhraseMs);
    }
    this.#setCaller(giveUpFinal(caller, this.#nowMs));
    if (caller.partial.trim() !== '' && !this.#onlyBackchannels()) this.#confirm();
    this.#utteranceHeard();
  }

  /** Asking the caller to repeat words that are on their way would be rude; and without any there is nothing else to do. */
  #isWorthWaiting({ speaking, segments, partial, lastSpeechMs }: CallerUtterance): boolean {
    const isUnknown = segments.length === 0 && partial.trim() === '';
    const isDue = this.#nowMs >= lastSpeechMs + this.#turnTaking.unfinishedPhraseMs;
    return isUnknown && !isDue && !speaking && this.state.agent === null;
  }

  /** The recogniser has said all it has to say about the caller's speech so far. */
  #utteranceHeard(): void {
    this.#cancelTimer('final');
    const { caller, agent } = this.state;
    if (!caller || caller.speaking) return;
    const text = textOf(caller);
    if (text === '' || (agent && isHeld(agent.phase) && this.#onlyBackchannels())) {
      this.#nothingSaid(text === '' ? 'no_words' : 'backchannel', caller);
      return;
    }
    this.#takeTheFloor();
    const waitMs = commitSilenceMs(text, this.#turnTaking);
    const commitAtMs = (caller.timing?.mouthMs ?? this.#nowMs) + waitMs;
    if (commitAtMs > this.#nowMs && waitMs > this.#turnTaking.endSilenceMs)
      this.#setTimer('commit', commitAtMs);
    else this.#commitUtterance();
  }

  #nothingSaid(reason: 'no_words' | 'backchannel', caller: CallerUtterance): void {
    const { agent } = this.state;
    this.#dropUtterance();
    if (agent?.phase === 'paused') return this.#resume(reason);
    if (agent?.phase === 'revoked') {
      // The words that revoked the answer were taken back, so the turn stands as it was.
      const timing = agent.timing ?? timingOf(caller, this.#nowMs);
      this.#commit({ text: agent.text, repeats: true, timing, typed: false });
      return;
    }
    if (agent) return this.#releaseIfAllowed(false);
    if (caller.speechMs < this.#turnTaking.unrecognisedSpeechMs || !this.state.managed) return;
    this.#emit({
      type: 'warning',
      turn: this.state.nextTurn,
      code: 'unrecognised_speech',
      message: `${Math.round(caller.speechMs)} ms of speech had no words in it that the recogniser knows.`,
    });
    if (this.state.sorryPrompts >= this.#turnTaking.maxSorryPrompts) return;
    this.state = { ...this.state, sorryPrompts: this.state.sorryPrompts + 1 };
    const timing = timingOf(caller, this.#nowMs);
    this.#openTurn(
      'sorry',
      this.#takeTurnNumber(),
      '',
      timing,
      timing.mouthMs + this.#turnTaking.minResponseDelayMs,
    );
  }

  #commitUtterance(): void {
    const { caller } = this.state;
    if (!caller || caller.segments.length === 0) return;
    const timing = caller.timing ?? timingOf(caller, this.#nowMs);
    this.#dropUtterance();
    this.#commit({ text: textOf(caller), timing, typed: false });
  }

  #typed(text: string): void {
    const timing = { mouthMs: this.#nowMs, vadEndMs: this.#nowMs, sttFinalMs: this.#nowMs };
    this.#interrupt('caller');
    this.#commit({ text, timing, typed: true });
  }

  /** Makes a turn of the caller's words, now or, while an interrupted turn is being wound up, right after it. */
  #commit(commit: PendingCommit): void {
    const { agent } = this.state;
    if (agent && isAudible(agent.phase)) {
      // The caller's words are committed: whatever is being said gives way.
      if (agent.phase !== 'cutting') this.#cut('caller');
      const { pending } = this.state;
      this.state = { ...this.state, pending: pending ? joined(pending, commit) : commit };
      return;
    }
    const continued = agent?.phase === 'revoked' ? agent : null;
    if (agent && !continued) this.#endTurn(agent.phase === 'awaiting' ? null : 'superseded');
    const turn = continued?.turn ?? this.#takeTurnNumber();
    const text = continued && !commit.repeats ? `${continued.text} ${commit.text}`.trim() : commit.text;
    this.state = { ...this.state, sorryPrompts: 0 };
    this.#emit({ type: 'transcript.final', turn, text, typed: commit.typed });
    this.#emit({ type: 'turn.start', turn, text });
    const delayMs = commit.typed ? 0 : this.#turnTaking.minResponseDelayMs;
    this.#openTurn('answer', turn, text, commit.timing, commit.timing.mouthMs + delayMs, continued !== null);
  }

  #openTurn(
    kind: TurnKind,
    turn: number,
    text: string,
    timing: UtteranceTiming | null,
    releaseAtMs: number,
    again = false,
  ): void {
    const phase = kind === 'answer' && !this.state.managed ? 'awaiting' : 'generating';
    const agent: AgentTurn = {
      turn,
      kind,
      phase,
      text,
      timing,
      releaseAtMs,
      interruptedBy: null,
      endsCall: false,
      failed: false,
    };
    if (kind !== 'answer') this.#emit({ type: 'turn.start', turn, text });
    this.state = { ...this.state, agent };
    this.effects.push({ type: 'start_turn', turn: agent, commitMs: this.#nowMs, again });
  }

  #speak(): void {
    const { agent } = this.state;
    if (agent?.phase === 'awaiting') this.#setAgentPhase('generating');
    else if (agent) return;
    else this.#openTurn('unprompted', this.#takeTurnNumber(), '', null, 0);
    const turn = this.state.agent?.turn;
    if (turn !== undefined) this.effects.push({ type: 'speak_now', turn });
  }

  /** Lets the answer out unless the caller may still be speaking or the earliest moment has not come. */
  #releaseIfAllowed(speechLikely: boolean): void {
    const { agent, caller } = this.state;
    if (agent?.phase !== 'ready' || caller?.speaking || caller?.awaitingFinal) return;
    if (this.#nowMs < agent.releaseAtMs) return this.#setTimer('release', agent.releaseAtMs);
    if (speechLikely && this.#nowMs < agent.releaseAtMs + longestDoubtMs) {
      return this.#setTimer('release', this.#nowMs + 20);
    }
    this.#cancelTimer('release');
    this.#setAgentPhase('playing');
    this.effects.push({ type: 'release_audio', turn: agent.turn });
    this.#emit({ type: 'tts.audio_start', turn: agent.turn });
  }

  #audioReady(turn: number, speechLikely: boolean): void {
    const { agent } = this.state;
    if (!agent || !this.#isAgent(turn, 'generating')) return;
    this.#updateAgent({ phase: 'ready', releaseAtMs: Math.max(agent.releaseAtMs, this.#nowMs) });
    this.#releaseIfAllowed(speechLikely);
  }

  #nothingToPlay(turn: number, failed: boolean, endsCall: boolean): void {
    if (!this.#isAgent(turn, 'generating')) return;
    this.#endTurn(failed ? 'error' : null);
    if (endsCall) this.#end('completed');
  }

  #playedOut(turn: number): void {
    const { agent } = this.state;
    if (agent?.turn !== turn || (agent.phase !== 'playing' && agent.phase !== 'paused')) return;
    this.#cancelTimer('barge_in');
    // A pause that came too late must not hold the next answer.
    if (agent.phase === 'paused') this.effects.push({ type: 'resume_playout', turn });
    this.#emit({ type: 'tts.audio_end', turn, cut: false });
    this.#endTurn(agent.failed ? 'error' : null);
    if (agent.endsCall) this.#end('completed');
  }

  #endTurn(aborted: TurnAbortReason | null): void {
    const { agent } = this.state;
    if (!agent) return;
    this.#cancelTimer('release');
    if (!isAudible(agent.phase)) {
      this.effects.push({ type: 'drop_answer', turn: agent.turn, revoked: false });
    }
    this.effects.push({ type: 'end_turn', turn: agent.turn, aborted });
    this.state = { ...this.state, agent: null };
  }

  /** The caller's words are real: what the agent is saying, or about to say, gives way. */
  #confirm(): void {
    const { caller } = this.state;
    if (!caller) return;
    this.#setCaller({ ...caller, confirmed: true });
    this.#takeTheFloor();
  }

  #takeTheFloor(): void {
    const { agent } = this.state;
    if (!agent) return;
    if (isAudible(agent.phase)) return this.#cut('caller');
    if (agent.phase === 'revoked') return;
    if (agent.phase === 'awaiting' && !this.#goesOn(agent)) return;
    if (agent.kind !== 'answer') return this.#endTurn('superseded');
    this.#cancelTimer('release');
    this.effects.push({ type: 'drop_answer', turn: agent.turn, revoked: true });
    this.#emit({ type: 'turn.continued', turn: agent.turn, text: agent.text });
    this.#setAgentPhase('revoked');
  }

  #interrupt(by: 'caller' | 'api'): void {
    const { agent } = this.state;
    if (!agent) return;
    if (isAudible(agent.phase)) this.#cut(by);
    else if (agent.phase !== 'awaiting') this.#endTurn('interrupted');
  }

  #cut(by: 'caller' | 'api'): void {
    const { agent } = this.state;
    if (!agent || agent.phase === 'cutting') return;
    this.#cancelTimer('barge_in');
    this.#updateAgent({ phase: 'cutting', interruptedBy: by });
    this.effects.push({ type: 'cut_playout', turn: agent.turn });
  }

  #cutDone(input: Extract<MachineInput, { type: 'cut_done' }>): void {
    const { agent, pending } = this.state;
    if (agent?.turn !== input.turn || agent.phase !== 'cutting') return;
    const { turn, heardText, heard } = input;
    this.#emit({ type: 'agent.interrupted', turn, heardText, heard, by: agent.interruptedBy ?? 'caller' });
    this.#emit({ type: 'tts.audio_end', turn, cut: true });
    this.#endTurn('interrupted');
    this.state = { ...this.state, pending: null };
    if (pending) this.#commit(pending);
  }

  #resume(reason: 'no_words' | 'backchannel'): void {
    const { agent } = this.state;
    if (agent?.phase !== 'paused') return;
    this.#cancelTimer('barge_in');
    this.#setAgentPhase('playing');
    this.effects.push({ type: 'resume_playout', turn: agent.turn });
    this.#emit({ type: 'agent.resumed', turn: agent.turn, reason });
  }

  #timer(timer: TimerName, speechLikely: boolean): void {
    switch (timer) {
      case 'final':
        return this.#finalTimedOut();
      case 'commit':
        if (this.state.caller && !this.state.caller.speaking) this.#commitUtterance();
        return;
      case 'release':
        return this.#releaseIfAllowed(speechLikely);
      case 'barge_in':
        return this.#resume('no_words');
    }
  }

  #end(reason: Extract<MachineInput, { type: 'end' }>['reason']): void {
    const { agent } = this.state;
    for (const timer of ['final', 'commit', 'release', 'barge_in'] as const) this.#cancelTimer(timer);
    if (agent) {
      if (isAudible(agent.phase)) this.#emit({ type: 'tts.audio_end', turn: agent.turn, cut: true });
      this.#endTurn(reason === 'hangup' || reason === 'transport_error' ? 'hangup' : 'ended');
    }
    this.state = { ...this.state, phase: 'ended', caller: null, agent: null, pending: null };
    this.effects.push({ type: 'end_session', reason });
  }

  #emit(event: EventDraft): void {
    this.effects.push({ type: 'emit', event });
  }

  #setTimer(timer: TimerName, atMs: number): void {
    this.effects.push({ type: 'set_timer', timer, atMs });
  }

  #cancelTimer(timer: TimerName): void {
    this.effects.push({ type: 'cancel_timer', timer });
  }

  #setCaller(caller: CallerUtterance | null): void {
    this.state = { ...this.state, caller };
  }

  /** Forgets what was said; an answer to a flush that is still to come is remembered as overdue. */
  #dropUtterance(): void {
    this.#cancelTimer('commit');
    const { caller } = this.state;
    this.#setCaller(caller && forgetWords(caller, this.#nowMs));
  }

  #onlyBackchannels(): boolean {
    const { caller } = this.state;
    return caller !== null && isBackchannel(textOf(caller), this.#turnTaking.backchannels);
  }

  /** A user who drives may never answer a turn, so only what follows at once continues it. */
  #goesOn(agent: AgentTurn): boolean {
    const { caller } = this.state;
    if (!caller || !agent.timing) return false;
    return caller.onsetMs - agent.timing.mouthMs < this.#turnTaking.unfinishedPhraseMs;
  }

  #setAgentPhase(phase: AgentPhase): void {
    this.#updateAgent({ phase });
  }

  #updateAgent(change: Partial<AgentTurn>): void {
    if (this.state.agent) this.state = { ...this.state, agent: { ...this.state.agent, ...change } };
  }

  #isAgent(turn: number, phase: AgentPhase): boolean {
    return this.state.agent?.turn === turn && this.state.agent.phase === phase;
  }

  #takeTurnNumber(): number {
    const turn = this.state.nextTurn;
    this.state = { ...this.state, nextTurn: turn + 1 };
    return turn;
  }

  /** The turn that the caller's words may become: the open one while its answer can be revoked, else the next. */
  #candidateTurn(): number {
    const { agent } = this.state;
    const revocable = agent?.kind === 'answer' && !isAudible(agent.phase) && agent.phase !== 'awaiting';
    return revocable ? agent.turn : this.state.nextTurn;
  }
}

function isAudible(phase: AgentPhase): boolean {
  return phase === 'playing' || phase === 'paused' || phase === 'cutting';
}

/** Whether a backchannel said in this phase asks for nothing: the agent has, or is about to have, the floor. */
function isHeld(phase: AgentPhase): boolean {
  return phase === 'playing' || phase === 'paused' || phase === 'generating' || phase === 'ready';
}

function joined(first: PendingCommit, second: PendingCommit): PendingCommit {
  return { ...second, text: `${first.text} ${second.text}`.trim() };
}
