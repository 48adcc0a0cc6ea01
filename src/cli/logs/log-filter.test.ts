import { describe, expect, it } from '@jest/globals';
import type { SessionEvent, SessionEventFields, SessionEventType } from '../../events/session-event.js';
import { UsageError } from '../exit.js';
import { logFilter, type LogFilterOptions } from './log-filter.js';

function event<T extends SessionEventType>(type: T, fields: SessionEventFields[T]): SessionEvent {
  return { type, sessionId: 'a3f9b2c1', turn: 1, atMs: 5, ...fields } as unknown as SessionEvent;
}

const events = [
  event('speech.start', { onsetMs: 1 }),
  event('transcript.partial', { text: 'hel' }),
  event('transcript.final', { text: 'hello', typed: false }),
  event('llm.token', { text: 'Hi' }),
  event('llm.response', { text: 'Hi' }),
  event('warning', { code: 'odd', message: 'x' }),
  event('error', { message: 'x' }),
];

function shown(options: Partial<LogFilterOptions>): string[] {
  return events.filter(logFilter({ level: 'info', ...options })).map(({ type }) => type);
}

describe('what hzrelay logs shows', () => {
  it.each<[Partial<LogFilterOptions>, string[]]>([
    [{}, ['transcript.final', 'llm.response', 'warning', 'error']],
    [{ verbose: true }, events.map(({ type }) => type)],
    [{ level: 'warn' }, ['warning', 'error']],
    [{ level: 'error' }, ['error']],
    [{ type: 'llm.*' }, ['llm.token', 'llm.response']],
    [{ type: 'transcript, error' }, ['transcript.final', 'error']],
    [{ type: '*.*al' }, ['transcript.partial', 'transcript.final']],
    [{ type: '*', level: 'error' }, ['error']],
  ])('with %j', (options, types) => expect(shown(options)).toEqual(types));

  it.each(['llm', '', 'llm.*,', 'llm.(token)', 'turn.ended'])(
    'is nothing of type %j, and it says so',
    (type) => {
      expect(() => logFilter({ level: 'info', type })).toThrow(UsageError);
      expect(() => logFilter({ level: 'info', type })).toThrow(
        /matches no event\. The events are: session\.start, /,
      );
    },
  );
});
