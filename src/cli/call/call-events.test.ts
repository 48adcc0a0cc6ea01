import { expect, it } from '@jest/globals';
import type { SessionEvent } from '../../events/session-event.js';
import { CallEvents } from './call-events.js';

const start = (sessionId: string, callId: string): SessionEvent =>
  ({ type: 'session.start', sessionId, callId, turn: 0, atMs: 0, timeMs: 0 }) as unknown as SessionEvent;
const end = (sessionId: string): SessionEvent => ({
  type: 'session.end',
  sessionId,
  turn: 0,
  atMs: 9,
  timeMs: 0,
  reason: 'hangup',
  durationMs: 9,
});

it('the events of the call are picked from those of all, also from before its name was known', async () => {
  const shown: SessionEvent[] = [];
  const events = new CallEvents((event) => shown.push(event));
  for (const event of [start('other', 'CA0'), start('ours', 'CA1')]) events.take(event);
  expect(shown).toEqual([]);
  events.name('CA1');
  for (const event of [end('other'), end('ours')]) events.take(event);
  expect(shown).toEqual([start('ours', 'CA1'), end('ours')]);
  expect(events.events).toEqual(shown);
  expect(await events.ended).toEqual(end('ours'));
});
