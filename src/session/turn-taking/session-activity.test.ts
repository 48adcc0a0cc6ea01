import { describe, expect, it } from '@jest/globals';
import { MachineConversation } from '../../../test/harness/machine-conversation.js';
import { describeActivity, describeState, initialState } from './machine-state.js';
import type { OutputStage } from './session-state.js';

const doing = ({ state }: MachineConversation): string => describeActivity(state);

describe('what a session does', () => {
  it('is to wait for its call, and to listen during silence', () => {
    expect(describeActivity(initialState({ managed: true }))).toBe('waiting');
    expect(doing(new MachineConversation())).toBe('listening');
  });

  it('tells a caller who speaks from a recogniser that owes the final and from a phrase that may go on', () => {
    const call = new MachineConversation().startsToSpeak();
    expect(doing(call)).toBe('hearing');
    call.wait(600).stopsSpeaking();
    expect(doing(call)).toBe('waiting_for_final');
    call.input({ type: 'stt_final', text: 'i want to book a', endOfUtterance: true });
    expect(doing(call)).toBe('waiting_for_more');
    expect(describeState(call.state)).toBe('listening');
  });

  it.each<[OutputStage, string]>([
    ['model', 'waiting_for_model'],
    ['tools', 'running_tools'],
    ['text', 'generating'],
    ['voice', 'waiting_for_voice'],
  ])('tells whom an answer waits for: output at its %s is %s', (stage, activity) => {
    const call = new MachineConversation().says('book my appointment');
    expect(doing(call)).toBe('generating');
    call.log();
    call.input({ type: 'output_stage', turn: 1, stage });
    expect(doing(call)).toBe(activity);
    expect(describeState(call.state)).toBe('thinking');
    expect(call.log()).toEqual([]);
  });

  it('tells an answer that is held by the gate from one that is being made', () => {
    const call = new MachineConversation().says('book my appointment').startsToSpeak();
    call.input({ type: 'audio_ready', turn: 1, speechLikely: false });
    expect(doing(call)).toBe('held');
    expect(describeState(call.state)).toBe('thinking');
  });

  it('is the caller’s side once an answer was dropped because the caller goes on', () => {
    const call = new MachineConversation().says('book my appointment');
    call.startsToSpeak().partials('on friday', 'on friday please');
    expect(call.state.agent?.phase).toBe('revoked');
    expect(doing(call)).toBe('hearing');
    call.wait(300).stopsSpeaking();
    expect(doing(call)).toBe('waiting_for_final');
  });

  it('is to speak, to pause, and to have ended', () => {
    const call = new MachineConversation().says('book my appointment').answerPlays();
    expect(doing(call)).toBe('speaking');
    call.startsToSpeak();
    expect(doing(call)).toBe('paused');
    call.input({ type: 'end', reason: 'hangup' });
    expect(doing(call)).toBe('ended');
  });

  it('is to wait for a user who drives', () => {
    const call = new MachineConversation({ managed: false }).says('book my appointment');
    expect(doing(call)).toBe('waiting_for_speak');
    expect(describeState(call.state)).toBe('listening');
  });

  it('takes no news of a turn that is over', () => {
    const call = new MachineConversation().says('book my appointment').answerPlays().playedOut();
    call.input({ type: 'output_stage', turn: 1, stage: 'model' });
    expect(doing(call)).toBe('listening');
  });
});
