import { describe, expect, it } from '@jest/globals';
import { MachineConversation } from '../../../test/harness/machine-conversation.js';

describe('a recogniser that is late or eager', () => {
  it('corrects the words of a turn that waits to be committed', () => {
    const call = new MachineConversation()
      .startsToSpeak()
      .partials('book', 'book a point for')
      .stopsSpeaking()
      .wait(450);
    call.input({ type: 'stt_final', text: 'book an appointment for', endOfUtterance: true }).wait(1500);
    expect(call.log()).toContain("transcript.final 1 'book an appointment for'");
  });

  it('does not answer the second flush with the first final', () => {
    const call = new MachineConversation().startsToSpeak().partials('on a', 'on a').stopsSpeaking().wait(400);
    call.startsToSpeak().wait(300).stopsSpeaking();
    call.input({ type: 'stt_final', text: 'on a', endOfUtterance: true });
    call.input({ type: 'stt_final', text: 'friday', endOfUtterance: true }).wait(1500);
    expect(call.log().filter((line) => line.startsWith('transcript.final'))).toEqual([
      "transcript.final 1 'on a friday'",
    ]);
  });

  it('is waited for where not a word is known, before the caller is asked to repeat', () => {
    const call = new MachineConversation().startsToSpeak().wait(600).stopsSpeaking().wait(900);
    expect(call.state.agent).toBeNull();
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 1 'book it'");
  });

  it('replaces a request to repeat that is not audible yet', () => {
    const call = new MachineConversation().startsToSpeak().wait(600).stopsSpeaking().wait(1100);
    expect(call.state.agent).toMatchObject({ kind: 'reprompt', phase: 'generating' });
    call.log();
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    expect(call.log()).toEqual([
      'drop_answer 1',
      'end_turn 1 superseded',
      "transcript.final 2 'book it'",
      "turn.start 2 'book it'",
      'start_turn 2',
    ]);
    expect(call.state.agent?.timing).toEqual({ mouthMs: 600, vadEndMs: 780, sttFinalMs: 1880 });
  });

  it('cuts a request to repeat that is audible already', () => {
    const call = new MachineConversation().startsToSpeak().wait(600).stopsSpeaking().wait(1100).answerPlays();
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true }).cutDone('Sorry,');
    expect(call.log()).toContain("transcript.final 2 'book it'");
  });

  it('completes a phrase that waits to go on with words that come late, and the turn waits no longer', () => {
    const call = new MachineConversation().says('book an').wait(100);
    call.input({ type: 'stt_final', text: 'appointment please', endOfUtterance: false });
    expect(call.log()).toContain("transcript.final 1 'book an appointment please'");
    expect(call.answerPlays().playedOut().says('on friday').log()).toContain(
      "transcript.final 2 'on friday'",
    );
  });

  it('lets a phrase that late words leave unfinished wait on', () => {
    const call = new MachineConversation().says('book an').wait(100);
    call.input({ type: 'stt_final', text: 'appointment for', endOfUtterance: false }).wait(500);
    expect(call.log()).toEqual(['speech.start 1', 'speech.end 1']);
    expect(call.wait(700).log()).toContain("transcript.final 1 'book an appointment for'");
  });

  it('is waited for where it guesses more words behind those of a waiting turn', () => {
    const call = new MachineConversation().says('book an').wait(900);
    call.input({ type: 'stt_partial', text: 'appointment' }).wait(300);
    expect(call.log()).not.toContain("transcript.final 1 'book an'");
    call.input({ type: 'stt_final', text: 'appointment please', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 1 'book an appointment please'");
  });

  it('loses no guess behind the words of a waiting turn, though no final comes for it', () => {
    const call = new MachineConversation().says('book an').wait(200);
    call.input({ type: 'stt_partial', text: 'appointment' }).wait(400);
    expect(call.log()).toContain("transcript.final 1 'book an appointment'");
  });

  it('may bring its late words in segments', () => {
    const call = new MachineConversation().startsToSpeak().wait(600).stopsSpeaking().wait(1100);
    call.input({ type: 'stt_final', text: 'book', endOfUtterance: false });
    call.input({ type: 'stt_final', text: 'it', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 2 'book it'");
  });

  it('continues the utterance of a caller who has gone on meanwhile', () => {
    const call = new MachineConversation()
      .startsToSpeak()
      .wait(600)
      .stopsSpeaking()
      .wait(700)
      .startsToSpeak();
    call.wait(700).input({ type: 'stt_final', text: 'book an appointment for', endOfUtterance: true });
    call.stopsSpeaking().input({ type: 'stt_final', text: 'friday at three', endOfUtterance: true });
    expect(call.log().filter((line) => line.startsWith('transcript.final'))).toEqual([
      "transcript.final 1 'book an appointment for friday at three'",
    ]);
  });

  it('owes an answer to each of two flushes, however close they are', () => {
    const call = new MachineConversation().startsToSpeak().wait(600).stopsSpeaking();
    call.wait(50).startsToSpeak().wait(100).stopsSpeaking();
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: true });
    call.input({ type: 'stt_final', text: 'please', endOfUtterance: true });
    expect(call.log().filter((line) => line.startsWith('transcript.final'))).toEqual([
      "transcript.final 1 'book it please'",
    ]);
  });

  it('does not double what one guess took for two answers, nor lose what it did not', () => {
    const guessing = (...late: string[]): string | undefined => {
      const call = new MachineConversation().startsToSpeak().wait(600).stopsSpeaking();
      call.wait(50).startsToSpeak().partials('book it', 'book it for').stopsSpeaking().wait(500);
      for (const text of late) call.input({ type: 'stt_final', text, endOfUtterance: true });
      return call
        .wait(1500)
        .log()
        .filter((line) => line.startsWith('transcript.final'))
        .at(-1);
    };
    expect(guessing('book it', 'for')).toBe("transcript.final 1 'book it for'");
    expect(guessing('please', 'book it for')).toBe("transcript.final 1 'book it for please'");
  });

  it('corrects a committed turn of whose answer nothing was heard, and only then', () => {
    const early = new MachineConversation().startsToSpeak().partials('book').stopsSpeaking().wait(400);
    early.log();
    early.input({ type: 'stt_final', text: 'Book it for Friday', endOfUtterance: true });
    expect(early.log()).toEqual([
      'drop_answer 1',
      "turn.continued 1 'book'",
      "transcript.final 1 'Book it for Friday'",
      "turn.start 1 'Book it for Friday'",
      'start_turn 1 again',
    ]);
    const heard = new MachineConversation()
      .startsToSpeak()
      .partials('book')
      .stopsSpeaking()
      .wait(400)
      .answerPlays();
    heard.log();
    heard.input({ type: 'stt_final', text: 'Book it for Friday', endOfUtterance: true });
    expect(heard.log()).toEqual([]);
  });

  it('does not double words that were merely written otherwise', () => {
    const call = new MachineConversation().startsToSpeak().partials('book it').stopsSpeaking().wait(400);
    call.log();
    call.input({ type: 'stt_final', text: 'Book it.', endOfUtterance: true });
    expect(call.log()).toEqual([]);
  });

  it('may give segments while the caller still speaks; the mouth is the end of the speech', () => {
    const call = new MachineConversation().startsToSpeak().wait(500);
    call.input({ type: 'stt_final', text: 'book it', endOfUtterance: false }).wait(400).stopsSpeaking();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.state.agent?.timing).toEqual({ mouthMs: 900, vadEndMs: 1080, sttFinalMs: 1080 });
  });

  it('may hear words where the detector hears none; they are committed when no more come', () => {
    const call = new MachineConversation().partials('hello', 'hello there').wait(400);
    expect(call.log()).toContain("transcript.final 1 'hello there'");
  });

  it('keeps a word that is said twice', () => {
    const call = new MachineConversation().says('friday').wait(100).says('friday');
    expect(call.log()).toContain("transcript.final 1 'friday friday'");
  });
});
