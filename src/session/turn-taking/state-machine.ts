/**
 * The rules of a conversation as a pure function: who may speak, when a turn is committed, what an interruption does.
 * Time is part of the input; actions are returned as effects.
 */
import { AgentFloor } from './agent-floor.js';
import { AnswerGate } from './answer-gate.js';
import { BargeIn } from './barge-in.js';
import { CallerWords } from './caller-words.js';
import { LostLine } from './lost-line.js';
import { MachineStep } from './machine-step.js';
import { Speculation } from './speculation.js';
import type { MachineInput, MachineState, Transition } from './session-state.js';
import type { TurnTaking } from './turn-taking.js';

/** Applies one input. Outdated inputs (of an earlier turn, or after the end) change nothing. */
export function transition(state: MachineState, input: MachineInput, turnTaking: TurnTaking): Transition {
  if (state.phase === 'ended') return { state, effects: [] };
  const step = new MachineStep(state, input.atMs, turnTaking);
  const bargeIn = new BargeIn(step);
  const gate = new AnswerGate(step, bargeIn);
  const speculation = new Speculation(step);
  const floor = new AgentFloor(step, speculation);
  const caller = new CallerWords(step, { floor, gate, bargeIn, speculation });
  const line = new LostLine(step, { gate, caller, speculation });
  apply(input, { step, floor, gate, bargeIn, caller, line, speculation });
  speculation.consider();
  return { state: step.state, effects: step.effects };
}

/** The rules; all work on the same step. */
interface Rules {
  readonly step: MachineStep;
  readonly floor: AgentFloor;
  readonly gate: AnswerGate;
  readonly bargeIn: BargeIn;
  readonly caller: CallerWords;
  readonly line: LostLine;
  readonly speculation: Speculation;
}

function apply(input: MachineInput, rules: Rules): void {
  const { step, floor, caller } = rules;
  switch (input.type) {
    case 'connected':
      step.update({ phase: 'live' });
      if (input.greets) floor.openTurn('greeting', 0, '', null, 0);
      return;
    case 'speech_started':
      return caller.speechStarted(input.onsetMs);
    case 'speech_ended':
      return caller.speechEnded(input.lastSpeechMs);
    case 'speech_paused':
      return caller.speechPaused(input.silenceMs);
    case 'speech_resumed':
      return caller.speechResumed();
    case 'stt_partial':
      return caller.partial(input.text, input.endLikely);
    case 'stt_final':
      return caller.final(input.text, input.endOfUtterance);
    case 'typed':
      return caller.typed(input.text);
    case 'timer':
      return timerFired(input, rules);
    case 'output_stage':
      return floor.outputStage(input.turn, input.stage);
    case 'audio_ready':
      return rules.gate.audioReady(input.turn, input.speechLikely);
    case 'nothing_to_play':
      return floor.nothingToPlay(input.turn, input.failed, input.endsCall);
    case 'output_finished':
      return floor.outputFinished(input.turn, input.failed, input.endsCall);
    case 'played_out':
      return floor.playedOut(input.turn, input.heardText);
    case 'cut_done':
      return floor.cutDone(input);
    case 'speak':
      return floor.speak();
    case 'interrupt':
      return floor.interrupt('api');
    case 'changed':
      step.update({ flushesEarly: input.flushesEarly, ...(input.recogniser && { guesses: false }) });
      return rules.speculation.changed(input.speculation, input.answers);
    case 'line_lost':
      return rules.line.lost();
    case 'line_back':
      return rules.line.back();
    case 'end':
      return floor.end(input.reason);
  }
}

function timerFired(
  { timer, speechLikely }: Extract<MachineInput, { type: 'timer' }>,
  { gate, bargeIn, caller }: Rules,
): void {
  switch (timer) {
    case 'final':
      return caller.finalTimedOut();
    case 'commit':
      return caller.commitUtterance();
    case 'release':
      return gate.releaseIfAllowed(speechLikely);
    case 'pause':
      return bargeIn.speechLasts();
    case 'barge_in':
      return bargeIn.resume('no_words');
  }
}
