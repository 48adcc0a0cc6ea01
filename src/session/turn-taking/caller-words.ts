/** The caller's side of the state machine: turns speech and transcripts into confirmed words and turns. */
import type { AgentFloor } from './agent-floor.js';
import type { AnswerGate } from './answer-gate.js';
import type { BargeIn } from './barge-in.js';
import {
  commitSilenceMs,
  confirmsSpeech,
  contains,
  isBackchannel,
  saysTheSame,
} from '../input/caller-text.js';
import {
  addSegment,
  continueUndetected,
  correctWords,
  endFlushOf,
  expectsLateFinals,
  forgetWords,
  pauseSpeaking,
  resumeSpeaking,
  settleLateFinal,
  startSpeaking,
  stopSpeaking,
  textOf,
  timingOf,
  undetectedUtterance,
  usePartialAsFinal,
  type CallerUtterance,
} from './caller-utterance.js';
import { isAudible } from './machine-state.js';
import type { MachineStep } from './machine-step.js';
import type { AgentPhase } from './session-state.js';
import type { Speculation } from './speculation.js';

/** The other rules that the caller's words touch. */
export interface CallerWordsRules {
  readonly floor: AgentFloor;
  readonly gate: AnswerGate;
  readonly bargeIn: BargeIn;
  readonly speculation: Speculation;
}

export class CallerWords {
  readonly #step: MachineStep;
  readonly #floor: AgentFloor;
  readonly #gate: AnswerGate;
  readonly #bargeIn: BargeIn;
  readonly #speculation: Speculation;

  constructor(step: MachineStep, { floor, gate, bargeIn, speculation }: CallerWordsRules) {
    this.#step = step;
    this.#floor = floor;
    this.#gate = gate;
    this.#bargeIn = bargeIn;
    this.#speculation = speculation;
  }

  speechStarted(onsetMs: number): void {
    const before = this.#step.state.caller;
    this.#step.setCaller(startSpeaking(before, onsetMs));
    // Uncommitted words wait for the new speech, but only for a limited time in case it has no words.
    if (before?.segments.length && this.#step.state.guesses)
      this.#step.setTimer('commit', this.#step.nowMs + this.#step.turnTaking.bargeInTimeoutMs);
    else this.#step.cancelTimer('commit');
    this.#step.emit({ type: 'speech.start', turn: this.#candidateTurn(), onsetMs });
    this.#step.effects.push({ type: 'stt_speech_started' });
    this.#speculation.wentOn();
    this.#bargeIn.speechBegan(onsetMs);
    this.#gate.releaseIfAllowed(false);
  }

  /**
   * Silence within the speech: it may be over, so a recogniser that loses nothing by it is flushed already. Not while the
   * agent is audible: half a backchannel may look like an interruption.
   */
  speechPaused(silenceMs: number): void {
    const { caller, agent, flushesEarly } = this.#step.state;
    if (!caller?.speaking) return;
    const mayFlush = flushesEarly && !(agent && isAudible(agent.phase));
    const flush = mayFlush && !caller.flushedEarly && silenceMs >= this.#step.turnTaking.earlyFlushMs;
    this.#step.setCaller(pauseSpeaking(caller, silenceMs, flush));
    if (flush) this.#step.effects.push({ type: 'stt_flush' });
    this.#speculation.paused(silenceMs);
  }

  /** The speech goes on after a pause. */
  speechResumed(): void {
    const { caller } = this.#step.state;
    if (!caller?.speaking) return;
    this.#step.setCaller(resumeSpeaking(caller));
    if (caller.flushedEarly) this.#step.effects.push({ type: 'stt_speech_started' });
    this.#speculation.wentOn();
  }

  speechEnded(lastSpeechMs: number): void {
    const { caller } = this.#step.state;
    if (!caller?.speaking) return;
    const endFlush = endFlushOf(caller);
    this.#step.setCaller(stopSpeaking(caller, lastSpeechMs, this.#step.nowMs));
    this.#step.cancelTimer('pause');
    this.#step.cancelTimer('commit');
    this.#step.emit({ type: 'speech.end', turn: this.#candidateTurn(), lastSpeechMs });
    if (endFlush === 'answered') return this.#speechRecognised(textOf(caller) !== '');
    if (endFlush === 'due') this.#step.effects.push({ type: 'stt_flush' });
    this.#step.setTimer('final', this.#step.nowMs + this.#step.turnTaking.finalTimeoutMs);
  }

  /** `endLikely`: whether the recogniser thinks that the caller has finished, if it says. */
  partial(text: string, endLikely?: boolean): void {
    if (endLikely === false) this.#endUnlikely();
    const known = this.#step.state.caller ?? undetectedUtterance(this.#step.nowMs);
    const late = !known.speaking && expectsLateFinals(known, this.#step.nowMs);
    if (late) return;
    if (text === known.partial) return endLikely ? this.#settleWords(known, endLikely) : undefined;
    const caller = text.trim() === '' ? known : continueUndetected(known);
    this.#step.emit({ type: 'transcript.partial', turn: this.#candidateTurn(), text });
    const confirmed = caller.confirmed || confirmsSpeech(caller.partial, text, this.#step.turnTaking);
    this.#settleWords({ ...caller, partial: text, confirmed }, endLikely);
    if (caller.undetected) {
      this.#step.setTimer('final', this.#step.nowMs + this.#step.turnTaking.finalTimeoutMs);
      // Uncommitted words are committed together with these.
      this.#step.cancelTimer('commit');
    }
    if (text !== '') this.#step.update({ guesses: true });
    const hasWord = text.trim() !== '' && !isBackchannel(text, this.#step.turnTaking.backchannels);
    if (hasWord && caller.speaking) this.#step.cancelTimer('commit');
    const { agent } = this.#step.state;
    if (confirmed && (!caller.confirmed || (agent && isAudible(agent.phase)))) this.#confirm();
    else {
      this.#bargeIn.wordsGuessed(hasWord);
      this.#gate.wordsGuessed();
    }
  }

  final(text: string, endOfUtterance: boolean): void {
    const said = text.trim();
    const { caller: known } = this.#step.state;
    const late = known && expectsLateFinals(known, this.#step.nowMs) ? known : null;
    if (late && endOfUtterance) return this.#lateFinal(late, said);
    if (late && !late.speaking && !late.awaitingFinal) return this.#lateSegment(late, said);
    if (!known && said === '') return;
    // While the caller speaks, an unanswered flush of the stretch before comes first.
    if (known && known.earlyFlushes > 0 && endOfUtterance && !known.awaitingFinal)
      return this.#addWords({ ...known, earlyFlushes: known.earlyFlushes - 1 }, said);
    const caller = known ?? undetectedUtterance(this.#step.nowMs);
    const answered = caller.awaitingFinal && endOfUtterance;
    const awaitingFinal = caller.awaitingFinal && !endOfUtterance;
    this.#addWords({ ...caller, awaitingFinal }, said);
    // New words may complete the uncommitted ones.
    if (answered || (!caller.speaking && !caller.awaitingFinal && (endOfUtterance || said !== '')))
      this.#speechRecognised(said !== '');
    else if (caller.undetected)
      this.#step.setTimer('final', this.#step.nowMs + this.#step.turnTaking.finalTimeoutMs);
  }

  #addWords(caller: CallerUtterance, said: string): void {
    this.#settleWords(addSegment(caller, said, this.#step.nowMs));
    if (said !== '' && !this.#onlyBackchannels()) this.#confirm();
  }

  /** The recogniser takes back that the caller has probably finished. */
  #endUnlikely(): void {
    const { caller } = this.#step.state;
    if (!caller) return;
    this.#step.setCaller({ ...caller, settled: false });
    this.#speculation.wentOn();
  }

  /** New words that arrive in a silence are probably the last of the speech before it. */
  #settleWords(caller: CallerUtterance, endLikely = false): void {
    const isSilent = caller.pausedMs > 0 || (!caller.speaking && !caller.undetected);
    this.#step.setCaller({ ...caller, settled: isSilent || endLikely });
  }

  /** The caller's words are confirmed: cuts or revokes the agent's turn. */
  #confirm(): void {
    const { caller } = this.#step.state;
    if (!caller) return;
    if (caller.speaking) this.#step.cancelTimer('commit');
    this.#step.setCaller({ ...caller, confirmed: true });
    this.#step.update({ falsePauses: 0 });
    this.#floor.takeTheFloor();
  }

  /** A final that arrives after its timeout: adds its words if the turn had none, else corrects them. */
  #lateFinal(known: CallerUtterance, said: string): void {
    const { words: taken = '', shared = false } = known.overdue.taken[0] ?? {};
    const caller = settleLateFinal(known);
    const isOver = !caller.speaking && !caller.awaitingFinal;
    if (said !== '' && (taken === '' || (shared && !contains(taken, said)))) {
      this.#addWords(caller, said);
      if (isOver) this.#speechRecognised(true);
      return;
    }
    const corrected = said === '' || shared ? null : correctWords(caller, taken, said);
    if (corrected) return this.#step.setCaller(corrected);
    this.#step.setCaller(
      isOver && caller.segments.length === 0 ? forgetWords(caller, this.#step.nowMs) : caller,
    );
    if (said === '' && !isOver) return this.#stretchRecognised(caller, false);
    if (said !== '' && !shared && !saysTheSame(taken, said)) this.#correctTurn(taken, said, isOver);
  }

  /** The first segment of a late final: if the turn had none of its words, adds it and waits for the rest. */
  #lateSegment(known: CallerUtterance, said: string): void {
    if (said === '' || known.overdue.taken[0]?.words !== '') return;
    this.#addWords({ ...settleLateFinal(known), awaitingFinal: true }, said);
    this.#step.setTimer('final', this.#step.nowMs + this.#step.turnTaking.finalTimeoutMs);
  }

  /** A turn was committed with wrong words: if its answer is not audible yet, commits the turn again. */
  #correctTurn(taken: string, said: string, isOver: boolean): void {
    const { agent } = this.#step.state;
    if (agent?.kind !== 'answer' || agent.phase === 'awaiting' || isAudible(agent.phase)) return;
    if (!agent.text.endsWith(taken)) return;
    const wasRevoked = agent.phase === 'revoked';
    this.#floor.takeTheFloor();
    const text = agent.text.slice(0, agent.text.length - taken.length) + said;
    this.#step.updateAgent({ text });
    const timing = agent.timing ?? {
      mouthMs: this.#step.nowMs,
      vadEndMs: this.#step.nowMs,
      sttFinalMs: this.#step.nowMs,
    };
    // If the caller goes on, the turn is committed again at the end of that speech.
    if (isOver && !wasRevoked) this.#floor.commit({ text, repeats: true, timing, typed: false });
  }

  finalTimedOut(): void {
    const { caller } = this.#step.state;
    if (!caller?.awaitingFinal) return;
    if (this.#isWorthWaiting(caller)) {
      return this.#step.setTimer('final', caller.lastSpeechMs + this.#step.turnTaking.unfinishedPhraseMs);
    }
    this.#step.setCaller(usePartialAsFinal(caller, this.#step.nowMs));
    const hadWords = caller.partial.trim() !== '';
    if (hadWords && !this.#onlyBackchannels()) this.#confirm();
    this.#speechRecognised(hadWords);
  }

  /** Whether to wait longer for a final: without any words the only alternative is to ask the caller to repeat. */
  #isWorthWaiting({ speaking, segments, partial, lastSpeechMs }: CallerUtterance): boolean {
    const isUnknown = segments.length === 0 && partial.trim() === '';
    const isDue = this.#step.nowMs >= lastSpeechMs + this.#step.turnTaking.unfinishedPhraseMs;
    return isUnknown && !isDue && !speaking && this.#step.state.agent === null;
  }

  /** The recogniser has sent its final for the caller's speech so far, or it timed out. */
  #speechRecognised(hadWords: boolean): void {
    this.#step.cancelTimer('final');
    const { caller, agent } = this.#step.state;
    if (!caller) return;
    if (caller.speaking) return this.#stretchRecognised(caller, hadWords);
    const text = textOf(caller);
    if (text === '' || (agent && isHeld(agent.phase) && this.#onlyBackchannels())) {
      this.#nothingSaid(text === '' ? 'no_words' : 'backchannel', caller);
      return;
    }
    this.#floor.takeTheFloor();
    const { waitMs, untilMs } = this.#commitWait(caller, text);
    if (untilMs > this.#step.nowMs && waitMs > this.#step.turnTaking.endSilenceMs)
      this.#step.setTimer('commit', untilMs);
    else this.commitUtterance();
  }

  /** The same for an earlier stretch while the caller speaks. Without words, the current one needs more evidence. */
  #stretchRecognised(caller: CallerUtterance, hadWords: boolean): void {
    const { agent } = this.#step.state;
    const text = textOf(caller);
    if (text === '' || (agent && isHeld(agent.phase) && this.#onlyBackchannels())) {
      const reason = text === '' ? 'no_words' : 'backchannel';
      this.#bargeIn.heardNothing(reason);
      this.#gate.heardNothing(reason);
    } else if (!hadWords && this.#commitWait(caller, text).untilMs <= this.#step.nowMs)
      this.commitUtterance();
  }

  /** How long a silence commits the words, and when that silence is over. */
  #commitWait(
    { timing }: CallerUtterance,
    text: string,
  ): { readonly waitMs: number; readonly untilMs: number } {
    const waitMs = commitSilenceMs(text, this.#step.turnTaking, this.#step.state.agentSaid);
    return { waitMs, untilMs: (timing?.mouthMs ?? this.#step.nowMs) + waitMs };
  }

  #nothingSaid(reason: 'no_words' | 'backchannel', caller: CallerUtterance): void {
    const { agent } = this.#step.state;
    this.#dropUtterance();
    if (agent?.phase === 'paused') return this.#bargeIn.resume(reason);
    if (agent?.phase === 'revoked') {
      // The recogniser took back the words that revoked the answer: commit the same turn again.
      const timing = agent.timing ?? timingOf(caller, this.#step.nowMs);
      this.#floor.commit({ text: agent.text, repeats: true, timing, typed: false });
      return;
    }
    if (agent) return this.#gate.releaseIfAllowed(false);
    if (caller.speechMs < this.#step.turnTaking.unrecognisedSpeechMs || !this.#step.state.managed) return;
    this.#step.emit({
      type: 'warning',
      turn: this.#step.state.nextTurn,
      code: 'unrecognised_speech',
      message: `${Math.round(caller.speechMs)} ms of speech contained no words that the recogniser knows.`,
    });
    if (this.#step.state.reprompts >= this.#step.turnTaking.maxReprompts) return;
    this.#step.update({ reprompts: this.#step.state.reprompts + 1 });
    const timing = timingOf(caller, this.#step.nowMs);
    this.#floor.openTurn(
      'reprompt',
      this.#step.takeTurnNumber(),
      '',
      timing,
      timing.mouthMs + this.#step.turnTaking.minResponseDelayMs,
    );
  }

  /** The connection is back: uncommitted words wait for what was left of their silence when it was lost. */
  lineBack(lostAtMs: number): void {
    const { caller } = this.#step.state;
    if (!caller || caller.segments.length === 0 || caller.speaking || caller.awaitingFinal) return;
    const leftMs = this.#commitWait(caller, textOf(caller)).untilMs - lostAtMs;
    this.#step.setTimer('commit', this.#step.nowMs + Math.max(0, leftMs));
  }

  /** Commits the words so far as a turn, without the words of current speech. While the line is lost it waits. */
  commitUtterance(): void {
    const { caller, lostAtMs } = this.#step.state;
    if (!caller || caller.segments.length === 0 || lostAtMs !== null) return;
    const timing = caller.timing ?? timingOf(caller, this.#step.nowMs);
    this.#dropUtterance();
    this.#floor.commit({ text: textOf(caller), timing, typed: false });
  }

  typed(text: string): void {
    const timing = { mouthMs: this.#step.nowMs, vadEndMs: this.#step.nowMs, sttFinalMs: this.#step.nowMs };
    this.#floor.interrupt('caller');
    this.#floor.commit({ text, timing, typed: true });
  }

  /** Drops the words. Finals that are still to come stay expected. */
  #dropUtterance(): void {
    this.#step.cancelTimer('commit');
    const { caller } = this.#step.state;
    this.#step.setCaller(caller && forgetWords(caller, this.#step.nowMs));
  }

  #onlyBackchannels(): boolean {
    const { caller } = this.#step.state;
    return caller !== null && isBackchannel(textOf(caller), this.#step.turnTaking.backchannels);
  }

  /** The turn that the caller's words may become: the open one if its answer can be revoked, else the next. */
  #candidateTurn(): number {
    const { agent } = this.#step.state;
    const revocable = agent?.kind === 'answer' && !isAudible(agent.phase) && agent.phase !== 'awaiting';
    return revocable ? agent.turn : this.#step.state.nextTurn;
  }
}

/** Whether the agent has the floor or is about to take it, so that a backchannel needs no answer. */
function isHeld(phase: AgentPhase): boolean {
  return phase === 'playing' || phase === 'paused' || phase === 'generating' || phase === 'ready';
}
