import { describe, expect, it } from '@jest/globals';
import type { SessionEndReason, SessionEvent } from '../../events/session-event.js';
import type { CallStatus } from '../../telephony/twilio-account.js';
import { statusText, whatWentWrong, type FinishedCall } from './call-outcome.js';

const ended = (reason: SessionEndReason): SessionEvent => ({
  type: 'session.end',
  sessionId: 'a3f9b2c1',
  turn: 1,
  atMs: 9,
  timeMs: 0,
  reason,
  durationMs: 9,
});

function wrong(status: CallStatus, more: Partial<FinishedCall> = {}): string[] {
  const state = { callSid: 'CA1', status, durationS: 9 };
  return whatWentWrong({
    state,
    to: '+15550100001',
    from: '+15550100002',
    events: [ended('hangup')],
    problems: [],
    ...more,
  });
}

describe('a call', () => {
  it.each(['hangup', 'completed', 'ended', 'max_duration'] as const)(
    'that was answered and completed went well (%s)',
    (reason) => expect(wrong('completed', { events: [ended(reason)] })).toEqual([]),
  );

  it.each<[CallStatus, Partial<FinishedCall>, RegExp]>([
    ['busy', {}, /\+15550100001 is busy/],
    ['no-answer', {}, /did not answer\./],
    ['canceled', {}, /ended before it was answered/],
    ['failed', {}, /could not connect.*console\.twilio\.com/],
    ['in-progress', {}, /has not confirmed that the call ended/],
    ['completed', { events: [] }, /never reached the relay/],
    ['completed', { events: [ended('transport_error')] }, /media stream.*broke off/],
    ['completed', { events: [ended('provider_error')] }, /provider failed/],
    [
      'completed',
      { events: [{ ...ended('hangup'), type: 'dtmf', digit: '1' }] },
      /events stopped before the call ended/,
    ],
  ])('that was %s says why (%#)', (status, more, words) => {
    expect(wrong(status, more)).toEqual([expect.stringMatching(words)]);
  });

  it('has Twilio’s log explained, and warnings left out', () => {
    const complaints = wrong('failed', {
      problems: [
        { code: 13224, message: 'Dial: Invalid', level: 'error' },
        { code: 31930, message: 'Congestion', level: 'warning' },
        { code: 39999, message: 'Something\nnew', level: 'error' },
      ],
    });
    expect(complaints).toEqual([
      'Twilio could not connect the call to +15550100001.',
      expect.stringMatching(/^Twilio cannot call \+15550100001.*\(error 13224, https:/),
      expect.stringMatching(/^Twilio’s log says: Something new \(error 39999, https:/),
    ]);
  });
});

it('each status has words of its own for people', () => {
  const statuses = [
    'initiated',
    'ringing',
    'in-progress',
    'completed',
    'busy',
    'failed',
    'no-answer',
    'canceled',
  ] as const;
  const texts = statuses.map(statusText);
  expect(new Set(texts).size).toBe(texts.length);
  expect(statusText('queued')).toBe('initiated');
});
