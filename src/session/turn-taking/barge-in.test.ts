import { describe, expect, it } from '@jest/globals';
import { MachineConversation } from '../../../test/harness/machine-conversation.js';

describe('barge-in', () => {
  const talking = (): MachineConversation => {
    const call = new MachineConversation().says('book my appointment').answerPlays();
    call.log();
    return call;
  };

  it('pauses at once and interrupts on two words that stand in two partials', () => {
    const call = talking().startsToSpeak();
    expect(call.log()).toEqual(['speech.start 2', 'pause_playout 1', 'agent.paused 1']);
    call.partials('no');
    call.partials('no wait');
    expect(call.log()).toEqual(["transcript.partial 2 'no'", "transcript.partial 2 'no wait'"]);
    call.partials('no wait please');
    expect(call.log()).toEqual(["transcript.partial 2 'no wait please'", 'cut_playout 1']);
    call.cutDone('Sure, what');
    expect(call.log()).toEqual(['agent.interrupted 1', 'tts.audio_end 1', 'end_turn 1 interrupted']);
  });

  it('commits the interrupting words after the interrupted turn has ended', () => {
    const call = talking().says('cancel it');
    expect(call.log().at(-1)).toBe('cut_playout 1');
    call.cutDone('Sure');
    expect(call.log()).toEqual([
      'agent.interrupted 1',
      'tts.audio_end 1',
      'end_turn 1 interrupted',
      "transcript.final 2 'cancel it'",
      "turn.start 2 'cancel it'",
      'start_turn 2',
    ]);
  });

  it.each(['uh huh', 'um hum', 'mhm uh huh'])('goes on after %p, which makes no turn', (backchannel) => {
    const call = talking().says(backchannel);
    expect(call.log().slice(-2)).toEqual(['resume_playout 1', 'agent.resumed 1']);
    expect(call.state.nextTurn).toBe(2);
  });

  it('goes on after a noise', () => {
    const call = talking().says('');
    expect(call.log().slice(-2)).toEqual(['resume_playout 1', 'agent.resumed 1']);
  });

  it('goes on when two seconds bring no words, and gives way when words come later', () => {
    const call = talking().startsToSpeak().wait(2000);
    expect(call.log().slice(-2)).toEqual(['resume_playout 1', 'agent.resumed 1']);
    call.partials('stop it', 'stop it now');
    expect(call.log()).toContain('cut_playout 1');
  });

  it('is not confirmed by one word that noise put there and took back', () => {
    const call = talking().startsToSpeak().partials('yes', 'i').stopsSpeaking();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.log().slice(-2)).toEqual(['resume_playout 1', 'agent.resumed 1']);
  });

  it('that comes with the very end of the answer leaves nothing paused', () => {
    const call = talking().startsToSpeak();
    call.log();
    call.playedOut();
    expect(call.log()).toEqual(['resume_playout 1', 'tts.audio_end 1', 'end_turn 1']);
  });

  it('works during the greeting', () => {
    const call = new MachineConversation({ greets: true });
    call.input({ type: 'audio_ready', turn: 0, speechLikely: false });
    call.log();
    call.says('cancel my appointment').cutDone('Hello');
    expect(call.log()).toEqual([
      'speech.start 1',
      'pause_playout 0',
      'agent.paused 0',
      'speech.end 1',
      'cut_playout 0',
      'agent.interrupted 0',
      'tts.audio_end 0',
      'end_turn 0 interrupted',
      "transcript.final 1 'cancel my appointment'",
      "turn.start 1 'cancel my appointment'",
      'start_turn 1',
    ]);
  });

  it('can be ordered by the user', () => {
    const call = talking().input({ type: 'interrupt' }).cutDone('Sure');
    expect(call.log()).toEqual([
      'cut_playout 1',
      'agent.interrupted 1',
      'tts.audio_end 1',
      'end_turn 1 interrupted',
    ]);
  });
});
