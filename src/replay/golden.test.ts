import { describe, expect, it } from '@jest/globals';
import { HzRelayError } from '../core/errors.js';
import type { SessionEvent } from '../events/session-event.js';
import { compareRuns, parseEventLog } from './golden.js';

const final = (text: string): SessionEvent<'transcript.final'> => ({
  type: 'transcript.final',
  sessionId: 'a3f9b2c1',
  turn: 1,
  atMs: 5,
  timeMs: 0,
  text,
  typed: false,
});

const log = (...events: SessionEvent[]): string =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');

describe('a golden event log', () => {
  it.each([
    ['as it was written', (text: string) => text],
    ['with the line ends of Windows', (text: string) => text.replaceAll('\n', '\r\n')],
    ['with blank lines', (text: string) => `\n${text}\n \n`],
    ['without a last line end', (text: string) => text.trimEnd()],
  ])('is read %s', (_, change) => {
    const events = [final('book'), final('friday')];
    expect(parseEventLog(change(log(...events)), 'golden.ndjson')).toEqual(events);
  });

  it.each([
    ['', /^golden\.ndjson: the file is empty\. Write one with: hzrelay replay FILE --json/],
    ['\n \n', /is empty/],
    ['{"type":"dtmf"', /line 1 is not a session event\. Write one with/],
    [`${log(final('x'))}\n\nnull\n`, /line 4 is not a session event/],
    ['[]', /line 1/],
    ['"dtmf"', /line 1/],
    ['{"type":"dtmf","turn":"1"}', /line 1/],
  ])('that reads %j is refused with the line and the remedy', (text, message) => {
    expect(() => parseEventLog(text, 'golden.ndjson')).toThrow(HzRelayError);
    expect(() => parseEventLog(text, 'golden.ndjson')).toThrow(message);
  });
});

describe('the comparison of two runs', () => {
  it('finds them equal where only times differ', () => {
    const { equal } = compareRuns(
      [final('book')],
      [{ ...final('book'), atMs: 99, timeMs: 1_769_860_800_000 }],
    );
    expect(equal).toBe(true);
  });

  it('shows every line, and on which side it stands, where they differ', () => {
    expect(compareRuns([final('book')], [final('look')])).toEqual({
      equal: false,
      diff: [
        { side: 'expected', text: 'turn 1  caller  transcript.final: book' },
        { side: 'actual', text: 'turn 1  caller  transcript.final: look' },
        { side: 'both', text: 'turn 1  end     (none)' },
        { side: 'both', text: 'session end  (none)' },
      ],
    });
  });
});
