import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { turnLatency } from '../metrics/turn-latency.js';
import type { SessionEvent, SessionEventFields, SessionEventType } from './session-event.js';
import { formatLogLine, printable, sysLogLine } from './sys-log.js';

type Fields = {
  [K in SessionEventType]: { readonly type: K } & Partial<SessionEvent<K>> & SessionEventFields[K];
}[SessionEventType];

const event = (fields: Fields, sessionId = 'a3f9b2c1'): SessionEvent => ({
  sessionId,
  turn: 1,
  atMs: 0,
  timeMs: 0,
  ...fields,
});

const line = (fields: Fields, sessionId?: string): string =>
  formatLogLine(sysLogLine(event(fields, sessionId)));

const start = (transport: 'twilio' | 'webrtc'): Fields => ({
  type: 'session.start',
  transport,
  providers: { stt: 'local', llm: 'local', tts: 'local' },
  parameters: {},
  reconnectWindowMs: 15_000,
});

const turnEnd = (earMs: number | null, more: Partial<SessionEvent<'turn.end'>> = {}): Fields => ({
  type: 'turn.end',
  latency: turnLatency(earMs === null ? {} : { mouthMs: 0, earMs }, 'measured', 'greeting'),
  aborted: null,
  heardText: '',
  ...more,
});

describe('the SYS_LOG', () => {
  it.each([
    [line(start('twilio')), 'INFO  inbound: twilio → session a3f9b2c1'],
    [
      line({ type: 'transcript.final', text: 'book my appointment', typed: false }),
      "EVT   speech.start → transcript.final: 'book my appointment'",
    ],
    [line(turnEnd(748)), 'OK    mouth→ear: 748ms'],
    [line(start('webrtc'), 'b7d1e4f2'), 'INFO  inbound: webrtc → session b7d1e4f2'],
    [
      line({ type: 'transcript.final', text: 'reschedule for friday', typed: false }),
      "EVT   speech.start → transcript.final: 'reschedule for friday'",
    ],
    [line(turnEnd(731)), 'OK    mouth→ear: 731ms'],
  ])('reads %s', (actual, expected) => {
    expect(actual).toBe(expected);
  });

  it.each<[Fields, string]>([
    [{ type: 'transcript.final', text: 'hi', typed: true }, "EVT   typed → transcript.final: 'hi'"],
    [turnEnd(1000), 'WARN  mouth→ear: 1000ms'],
    [turnEnd(748, { aborted: 'interrupted' }), 'OK    mouth→ear: 748ms (interrupted)'],
    [turnEnd(null), 'EVT   turn.end: 1 (greeting)'],
    [turnEnd(null, { aborted: 'hangup' }), 'EVT   turn.end: 1 (hangup)'],
    [{ type: 'agent.resumed', reason: 'backchannel' }, 'EVT   agent.resumed: only a backchannel'],
    [
      { type: 'agent.interrupted', heardText: 'We are', by: 'caller', heard: 'measured' },
      "EVT   agent.interrupted → heard: 'We are'",
    ],
    [{ type: 'tts.audio_end', cut: true }, 'EVT   tts.audio_end (cut)'],
    [
      { type: 'llm.tool_result', callId: 'x', name: 'book', result: 'ok', failed: false, durationMs: 12.4 },
      'EVT   llm.tool_result: book → ok (12ms)',
    ],
    [
      { type: 'llm.tool_result', callId: 'x', name: 'book', result: 'no', failed: true, durationMs: 1 },
      'WARN  llm.tool_result: book failed: no',
    ],
    [{ type: 'warning', code: 'unknown_event', message: 'What?' }, 'WARN  unknown_event: What?'],
    [{ type: 'error', message: 'The line is down.' }, 'ERR   The line is down.'],
    [
      { type: 'error', message: 'The model failed.', kind: 'llm', provider: 'openai', requestId: 'req_9f' },
      'ERR   The model failed. (request req_9f)',
    ],
    [
      { type: 'session.end', reason: 'hangup', durationMs: 61_249 },
      'INFO  session a3f9b2c1 ended: hangup after 61.2s',
    ],
  ])('knows %j', (fields, expected) => {
    expect(line(fields)).toBe(expected);
  });

  it('keeps what repeats many times a second, and a turn that can have no figure, for a closer look', () => {
    const details: Fields[] = [
      { type: 'transcript.partial', text: 'book' },
      { type: 'llm.token', text: 'Which' },
      { type: 'speech.start', onsetMs: 1 },
      turnEnd(null),
    ];
    expect(details.map((fields) => sysLogLine(event(fields)).detail)).toEqual([true, true, true, true]);
    expect(sysLogLine(event(turnEnd(null, { aborted: 'hangup' }))).detail).toBe(false);
    expect(sysLogLine(event(turnEnd(748))).detail).toBe(false);
  });
});

describe('what callers, models, tools and servers say', () => {
  const hostile = fc.string({
    unit: fc.constantFrom('a', ' ', '\n', '\r', '\u001b', '[', '\u0007', '\u009b', '\u202e', '\u2028'),
  });

  it('never puts a control character or a second line into the log', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const lines = [
          line({ type: 'transcript.final', text, typed: false }),
          line({ type: 'llm.response', text }),
          line({ type: 'llm.tool_call', callId: text, name: text, arguments: text }),
          line({
            type: 'llm.tool_result',
            callId: text,
            name: 'x',
            result: text,
            failed: false,
            durationMs: 1,
          }),
          line({ type: 'dtmf', digit: text }),
          line({ type: 'provider.failover', kind: 'stt', from: text, to: text, cause: text }),
          line({ type: 'warning', code: text, message: text }),
          line({ type: 'error', message: text }),
        ];
        for (const written of lines)
          expect(written).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it('is otherwise left as it is', () => {
    expect(printable('  Grüße,\n\n你好 👨‍👩‍👧 — “ok”\t')).toBe('Grüße, 你好 👨‍👩‍👧 — “ok”');
  });
});
