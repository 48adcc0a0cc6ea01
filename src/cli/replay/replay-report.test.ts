import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TransportError } from '../../core/errors.js';
import type { SessionEvent } from '../../events/session-event.js';
import type { ReplayResult } from '../../replay/replay-call.js';
import { complaintsAbout, report } from './replay-report.js';

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

const mine = { kind: 'llm', provider: 'mine' } as const;
const failure = (kind: 'llm' | 'tts'): SessionEvent => ({
  ...end,
  type: 'error',
  message: 'boom',
  kind,
  provider: 'mine',
});

describe('the exit code', () => {
  let said = '';
  beforeEach(() => {
    said = '';
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation((text) => {
        said += String(text);
        return true;
      });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  const unheard = { name: 'cough.wav', said: true, answered: false };
  const codeOf = (change: Partial<ReplayResult>, expected: readonly SessionEvent[] | null = null) =>
    report({ ...good, ...change }, { expected, expect: 'golden', stopped: false, name: null });

  it.each<[string, Partial<ReplayResult>, number, string]>([
    ['went well', {}, 0, ''],
    ['got no answer', { turns: [unheard] }, 1, 'cough.wav got no answer.'],
    ['got no answer in the end', { turns: [...good.turns, unheard] }, 1, 'cough.wav got no answer.'],
    ['met a model that throws', { events: [failure('llm'), end] }, 1, 'in turn 1: boom'],
    ['met a voice that throws', { events: [failure('tts'), end] }, 1, 'in turn 1: boom'],
    ['sent no events', { events: [] }, 0, 'warning: the relay sent no events'],
  ])('of a call that %s', async (_how, change, code, words) => {
    expect(await codeOf(change)).toBe(code);
    expect(said).toContain(words);
  });

  it('excuses a missing answer that the golden log expects', async () => {
    expect(await codeOf({ turns: [unheard] }, [end])).toBe(0);
    expect(await codeOf({ turns: [unheard], events: [failure('llm'), end] }, [failure('llm'), end])).toBe(0);
    expect(await codeOf({ events: [failure('llm'), end] }, [end])).toBe(1);
    expect(
      await codeOf({ turns: [unheard] }, [
        { ...end, type: 'transcript.final', text: 'yes', typed: false },
        end,
      ]),
    ).toBe(1);
  });
});

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
    [
      'met a model that failed again after a retry',
      {
        events: [
          failure('llm'),
          { ...end, type: 'provider.reconnect', ...mine, attempt: 2 },
          failure('llm'),
          end,
        ],
      },
      ['unanswered: in turn 1: boom'],
    ],
    [
      'met a voice that failed, while the model had only failed once',
      {
        events: [
          failure('llm'),
          { ...end, type: 'provider.reconnect', ...mine, attempt: 2 },
          failure('tts'),
          end,
        ],
      },
      ['unanswered: in turn 1: boom'],
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
