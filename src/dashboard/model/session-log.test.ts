import { describe, expect, it } from '@jest/globals';
import { filterOf } from './filter.js';
import {
  emptyLog,
  firstLines,
  lastLines,
  linesSince,
  logWith,
  type LogQuery,
  type SessionLog,
} from './session-log.js';

const everything: LogQuery = { verbose: false, filter: [], sessionId: null, until: null };

function logOf(count: number, line: (index: number) => { text: string; detail?: boolean }): SessionLog {
  let log = emptyLog;
  for (let i = 0; i < count; i++)
    log = logWith(log, {
      tag: 'EVT',
      detail: false,
      sessionId: i % 2 === 0 ? 'a3f9b2c1' : 'b7d1e4f2',
      atMs: i,
      wallMs: i,
      ...line(i),
    });
  return log;
}

describe('the log', () => {
  it('gives the last lines in order', () => {
    const log = logOf(10, (i) => ({ text: `line ${i}` }));
    expect(lastLines(log, everything, 3).map(({ text }) => text)).toEqual(['line 7', 'line 8', 'line 9']);
    expect(firstLines(log, everything, 2).map(({ text }) => text)).toEqual(['line 0', 'line 1']);
  });

  it('keeps 2000 lines that matter, however many tokens come between', () => {
    const log = logOf(40_000, (i) => ({ text: `line ${i}`, detail: i % 10 !== 0 }));
    const lines = lastLines(log, everything, Infinity);
    expect(lines.length).toBeGreaterThanOrEqual(2000);
    expect(lines.length).toBeLessThanOrEqual(2200);
    expect(lines.every(({ detail }) => !detail)).toBe(true);
    expect(lastLines(log, { ...everything, verbose: true }, Infinity).length).toBeLessThanOrEqual(2200);
  });

  it('numbers every line without gaps', () => {
    const log = logOf(500, (i) => ({ text: `line ${i}` }));
    const numbers = lastLines(log, everything, 100).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, i) => 401 + i));
  });

  it('is filtered by words, tags and sessions, all of which must occur', () => {
    const log = logOf(6, (i) => ({ text: i < 3 ? 'tts.audio_start' : 'tts.audio_end' }));
    const find = (text: string): number =>
      lastLines(log, { ...everything, filter: filterOf(text) }, 99).length;
    expect(find('AUDIO_start')).toBe(3);
    expect(find('end a3f9')).toBe(1);
    expect(find('evt tts')).toBe(6);
    expect(find('nothing')).toBe(0);
  });

  it('can be held at a line, and counts the later ones', () => {
    const log = logOf(10, (i) => ({ text: `line ${i}` }));
    const held = { ...everything, until: 4 };
    expect(lastLines(log, held, 2).map(({ text }) => text)).toEqual(['line 2', 'line 3']);
    expect(linesSince(log, held)).toBe(6);
    expect(linesSince(log, everything)).toBe(0);
  });
});
