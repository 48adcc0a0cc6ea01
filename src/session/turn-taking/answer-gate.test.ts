import { describe, expect, it } from '@jest/globals';
import { MachineConversation } from '../../../test/harness/machine-conversation.js';

describe('an answer that is not yet audible', () => {
  it('is held until the caller has been silent for long enough', () => {
    const call = new MachineConversation().says('book my appointment');
    call.log();
    call.wait(40).input({ type: 'audio_ready', turn: 1, speechLikely: false });
    expect(call.log()).toEqual([]);
    call.wait(500);
    expect(call.log()).toEqual(['release_audio 1', 'tts.audio_start 1']);
  });

  it('waits while the detector sees something that may become speech', () => {
    const call = new MachineConversation()
      .says('book my appointment')
      .input({ type: 'audio_ready', turn: 1, speechLikely: false });
    call.log();
    call.wait(400, true);
    expect(call.log()).toEqual([]);
    call.wait(20);
    expect(call.log()).toEqual(['release_audio 1', 'tts.audio_start 1']);
  });

  it('is dropped when the caller goes on, and the turn is committed again with all the words', () => {
    const call = new MachineConversation().says('i would like to book an appointment');
    call.input({ type: 'audio_ready', turn: 1, speechLikely: false }).wait(220);
    call.log();
    call.says('for friday at three');
    expect(call.log()).toEqual([
      'speech.start 1',
      'speech.end 1',
      'drop_answer 1',
      "turn.continued 1 'i would like to book an appointment'",
      "transcript.final 1 'i would like to book an appointment for friday at three'",
      "turn.start 1 'i would like to book an appointment for friday at three'",
      'start_turn 1 again',
    ]);
  });

  it('is not held back for ever by a sound that never becomes speech', () => {
    const call = new MachineConversation().says('book my appointment');
    call.input({ type: 'audio_ready', turn: 1, speechLikely: false }).wait(600, true);
    expect(call.log().slice(-2)).toEqual(['release_audio 1', 'tts.audio_start 1']);
  });

  it('survives a noise: it is held while the noise lasts and comes out afterwards', () => {
    const call = new MachineConversation()
      .says('book my appointment')
      .input({ type: 'audio_ready', turn: 1, speechLikely: false });
    call.log();
    call.wait(200).startsToSpeak().wait(300).stopsSpeaking();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.log()).toEqual(['speech.start 1', 'speech.end 1', 'release_audio 1', 'tts.audio_start 1']);
  });

  it('is given again when the words that revoked it are taken back', () => {
    const call = new MachineConversation().says('book my appointment');
    call.log();
    call.startsToSpeak().partials('no not', 'no not that').stopsSpeaking();
    call.input({ type: 'stt_final', text: '', endOfUtterance: true });
    expect(call.log()).toContain("transcript.final 1 'book my appointment'");
    expect(call.state.agent?.phase).toBe('generating');
  });
});
