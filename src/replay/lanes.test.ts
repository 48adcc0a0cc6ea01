import { describe, expect, it } from '@jest/globals';
import { turnLatency } from '../metrics/turn-latency.js';
import type { SessionEvent, SessionEventFields, SessionEventType } from '../events/session-event.js';
import { laneLines, lanesOf } from './lanes.js';

let atMs = 0;

function event<T extends SessionEventType>(
  type: T,
  turn: number,
  fields: SessionEventFields[T],
): SessionEvent {
  return { type, sessionId: 'a3f9b2c1', turn, atMs: atMs++, ...fields } as unknown as SessionEvent;
}

const turnEnd = (turn: number, aborted: 'interrupted' | null = null): SessionEvent =>
  event('turn.end', turn, { latency: turnLatency({}, null, 'greeting'), aborted, heardText: '' });

function call(): SessionEvent[] {
  return [
    event('session.start', 0, {
      transport: 'twilio',
      providers: { stt: 'local', llm: 'local', tts: 'local' },
      parameters: {},
      reconnectWindowMs: 15_000,
    }),
    event('tts.audio_start', 0, {}),
    event('speech.start', 1, { onsetMs: 10 }),
    event('agent.paused', 0, {}),
    event('agent.interrupted', 0, { heardText: 'Hel', by: 'caller', heard: 'measured' }),
    event('tts.audio_end', 0, { cut: true }),
    turnEnd(0, 'interrupted'),
    event('transcript.partial', 1, { text: 'book' }),
    event('speech.end', 1, { lastSpeechMs: 20 }),
    event('transcript.final', 1, { text: 'book', typed: false }),
    event('speech.start', 1, { onsetMs: 30 }),
    event('turn.continued', 1, { text: 'book' }),
    event('speech.end', 1, { lastSpeechMs: 40 }),
    event('transcript.final', 1, { text: 'book my appointment', typed: false }),
    event('llm.tool_call', 1, { callId: 'x', name: 'find', arguments: '{}' }),
    event('llm.token', 1, { text: 'Which' }),
    event('llm.response', 1, { text: 'Which day?' }),
    event('tts.audio_start', 1, {}),
    event('agent.paused', 1, {}),
    event('agent.resumed', 1, { reason: 'backchannel' }),
    event('warning', 1, { code: 'x', message: 'y' }),
    event('tts.audio_end', 1, { cut: false }),
    turnEnd(1),
    event('session.end', 1, { reason: 'hangup', durationMs: 1 }),
  ];
}

describe('the lanes of a call', () => {
  it('hold, turn by turn, what the caller, the model and the voice did, and how it ended', () => {
    expect(laneLines(lanesOf(call()))).toEqual([
      'turn 0  voice   tts.audio_start',
      'turn 0  voice   agent.paused',
      'turn 0  voice   agent.interrupted',
      'turn 0  voice   tts.audio_end: cut',
      'turn 0  end     interrupted',
      'turn 1  caller  speech.start',
      'turn 1  caller  speech.end',
      'turn 1  caller  transcript.final: book my appointment',
      'turn 1  model   llm.tool_call: find({})',
      'turn 1  model   llm.response: Which day?',
      'turn 1  voice   tts.audio_start',
      'turn 1  voice   agent.paused',
      'turn 1  voice   agent.resumed: backchannel',
      'turn 1  voice   tts.audio_end',
      'turn 1  end     completed',
      'session end  hangup',
    ]);
  });

  it('are the same whatever the times, the partials, the tokens, the warnings and the transport', () => {
    const other = call()
      .filter(({ type }) => !['transcript.partial', 'llm.token', 'warning', 'session.start'].includes(type))
      .map((one) => ({ ...one, atMs: one.atMs * 2, sessionId: 'b7d1e4f2' }));
    expect(lanesOf(other)).toEqual(lanesOf(call()));
  });

  it('are the same however the events of different turns and lanes fall between each other', () => {
    const [ofTurn0, rest] = [
      call().filter(({ turn }) => turn === 0),
      call().filter(({ turn }) => turn === 1),
    ];
    expect(lanesOf([...rest, ...ofTurn0])).toEqual(lanesOf(call()));
  });

  it('say where a turn or the session never ended', () => {
    const cut = call().slice(0, 2);
    expect(laneLines(lanesOf(cut))).toEqual([
      'turn 0  voice   tts.audio_start',
      'turn 0  end     (none)',
      'session end  (none)',
    ]);
    expect(lanesOf([])).toEqual({ turns: [], end: null });
  });
});
