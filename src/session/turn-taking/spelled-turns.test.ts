/** Callers who read a number out, or spell a name, sign by sign: the agent waits for the next one. */
import { describe, expect, it } from '@jest/globals';
import { MachineConversation } from '../../../test/harness/machine-conversation.js';

/** A call in which the agent has said something. */
function asked(question: string): MachineConversation {
  const call = new MachineConversation({ greets: true }).answerPlays().playedOut(question);
  call.log();
  return call;
}

/** Says each part in 300 ms and pauses behind it; answers are audible as soon as they may be. */
function readsOut(call: MachineConversation, parts: readonly string[], pauseMs: number): string[] {
  for (const text of parts) {
    call.startsToSpeak().wait(240).stopsSpeaking();
    call.input({ type: 'stt_final', text, endOfUtterance: true });
    call.input({ type: 'audio_ready', turn: call.state.agent?.turn ?? -1, speechLikely: false });
    call.wait(pauseMs - 180 + 60);
  }
  return call
    .wait(1500)
    .log()
    .filter((line) => /^(transcript\.final|release_audio)/.test(line));
}

describe('a caller who reads out sign by sign', () => {
  it.each([
    ['four', 'one', 'five'],
    ['4', '1', '5'],
    ['Four.', 'One.', 'Five.'],
    ['B', 'seven', 'K'],
    ['double four', 'oh', 'double', 'six'],
    ['my number is', 'five', 'five', 'one'],
    ['my number is five', 'five', 'one'],
    ['S', 'M', 'I', 'T', 'H'],
    ['it’s', 'A', '3'],
    ['oh', 'seven', '415', 'dash', 'two'],
  ])('has one turn: %s … %s …', (...parts) => {
    expect(readsOut(asked('What is it?'), parts, 800)).toEqual([`transcript.final 1 '${parts.join(' ')}'`]);
  });

  it.each([
    ['What is your phone number?', ['fifty five', 'twelve', 'oh nine']],
    ['And the last digits of the card?', ['forty', 'sixteen', 'ninety one']],
    ['What is the code, please?', ['twenty', 'sixty six']],
  ])('has one turn for pairs too, if asked for a number: %s', (question, parts) => {
    expect(readsOut(asked(question), parts, 800)).toEqual([`transcript.final 1 '${parts.join(' ')}'`]);
  });

  it('has one turn, also when every answer to a flush is late', () => {
    const call = asked('What is your number?');
    for (const text of ['four', 'one', 'five']) {
      call.startsToSpeak().wait(240).stopsSpeaking().wait(380);
      call.input({ type: 'stt_final', text, endOfUtterance: true }).wait(300);
    }
    expect(call.wait(1500).log()).toContain("transcript.final 1 'four one five'");
  });

  it('may take over from the agent with the first sign', () => {
    const call = new MachineConversation().says('book my appointment').answerPlays();
    call.log();
    call.says('four').cutDone('Sure').wait(300);
    expect(readsOut(call, ['one', 'five'], 800)).toContain("transcript.final 2 'four one five'");
  });

  it('has two turns where the pause is longer than the number would have', () => {
    const call = asked('And the rest?').says('four').wait(1100).answerPlays().playedOut('Four what?');
    expect(call.log()).toContain("transcript.final 1 'four'");
    expect(call.says('one').wait(1100).log()).toContain("transcript.final 2 'one'");
  });
});

describe('an answer that only looks like it', () => {
  it.each([
    ['at five', 'When?'],
    ['a table for two', 'What can I do for you?'],
    ['the red one', 'Which one?'],
    ['one', 'For one or two people?'],
    ['three', 'Good. When does it suit you?'],
    ['B', 'Plan A or plan B? Or B or C?'],
    ['yes', 'Is it one?'],
    ['twelve', 'For how many people?'],
    ['fifty five', 'How old are you?'],
    ['twelve', 'What number of people?'],
    ['at twelve', 'Your phone number, or when shall we meet?'],
  ])('%j to %j is not waited for', (text, question) => {
    const call = asked(question).says(text);
    expect(call.log()).toContain(`transcript.final 1 '${text}'`);
  });
});
