import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { note, out, paint, progress, renderLogLine, takesColour } from './terminal.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('colour', () => {
  it.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: true }, { NO_COLOR: '' }, true],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { TERM: 'dumb' }, false],
    [{ isTTY: false }, {}, false],
    [{}, {}, false],
  ])('on %j with %j: %s', (stream, env, colour) => {
    expect(takesColour(stream, env)).toBe(colour);
  });

  it('is on the tag alone, and the line reads the same without it', () => {
    const line = { tag: 'OK', text: 'mouth→ear: 748ms', detail: false } as const;
    expect(renderLogLine(line, true)).toBe('\u001b[32mOK\u001b[0m    mouth→ear: 748ms');
    expect(renderLogLine(line, false)).toBe('OK    mouth→ear: 748ms');
    expect(paint('x', 31)).toBe('\u001b[31mx\u001b[0m');
  });
});

it('data goes to stdout and messages to stderr, a line each', () => {
  const stdout = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  out('data');
  note('message');
  expect([stdout.mock.calls, stderr.mock.calls]).toEqual([[['data\n']], [['message\n']]]);
});

it.each([
  [true, [['working\n']]],
  [false, []],
])('progress is for a person at a terminal (%j)', (isTTY, written) => {
  const before = process.stderr.isTTY;
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  process.stderr.isTTY = isTTY;
  progress('working');
  process.stderr.isTTY = before;
  expect(stderr.mock.calls).toEqual(written);
});
