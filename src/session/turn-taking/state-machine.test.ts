import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MachineConversation, type UntimedInput } from '../../../test/harness/machine-conversation.js';
import { describeState } from './machine-state.js';

describe('a caller turn', () => {
  it('is committed when the recogniser answers the flush, and the answer is started', () => {
    const call = new MachineConversation().says('book my appointment');
    expect(call.log()).toEqual([
      'speech.start 1',
      'speech.end 1',
      "transcript.final 1 'book my appointment'",
      "turn.start 1 'book my appointment'",
      'start_turn 1',
    ]);
    expect(describeState(call.state)).toBe('thinking');
  });

  it('takes the partial when the final does not come in time, and ignores the late final', () => {
    const call = new MachineConversation()
      .startsToSpeak()
      .partials('book', 'book it')
      .stopsSpeaking()
      .wait(400);
    expect(call.log()).toContain("transcript.final 1 'book it'");
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    expect(call.log()).toEqual([]);
  });

  it('does not let a late final spoil the next utterance', () => {
    const call = new MachineConversation()
      .startsToSpeak()
      .partials('yes')
      .stopsSpeaking()
      .wait(400)
      .answerPlays()
      .playedOut();
    call.log();
    call.startsToSpeak().input({ type: 'stt_final', text: 'yes', endOfUtterance: true });
    call.wait(300).stopsSpeaking().input({ type: 'stt_final', text: 'on friday', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 2 'on friday'");
  });

  it('waits longer after an unfinished phrase and joins what follows', () => {
    const call = new MachineConversation().says('i would like to book an appointment for');
    expect(call.log()).toEqual(['speech.start 1', 'speech.end 1']);
    call.wait(700).says('friday at three').wait(1500);
    expect(call.log()).toContain(
      "transcript.final 1 'i would like to book an appointment for friday at three'",
    );
  });

  it('commits an unfinished phrase in the end', () => {
    const call = new MachineConversation().says('i want to book a').wait(1300);
    expect(call.log()).toContain("transcript.final 1 'i want to book a'");
  });

  it('is typed without any speech', () => {
    const call = new MachineConversation().input({ type: 'typed', text: 'cancel it' });
    expect(call.log()).toEqual([
      "transcript.final 1 'cancel it'",
      "turn.start 1 'cancel it'",
      'start_turn 1',
    ]);
  });
});

describe('speech without words', () => {
  it('is asked for again twice, then no more until the caller was understood', () => {
    const call = new MachineConversation();
    for (const prompts of [1, 2, 2]) {
      call.says('');
      expect(call.state.reprompts).toBe(prompts);
      if (call.state.agent) call.answerPlays().playedOut();
    }
    call.says('book my appointment');
    expect(call.state.reprompts).toBe(0);
  });

  it('is ignored when it was short', () => {
    const call = new MachineConversation().startsToSpeak().wait(200).stopsSpeaking();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.state.agent).toBeNull();
  });
});

describe('a session that the user drives', () => {
  it('waits for the user and speaks as the answer to the open turn', () => {
    const call = new MachineConversation({ managed: false }).says('book my appointment');
    expect(call.state.agent?.phase).toBe('awaiting');
    call.log();
    call.input({ type: 'speak' });
    expect(call.log()).toEqual(['speak_now 1']);
  });

  it('ends an unanswered turn when the next one comes', () => {
    const call = new MachineConversation({ managed: false }).says('book my appointment').wait(3000);
    call.log();
    call.says('hello');
    expect(call.log()).toContain('end_turn 1');
    expect(call.state.agent?.turn).toBe(2);
  });

  it('continues the turn when the caller goes on at once', () => {
    const call = new MachineConversation({ managed: false })
      .says('i would like to book an appointment')
      .wait(200);
    call.says('for friday');
    expect(call.log()).toContain("transcript.final 1 'i would like to book an appointment for friday'");
  });

  it('gives way when the caller’s words are committed while it speaks late', () => {
    const call = new MachineConversation({ managed: false }).says('book it').wait(2000).says('it is for my');
    call.input({ type: 'speak' }).input({ type: 'audio_ready', turn: 1, speechLikely: false });
    call.log();
    call.wait(1300);
    expect(call.log()).toEqual(['cut_playout 1']);
    call.cutDone('');
    expect(call.log()).toContain("transcript.final 2 'it is for my'");
  });

  it('speaks unprompted as a turn of its own', () => {
    const call = new MachineConversation({ managed: false }).input({ type: 'speak' });
    expect(call.log()).toEqual(["turn.start 1 ''", 'start_turn 1', 'speak_now 1']);
  });
});

describe('the end', () => {
  it('closes an audible turn before the session', () => {
    const call = new MachineConversation().says('book my appointment').answerPlays();
    call.log();
    call.input({ type: 'end', reason: 'hangup' });
    expect(call.log()).toEqual(['tts.audio_end 1', 'end_turn 1 hangup', 'end_session hangup']);
  });

  it('comes after the farewell when the model wants to hang up', () => {
    const call = new MachineConversation().says('goodbye').answerPlays();
    call.input({ type: 'output_finished', turn: 1, failed: false, endsCall: true });
    call.log();
    call.playedOut();
    expect(call.log()).toEqual(['tts.audio_end 1', 'end_turn 1', 'end_session completed']);
  });

  it('comes once, whatever is said afterwards', () => {
    const call = new MachineConversation().input({ type: 'end', reason: 'ended' });
    call.log();
    call.input({ type: 'end', reason: 'hangup' }).says('hello').input({ type: 'speak' });
    expect(call.log()).toEqual([]);
  });
});

describe('whatever comes in whatever order', () => {
  const turn = fc.integer({ min: 0, max: 4 });
  const text = fc.constantFrom('', 'uh huh', 'yes', 'book my appointment', 'i want to', 'five five');
  const anyInput: fc.Arbitrary<UntimedInput> = fc.oneof(
    fc.record({ type: fc.constant('speech_started' as const), onsetMs: fc.constant(0) }),
    fc.record({ type: fc.constant('speech_ended' as const), lastSpeechMs: fc.constant(0) }),
    fc.record({ type: fc.constant('stt_partial' as const), text }),
    fc.record({ type: fc.constant('stt_final' as const), text, endOfUtterance: fc.boolean() }),
    fc.record({ type: fc.constant('typed' as const), text }),
    fc.record({ type: fc.constant('audio_ready' as const), turn, speechLikely: fc.boolean() }),
    fc.record({
      type: fc.constant('nothing_to_play' as const),
      turn,
      failed: fc.boolean(),
      endsCall: fc.boolean(),
    }),
    fc.record({
      type: fc.constant('output_finished' as const),
      turn,
      failed: fc.boolean(),
      endsCall: fc.boolean(),
    }),
    fc.record({ type: fc.constant('played_out' as const), turn, heardText: fc.constant('') }),
    fc.record({
      type: fc.constant('cut_done' as const),
      turn,
      heardText: fc.constant('x'),
      heard: fc.constant('measured' as const),
    }),
    fc.record({ type: fc.constant('speak' as const) }),
    fc.record({ type: fc.constant('interrupt' as const) }),
  );

  it('every audio_start has exactly one audio_end, every opened turn one end, and the session end is last', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.tuple(anyInput, fc.integer({ min: 0, max: 900 })), { maxLength: 60 }),
        (managed, inputs) => {
          const call = new MachineConversation({ managed, greets: true });
          for (const [input, ms] of inputs) call.input(input).wait(ms);
          call.input({ type: 'end', reason: 'hangup' });
          const audible = new Map<number, number>();
          const open = new Set<number>();
          for (const effect of call.effects) {
            if (effect.type === 'start_turn') open.add(effect.turn.turn);
            if (effect.type === 'end_turn') expect(open.delete(effect.turn)).toBe(true);
            if (effect.type !== 'emit') continue;
            const { type, turn: number } = effect.event;
            if (type === 'tts.audio_start') audible.set(number, (audible.get(number) ?? 0) + 1);
            if (type === 'tts.audio_end') audible.set(number, (audible.get(number) ?? 0) - 1);
            if (type === 'agent.paused' || type === 'agent.resumed') expect(audible.get(number)).toBe(1);
          }
          expect([...audible.values()].every((count) => count === 0)).toBe(true);
          expect(open.size).toBe(0);
          expect(call.effects.at(-1)?.type).toBe('end_session');
        },
      ),
      { numRuns: 500 },
    );
  });
});
