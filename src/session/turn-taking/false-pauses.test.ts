/** Noise at the caller's end: after a pause for nothing the agent asks more of the next sound, and words always get through. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MachineConversation, type UntimedInput } from '../../../test/harness/machine-conversation.js';
import { mostFalsePauses, neededEvidence } from './pause-evidence.js';
import type { TurnTaking } from './turn-taking.js';

/** The agent is heard. */
function talking(turnTaking: Partial<TurnTaking> = {}): MachineConversation {
  const call = new MachineConversation(turnTaking).says('book my appointment').answerPlays();
  call.log();
  return call;
}

/** A sound without words, which the recogniser says at once. */
function sound(call: MachineConversation, ms: number, ...guesses: readonly string[]): MachineConversation {
  return call
    .startsToSpeak()
    .partials(...guesses)
    .wait(Math.max(0, ms - 60 - 60 * guesses.length))
    .stopsSpeaking()
    .input({ type: 'stt_final', text: '', endOfUtterance: true });
}

function pauses(call: MachineConversation): number {
  return call.log().filter((line) => line.startsWith('agent.paused')).length;
}

describe('after a pause for a sound without words', () => {
  it('a short sound is no reason to pause any more', () => {
    const call = sound(talking(), 200);
    expect(call.log()).toContain('pause_playout 1');
    for (let beep = 0; beep < 10; beep++) sound(call.wait(620), 200);
    expect(call.log()).not.toContain('pause_playout 1');
    expect(call.state.agent?.phase).toBe('playing');
  });

  it('speech that goes on is one still', () => {
    const call = sound(talking(), 200).wait(600);
    call.log();
    call.startsToSpeak().wait(530);
    expect(call.state.agent?.phase).toBe('playing');
    call.wait(20);
    expect(call.log()).toEqual(['speech.start 2', 'pause_playout 1', 'agent.paused 1']);
  });

  it('the guess of a word is one at once', () => {
    const call = sound(talking(), 200).wait(600).startsToSpeak();
    call.log();
    call.partials('stop');
    expect(call.log()).toEqual(["transcript.partial 2 'stop'", 'pause_playout 1', 'agent.paused 1']);
  });

  it('a backchannel is none', () => {
    const call = sound(talking(), 200).wait(600);
    call.log();
    call.startsToSpeak().partials('uh huh').wait(100).stopsSpeaking();
    call.input({ type: 'stt_final', text: 'uh huh', endOfUtterance: true });
    expect(pauses(call)).toBe(0);
    expect(call.state.agent?.phase).toBe('playing');
  });

  it('a second one makes only words count, and a third only words that interrupt', () => {
    const call = sound(sound(talking(), 200).wait(600), 900).wait(600);
    expect(pauses(call)).toBe(2);
    call.startsToSpeak().wait(1500);
    expect(pauses(call)).toBe(0);
    call.stopsSpeaking().input({ type: 'stt_final', text: '', endOfUtterance: true });
    sound(call.wait(600), 400, 'are');
    expect(pauses(call)).toBe(1);
    sound(call.wait(600), 400, 'are', 'are for').wait(600);
    expect(pauses(call)).toBe(0);
    call.startsToSpeak().partials('stop it', 'stop it now');
    expect(call.log()).toContain('cut_playout 1');
  });

  it('words make the next answer pause at once again', () => {
    const call = sound(sound(talking(), 900).wait(600), 900).wait(600);
    call.says('cancel it').cutDone('Sure').answerPlays();
    call.log();
    expect(pauses(call.startsToSpeak())).toBe(1);
  });

  it.each([1, 2, 3])('words interrupt as often as they come, where %i must stand', (bargeInWords) => {
    const call = talking({ bargeInWords });
    for (let interruption = 0; interruption < 3; interruption++) {
      for (let beep = 0; beep < 5; beep++) sound(call.wait(600), 900, 'are');
      call.log();
      call.startsToSpeak().partials('please stop that', 'please stop that now');
      expect(call.log()).toContain(`cut_playout ${call.state.agent?.turn}`);
      call.cutDone('Sure').stopsSpeaking();
      call.input({ type: 'stt_final', text: 'please stop that now', endOfUtterance: true }).answerPlays();
      expect(call.state.agent?.phase).toBe('playing');
    }
  });

  it('words interrupt that a slow recogniser gives only when they are over', () => {
    const call = talking();
    for (let interruption = 0; interruption < 3; interruption++) {
      for (let beep = 0; beep < 5; beep++) sound(call.wait(600), 900);
      call.log();
      call.startsToSpeak().wait(900).stopsSpeaking().wait(900);
      call.input({ type: 'stt_final', text: 'please stop', endOfUtterance: true });
      expect(call.log()).toContain(`cut_playout ${call.state.agent?.turn}`);
      call.cutDone('Sure').answerPlays();
    }
  });

  it('one word interrupts when it is final', () => {
    const call = sound(sound(talking(), 900).wait(600), 900).wait(600);
    call.log();
    call.says('stop');
    expect(call.log()).toContain('cut_playout 1');
  });

  it('two backchannels count as one such pause', () => {
    const call = talking();
    const hums = (): MachineConversation =>
      call
        .wait(600)
        .startsToSpeak()
        .wait(200)
        .stopsSpeaking()
        .input({ type: 'stt_final', text: 'uh huh', endOfUtterance: true });
    expect(pauses(hums())).toBe(1);
    expect(pauses(hums())).toBe(1);
    expect(pauses(hums())).toBe(0);
  });

  it('the agent goes on although the next sound has begun before the recogniser told of the last one', () => {
    const call = talking().startsToSpeak().wait(140).stopsSpeaking().wait(300).startsToSpeak();
    call.log();
    call.wait(60).input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.log()).toEqual(['resume_playout 1', 'agent.resumed 1']);
    expect(pauses(call.wait(600))).toBe(1);
  });

  it('stays paused where the next sound has gone on for long enough to be speech', () => {
    const call = talking({ finalTimeoutMs: 2000 }).startsToSpeak().wait(140).stopsSpeaking().wait(100);
    call.startsToSpeak().wait(700);
    call.log();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.log()).toEqual([]);
  });
});

describe('a noise before the answer is heard', () => {
  /** Says something whose answer is ready, and due after 500 ms. */
  function ready(turnTaking: Partial<TurnTaking> = {}): MachineConversation {
    const call = new MachineConversation(turnTaking)
      .startsToSpeak()
      .partials('book')
      .wait(600)
      .stopsSpeaking();
    call.input({ type: 'stt_final', text: 'book my appointment', endOfUtterance: true });
    call.input({ type: 'audio_ready', turn: 1, speechLikely: false }).wait(200);
    call.log();
    return call;
  }

  it('holds it back for two seconds where it never ends', () => {
    const call = ready().startsToSpeak().wait(2100);
    expect(call.log()).toEqual(['speech.start 1']);
    call.wait(100);
    expect(call.log()).toEqual(['release_audio 1', 'tts.audio_start 1']);
  });

  it('holds it back no longer where it comes again and again, however slow the recogniser', () => {
    for (const finalMs of [100, 500, 700, 1100]) {
      const call = ready({ finalTimeoutMs: 2000 });
      const finals: number[] = [];
      let nowMs = 0;
      const wait = (ms: number): void => {
        const endMs = nowMs + ms;
        for (let due = finals[0]; due !== undefined && due <= endMs; due = finals[0]) {
          call.wait(due - nowMs).input({ type: 'stt_final', text: '', endOfUtterance: true });
          nowMs = due;
          finals.shift();
        }
        call.wait(endMs - nowMs);
        nowMs = endMs;
      };
      for (let beep = 0; beep < 4; beep++) {
        call.startsToSpeak();
        wait(200);
        call.stopsSpeaking();
        nowMs += 180;
        finals.push(nowMs + finalMs);
        wait(620);
      }
      expect(call.log()).toContain('release_audio 1');
    }
  });

  it('holds back words that wait to be committed no longer either', () => {
    const call = new MachineConversation().startsToSpeak().partials('for').wait(300).stopsSpeaking();
    call.input({ type: 'stt_final', text: 'four', endOfUtterance: true });
    call.wait(300).startsToSpeak().wait(1900);
    expect(call.state.agent).toBeNull();
    call.wait(100);
    expect(call.log()).toContain("transcript.final 1 'four'");
    // What is said all the same belongs to the turn.
    call.stopsSpeaking().input({ type: 'stt_final', text: 'one', endOfUtterance: true }).wait(1200);
    expect(call.log()).toContain("transcript.final 1 'four one'");
  });

  it('may be speech as long as it lasts, where the recogniser never guesses', () => {
    const call = new MachineConversation().says('i want to book an appointment for');
    call.wait(400).startsToSpeak().wait(5000);
    expect(call.state.agent).toBeNull();
    call.stopsSpeaking().input({ type: 'stt_final', text: 'friday at three', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 1 'i want to book an appointment for friday at three'");
  });

  it('does not keep the call from its greeting', () => {
    const call = new MachineConversation({ greets: true }).startsToSpeak();
    call.input({ type: 'audio_ready', turn: 0, speechLikely: false }).wait(2000);
    expect(call.log()).toContain('release_audio 0');
  });

  it('is no noise as long as it brings new words', () => {
    const call = ready().startsToSpeak();
    for (const guess of ['i', 'if', 'in', 'is', 'it']) call.wait(1500).partials(guess);
    expect(call.log()).not.toContain('release_audio 1');
  });
});

describe('whatever sounds come', () => {
  /** A sound of any length, with guesses that the recogniser takes back, or none. */
  const noise = fc.record({
    ms: fc.integer({ min: 60, max: 3000 }),
    guesses: fc.array(fc.constantFrom('are', 'for', 'uh', 'thank', 'ten'), { maxLength: 3 }),
    pauseMs: fc.integer({ min: 0, max: 3000 }),
  });

  it('no turn is paused more often than evidence has levels, and none stays paused', () => {
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 30 }), (noises) => {
        const call = talking();
        for (const { ms, guesses, pauseMs } of noises) sound(call, ms, ...guesses).wait(pauseMs);
        expect(pauses(call)).toBeLessThanOrEqual(mostFalsePauses);
        expect(call.wait(2000).state.agent?.phase).toBe('playing');
      }),
    );
  });

  it('two words interrupt in the end, and the next sound pauses at once', () => {
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 10 }), fc.boolean(), (noises, byPartials) => {
        const call = talking();
        for (const { ms, guesses, pauseMs } of noises) sound(call, ms, ...guesses).wait(pauseMs);
        if (byPartials) call.startsToSpeak().partials('stop it', 'stop it please').stopsSpeaking();
        else call.startsToSpeak().wait(700).stopsSpeaking();
        call.input({ type: 'stt_final', text: 'stop it please', endOfUtterance: true });
        expect(call.log()).toContain('cut_playout 1');
        call.cutDone('Sure').answerPlays().startsToSpeak();
        expect(call.state.agent?.phase).toBe('paused');
      }),
    );
  });

  it('evidence never becomes easier', () => {
    const order = ['onset', 'long_speech', 'word', 'confirmed_words'];
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        (a, b) => {
          const [less, more] = [Math.min(a, b), Math.max(a, b)].map((count) =>
            order.indexOf(neededEvidence(count)),
          );
          expect(less).toBeLessThanOrEqual(more ?? -1);
        },
      ),
    );
  });

  it('an answer that is due is heard after two seconds without a word', () => {
    const edge: fc.Arbitrary<UntimedInput> = fc.oneof(
      fc.record({ type: fc.constant('speech_started' as const), onsetMs: fc.constant(0) }),
      fc.record({ type: fc.constant('speech_ended' as const), lastSpeechMs: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(edge, fc.integer({ min: 20, max: 400 })), { maxLength: 40 }), (edges) => {
        const call = new MachineConversation().partials('book').says('book my appointment');
        call.input({ type: 'audio_ready', turn: 1, speechLikely: false });
        for (const [input, ms] of edges) call.input(input).wait(ms);
        const heldMs = edges.reduce((sum, [, ms]) => sum + ms, 0);
        // Until a sound is over it may hold the answer; the recogniser, which says nothing, has 400 ms for each.
        if (heldMs > 500 + 2000 + 400 + 400) expect(call.log()).toContain('release_audio 1');
      }),
    );
  });
});
