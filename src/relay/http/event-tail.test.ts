import { describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '../../events/session-event.js';
import { EventTail, type TailedEvent } from './event-tail.js';

const dtmf = (digit: string, sessionId = 'a3f9b2c1'): SessionEvent => ({
  type: 'dtmf',
  sessionId,
  turn: 1,
  atMs: 5,
  timeMs: 0,
  digit,
});

function digits(events: readonly TailedEvent[] | null): string | null {
  return events && events.map(({ event }) => (event.type === 'dtmf' ? event.digit : '?')).join('');
}

function tailOf(text: string, capacity = 100): EventTail {
  const tail = new EventTail('run', capacity);
  for (const digit of text) tail.add(dtmf(digit));
  return tail;
}

describe('the tail of a relay’s events', () => {
  it('has the latest ones, of all sessions or of one', () => {
    const tail = tailOf('123');
    tail.add(dtmf('4', 'bbbbbbbb'));
    tail.add(dtmf('5'));
    expect(digits(tail.last(3))).toBe('345');
    expect(digits(tail.last(3, 'a3f9b2c1'))).toBe('235');
    expect(digits(tail.last(0))).toBe('');
    expect(digits(tail.last(9, 'cccccccc'))).toBe('');
  });

  it('has what came after an event, for one who comes back', () => {
    const tail = tailOf('12');
    const { id } = tail.add(dtmf('3'));
    expect(tail.latestId).toBe(id);
    expect(digits(tail.after(id))).toBe('');
    tail.add(dtmf('4'));
    tail.add(dtmf('5', 'bbbbbbbb'));
    expect(digits(tail.after(id))).toBe('45');
    expect(digits(tail.after(id, 'bbbbbbbb'))).toBe('5');
  });

  it.each(['', 'run', 'run-', 'run-x', 'run--1', 'other-1', `run-${'9'.repeat(20)}`])(
    'knows nothing of an event %j that was never its own',
    (id) => expect(tailOf('123').after(id)).toBeNull(),
  );

  it('has everything for one who began before the first', () => {
    const tail = tailOf('');
    const { latestId } = tail;
    tail.add(dtmf('1'));
    expect(digits(tail.after(latestId))).toBe('1');
  });

  it('forgets the oldest, however many come', () => {
    const tail = tailOf('12345678901234567890', 3);
    expect(digits(tail.last(100))).toBe('890');
    expect(digits(tail.after('run-0'))).toBe('890');
  });

  it('leaves out what is told again, whole, a moment later', () => {
    const tail = tailOf('1');
    const { id } = tail.add({
      type: 'llm.token',
      sessionId: 'a3f9b2c1',
      turn: 1,
      atMs: 5,
      timeMs: 0,
      text: 'Hel',
    });
    tail.add(dtmf('2'));
    expect(digits(tail.last(9))).toBe('12');
    expect(digits(tail.after(id))).toBe('2');
  });
});
