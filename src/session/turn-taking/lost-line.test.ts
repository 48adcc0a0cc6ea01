/** The connection is lost in the middle of a conversation, and comes back. */
import { describe, expect, it } from '@jest/globals';
import { MachineConversation } from '../../../test/harness/machine-conversation.js';
import { describeActivity, describeState } from './machine-state.js';

/** A call in which the line is lost; its log so far is taken. */
function lost(call: MachineConversation): MachineConversation {
  call.log();
  return call.input({ type: 'line_lost' });
}

describe('a lost connection', () => {
  it('pauses the agent, which goes on when it is back', () => {
    const call = lost(new MachineConversation().says('book my appointment').answerPlays());
    expect(call.log()).toEqual(['pause_playout 1']);
    expect([describeState(call.state), describeActivity(call.state)]).toEqual([
      'reconnecting',
      'reconnecting',
    ]);
    call.wait(5000);
    expect(call.log()).toEqual([]);
    call.input({ type: 'line_back' });
    expect(call.log()).toEqual(['resume_playout 1']);
    expect(describeState(call.state)).toBe('speaking');
  });

  it('pauses playout between turns, too, and gives it back', () => {
    const call = lost(new MachineConversation());
    expect(call.log()).toEqual(['pause_playout 1']);
    call.input({ type: 'line_back' });
    expect(call.log()).toEqual(['resume_playout 1']);
  });

  it('holds a ready answer until it is back', () => {
    const call = lost(new MachineConversation().says('book my appointment'));
    call.input({ type: 'audio_ready', turn: 1, speechLikely: false }).wait(3000);
    expect(call.log()).toEqual(['pause_playout 1']);
    call.input({ type: 'line_back' });
    expect(call.log()).toEqual(['resume_playout 1', 'release_audio 1', 'tts.audio_start 1']);
  });

  it('keeps the words of a caller who was cut off in mid-sentence, and adds the rest', () => {
    const call = lost(new MachineConversation().startsToSpeak().partials('book', 'book my').wait(300));
    call.input({ type: 'stt_final', text: 'book my', endOfUtterance: false }).wait(4000);
    expect(call.log()).toEqual(['pause_playout 1']);
    call.input({ type: 'line_back' }).wait(400).stopsSpeaking();
    call.input({ type: 'stt_final', text: 'appointment', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 1 'book my appointment'");
  });

  it('commits no turn while it lasts, and waits the rest of the silence afterwards', () => {
    const call = new MachineConversation({ unfinishedPhraseMs: 1500 })
      .startsToSpeak()
      .wait(600)
      .stopsSpeaking();
    call.input({ type: 'stt_final', text: 'book my', endOfUtterance: true }).wait(300);
    lost(call).wait(10_000);
    expect(call.log()).toEqual(['pause_playout 1']);
    call.input({ type: 'line_back' }).wait(900);
    expect(call.log()).toEqual(['resume_playout 1']);
    call.wait(300);
    expect(call.log()).toContain("transcript.final 1 'book my'");
  });

  it('does not end a pause for the caller before its time', () => {
    const call = new MachineConversation({ bargeInTimeoutMs: 800 }).says('book my appointment').answerPlays();
    lost(call.startsToSpeak()).wait(5000);
    expect(call.state.agent?.phase).toBe('paused');
    call.log();
    call.input({ type: 'line_back' });
    expect(call.log()).toEqual([]);
    call.wait(800);
    expect(call.log()).toEqual(['resume_playout 1', 'agent.resumed 1']);
  });

  it('can be interrupted and ended, and reported twice', () => {
    const call = lost(new MachineConversation().says('book my appointment').answerPlays());
    call.input({ type: 'line_lost' }).input({ type: 'interrupt' });
    expect(call.log()).toEqual(['pause_playout 1', 'cut_playout 1']);
    call.cutDone('hello').input({ type: 'line_back' }).input({ type: 'line_back' });
    expect(call.log().filter((line) => line.startsWith('resume_playout'))).toEqual(['resume_playout 2']);
    call.input({ type: 'line_lost' }).input({ type: 'end', reason: 'connection_lost' });
    expect(call.log()).toContain('end_session connection_lost');
  });
});
