import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MachineConversation, type UntimedInput } from '../../../test/harness/machine-conversation.js';
import { defaultSpeculation } from './speculation-state.js';
import type { MachineEffect } from './session-state.js';

const speculation = defaultSpeculation;

/** A caller who says this; the partial with all words arrives while the caller speaks. */
function speaking(text: string): MachineConversation {
  return new MachineConversation({ speculation }).startsToSpeak().partials(text).wait(400);
}

const pause = (silenceMs = 80): UntimedInput => ({ type: 'speech_paused', silenceMs });
const final = (text: string): UntimedInput => ({ type: 'stt_final', text, endOfUtterance: true });

/** What the machine did about answers, without events. */
function answers(call: MachineConversation): string[] {
  return call.log().filter((line) => /^(speculate|drop_speculation|drop_answer|start_turn)/.test(line));
}

describe('an answer before the turn is certain', () => {
  it('is begun on the words that stand in the first silence, and adopted by the turn with the same words', () => {
    const call = speaking('book an appointment').wait(80).input(pause());
    expect(answers(call)).toEqual(["speculate 1 'book an appointment'"]);
    call.wait(100).input({ type: 'speech_ended', lastSpeechMs: 460 }).wait(100);
    expect(answers(call.input(final('Book an appointment.')))).toEqual(['start_turn 1 adopts']);
  });

  it('is not begun without speculation', () => {
    const call = new MachineConversation().startsToSpeak().partials('book it').wait(400).input(pause());
    expect(answers(call)).toEqual([]);
  });

  it('is not begun for a session that has no agent', () => {
    const call = new MachineConversation({ managed: false, speculation }).startsToSpeak();
    expect(answers(call.partials('book it').input(pause()))).toEqual([]);
  });

  it('is not begun on a phrase that sounds unfinished', () => {
    expect(answers(speaking('book an appointment for').input(pause()))).toEqual([]);
  });

  it('is not begun after a shorter silence', () => {
    expect(answers(speaking('book an appointment').input(pause(40)))).toEqual([]);
  });

  it('is dropped when the session gets another model, and begun anew', () => {
    const call = speaking('book it').input(pause());
    const changed = { type: 'changed', flushesEarly: false, speculation, recogniser: false } as const;
    call.input({ ...changed, answers: true });
    expect(answers(call)).toEqual([
      "speculate 1 'book it'",
      'drop_speculation changed',
      "speculate 1 'book it'",
    ]);
    expect(answers(call.input({ ...changed, answers: false }))).toEqual([]);
    expect(answers(call.input({ ...changed, speculation: null, answers: true }))).toEqual([
      'drop_speculation changed',
    ]);
    expect(answers(call.input(pause()))).toEqual([]);
  });

  it('is dropped if the caller goes on, and the next waits for a longer pause', () => {
    const call = speaking('book it').input(pause());
    call.wait(60).input({ type: 'speech_resumed' });
    expect(answers(call)).toEqual(["speculate 1 'book it'", 'drop_speculation went_on']);
    call.partials('book it tomorrow').input(pause());
    expect(answers(call)).toEqual([]);
    call.input(pause(120));
    expect(answers(call)).toEqual(["speculate 1 'book it tomorrow'"]);
  });

  it('is dropped if the caller speaks again before the final', () => {
    const call = speaking('book it').input(pause()).input({ type: 'speech_ended', lastSpeechMs: 460 });
    expect(answers(call.wait(40).startsToSpeak())).toEqual([
      "speculate 1 'book it'",
      'drop_speculation went_on',
    ]);
  });

  it('is begun again on the words that arrive in the silence', () => {
    const call = speaking('book an').input(pause());
    expect(answers(call)).toEqual([]);
    expect(answers(call.partials('book an appointment'))).toEqual(["speculate 1 'book an appointment'"]);
    expect(answers(call.partials('cook an appointment'))).toEqual([
      'drop_speculation other_words',
      "speculate 1 'cook an appointment'",
    ]);
    // Two are the most.
    expect(answers(call.partials('look an appointment'))).toEqual(['drop_speculation other_words']);
  });

  it('is dropped if the final has other words', () => {
    const call = speaking('book it').input(pause()).input({ type: 'speech_ended', lastSpeechMs: 460 });
    expect(answers(call.input(final('cook it')))).toEqual([
      "speculate 1 'book it'",
      'drop_speculation other_words',
      'start_turn 1',
    ]);
  });

  it.each([
    ['say 5 now', 'say -5 now'],
    ['make it 10.5 euro', 'make it 10,5 euro'],
    ['write c please', 'write C++ please'],
  ])('is dropped if "%s" turns out to be "%s"', (partial, said) => {
    const call = speaking(partial).input(pause()).input({ type: 'speech_ended', lastSpeechMs: 460 });
    expect(answers(call.input(final(said)))).toContain('drop_speculation other_words');
  });

  it('is adopted if the final does not come and the partial stands in for it', () => {
    const call = speaking('book it').input(pause()).input({ type: 'speech_ended', lastSpeechMs: 460 });
    expect(answers(call.wait(450))).toEqual(["speculate 1 'book it'", 'start_turn 1 adopts']);
  });

  it('answers all words of a turn that goes on', () => {
    const call = new MachineConversation({ speculation }).says('book it').wait(40);
    call.startsToSpeak().partials('for friday', 'for friday please');
    answers(call);
    expect(answers(call.input(pause()))).toEqual(["speculate 1 'book it for friday please'"]);
    call.stopsSpeaking();
    expect(answers(call.input(final('for friday please')))).toEqual(['start_turn 1 again adopts']);
  });

  it('is not begun while the agent speaks, since the words may be a backchannel', () => {
    const call = new MachineConversation({ speculation }).says('book it').answerPlays();
    answers(call);
    expect(answers(call.startsToSpeak().partials('yes').wait(80).input(pause()))).toEqual([]);
  });

  it('is dropped with the connection and with the session', () => {
    expect(answers(speaking('book it').input(pause()).input({ type: 'line_lost' }))).toContain(
      'drop_speculation ended',
    );
    expect(answers(speaking('book it').input(pause()).input({ type: 'end', reason: 'hangup' }))).toContain(
      'drop_speculation ended',
    );
  });

  it('is dropped for a typed text and for words of the application', () => {
    expect(answers(speaking('book it').input(pause()).input({ type: 'typed', text: 'hello' }))).toEqual([
      "speculate 1 'book it'",
      'drop_speculation other_words',
      'start_turn 1',
    ]);
    expect(answers(speaking('book it').input(pause()).input({ type: 'speak' }))).toContain(
      'drop_speculation ended',
    );
  });

  it('follows a recogniser that says that the turn will end, and that takes it back', () => {
    const call = new MachineConversation({ speculation }).startsToSpeak().partials('book it');
    expect(answers(call.input({ type: 'stt_partial', text: 'book it', endLikely: true }))).toEqual([
      "speculate 1 'book it'",
    ]);
    expect(answers(call.input({ type: 'stt_partial', text: 'book it', endLikely: false }))).toEqual([
      'drop_speculation went_on',
    ]);
    // What was said to end does so no more once there are more words.
    call.input({ type: 'stt_partial', text: 'book it', endLikely: true });
    answers(call.input({ type: 'stt_partial', text: 'book it today' }));
    expect(answers(call.partials('book it today please'))).toEqual([]);
  });
});

describe('a recogniser whose words lag behind', () => {
  /** One turn: `standing` is known in the silence, `said` is the final. Returns what was begun at once. */
  function turn(call: MachineConversation, standing: string, said: string): string[] {
    call.startsToSpeak().partials(standing).wait(300).input(pause());
    const begun = answers(call).filter((line) => line.startsWith('speculate'));
    call.wait(100).input({ type: 'speech_ended', lastSpeechMs: 0 }).wait(100).input(final(said));
    call.answerPlays().playedOut();
    answers(call);
    return begun;
  }

  it('is not believed after a wrong guess, or after two if it was right before, until its words are right again', () => {
    const call = new MachineConversation({ speculation });
    const lags = (): string[] => turn(call, 'book an appointment', 'book an appointment tomorrow');
    const isInTime = (): string[] => turn(call, 'on friday', 'on friday');
    expect(lags()).toHaveLength(1);
    expect(lags()).toHaveLength(0);
    expect(isInTime()).toHaveLength(0);
    expect(isInTime()).toHaveLength(1);
    expect(lags()).toHaveLength(1);
    expect(lags()).toHaveLength(1);
    expect(lags()).toHaveLength(0);
  });
});

const words = fc.constantFrom('book', 'it', 'book it', 'book it now', 'for', 'yes', '');
const inputs = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('speech_started' as const), onsetMs: fc.constant(0) }),
    fc.record({ type: fc.constant('speech_paused' as const), silenceMs: fc.constantFrom(80, 120) }),
    fc.record({ type: fc.constant('speech_resumed' as const) }),
    fc.record({ type: fc.constant('speech_ended' as const), lastSpeechMs: fc.constant(0) }),
    fc.record({ type: fc.constant('stt_partial' as const), text: words }),
    fc.record({ type: fc.constant('stt_partial' as const), text: words, endLikely: fc.boolean() }),
    fc.record({ type: fc.constant('stt_final' as const), text: words, endOfUtterance: fc.boolean() }),
    fc.record({ type: fc.constant('typed' as const), text: fc.constant('hello') }),
    fc.record({ type: fc.constant('interrupt' as const) }),
    fc.record({ type: fc.constantFrom('line_lost' as const, 'line_back' as const) }),
    fc.constant('answer_plays' as const),
    fc.constant('played_out' as const),
    fc.constant('cut' as const),
    fc.integer({ min: 20, max: 600 }),
  ),
  { maxLength: 60 },
);
type Step = typeof inputs extends fc.Arbitrary<(infer S)[]> ? S : never;

function played(steps: readonly Step[], speculates: boolean, flushesEarly: boolean): MachineEffect[] {
  const call = new MachineConversation({ speculation: speculates ? speculation : null, flushesEarly });
  for (const step of steps) {
    if (step === 'answer_plays') call.answerPlays();
    else if (step === 'played_out') call.playedOut('booked');
    else if (step === 'cut') call.cutDone('book');
    else if (typeof step === 'number') call.wait(step);
    else call.input(step);
  }
  return call.effects;
}

describe('speculation, whatever happens', () => {
  it('changes nothing of a conversation but when its answers are begun', () => {
    fc.assert(
      fc.property(inputs, fc.boolean(), (steps, flushesEarly) => {
        const without = played(steps, false, flushesEarly);
        const visible = played(steps, true, flushesEarly)
          .filter(({ type }) => type !== 'speculate' && type !== 'drop_speculation')
          .map((effect) => (effect.type === 'start_turn' ? { ...effect, adopts: false } : effect));
        expect(visible).toEqual(without);
      }),
    );
  });

  it('has at most one answer at a time, two for a turn, and adopts none to other words', () => {
    fc.assert(
      fc.property(inputs, fc.boolean(), (steps, flushesEarly) => {
        let current: { turn: number; text: string } | null = null;
        const tries = new Map<number, number>();
        for (const effect of played(steps, true, flushesEarly)) {
          if (effect.type === 'speculate') {
            expect(current).toBeNull();
            current = effect;
            tries.set(effect.turn, (tries.get(effect.turn) ?? 0) + 1);
          } else if (effect.type === 'drop_speculation') {
            expect(current).not.toBeNull();
            current = null;
          } else if (effect.type === 'start_turn') {
            if (effect.adopts) {
              expect(current?.turn).toBe(effect.turn.turn);
              expect(current?.text.toLowerCase()).toBe(effect.turn.text.toLowerCase());
            } else expect(current).toBeNull();
            current = null;
          }
        }
        for (const count of tries.values()) expect(count).toBeLessThanOrEqual(speculation.maxPerTurn);
      }),
    );
  });
});
