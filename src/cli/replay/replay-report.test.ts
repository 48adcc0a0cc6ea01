import { describe, expect, it } from '@jest/globals';
import { TransportError } from '../../core/errors.js';
import type { SessionEvent } from '../../events/session-event.js';
import type { ReplayResult } from '../../replay/replay-call.js';
import { complaintsAbout } from './replay-report.js';

const end: SessionEvent = {
  type: 'session.end',
  sessionId: 'a3f9b2c1',
  turn: 1,
  atMs: 9,
  timeMs: 0,
  reason: 'hangup',
  durationMs: 9,
};
const silence = new Int16Array(160);
const good: ReplayResult = {
  events: [end],
  turns: [{ name: 'a.wav', said: true, answered: true }],
  end: { how: 'caller_hung_up' },
  recording: { sampleRateHz: 8000, caller: silence, agent: silence },
};

describe('a replayed call', () => {
  it.each<[string, Partial<ReplayResult>, string[]]>([
    ['went well', {}, []],
    [
      'was answered busy',
      { recording: null, events: [], end: { ...good.end, how: 'rejected', reason: 'busy' } },
      ["error: the call was not answered (busy). The relay's log says why."],
    ],
    [
      'met an announcement',
      {
        recording: null,
        events: [],
        end: { ...good.end, how: 'relay_hung_up', said: ['We are', 'closed.'] },
      },
      ["error: the call was not answered (We are closed.). The relay's log says why."],
    ],
    [
      'broke off',
      { end: { ...good.end, how: 'failed', error: new TransportError('The webhook\nfailed.') } },
      ['error: the call broke off: The webhook failed.'],
    ],
    [
      'ended before all was said',
      { turns: [...good.turns, { name: 'b.wav', said: false, answered: false }] },
      ['error: b.wav was not played to its end: the relay ended the call.'],
    ],
    [
      'got no answer',
      { turns: [{ name: 'a.wav', said: true, answered: false }] },
      ['unanswered: a.wav got no answer.'],
    ],
    [
      'met a failing model',
      { events: [{ ...end, type: 'error', message: 'boom', kind: 'llm', provider: 'mine' }, end] },
      ['unanswered: in turn 1: boom'],
    ],
    [
      'met a model that answered the second time',
      {
        events: [
          { ...end, type: 'error', message: 'boom', kind: 'llm', provider: 'mine' },
          { ...end, type: 'provider.reconnect', kind: 'llm', provider: 'mine', attempt: 2 },
          end,
        ],
      },
      [],
    ],
    ['sent nothing', { events: [] }, ['warning: the relay sent no events of this call.']],
    [
      'lost its events',
      { events: [{ ...end, type: 'dtmf', digit: '1' }] },
      ['warning: the events stopped before the call ended.'],
    ],
  ])('that %s', (_how, change, complaints) => {
    const said = complaintsAbout({ ...good, ...change }).map(({ level, text }) => `${level}: ${text}`);
    expect(said).toEqual(complaints);
  });
});
