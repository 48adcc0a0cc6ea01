import { describe, expect, it, jest } from '@jest/globals';
import { CapturedOutput, type Printable } from './captured-output.js';

function captured(): { stream: Printable; printed: unknown[]; lines: string[]; capture: CapturedOutput } {
  const printed: unknown[] = [];
  const lines: string[] = [];
  const stream = { write: (chunk: unknown) => printed.push(chunk) > 0 } as Printable;
  const capture = new CapturedOutput(stream, (line) => lines.push(line));
  return { stream, printed, lines, capture };
}

describe('captured output', () => {
  it('comes line by line, however it was printed', () => {
    const { stream, printed, lines } = captured();
    stream.write('one\ntw');
    stream.write(new TextEncoder().encode('o\n\nthree'));
    expect(lines).toEqual(['one', 'two']);
    expect(printed).toEqual([]);
  });

  it('calls back as a stream does when the text was taken', async () => {
    const { stream } = captured();
    const first = jest.fn();
    const second = jest.fn();
    expect(stream.write('text', first)).toBe(true);
    stream.write('text', 'utf8', second);
    await Promise.resolve();
    expect(first).toHaveBeenCalledTimes(1);
    expect(second).toHaveBeenCalledTimes(1);
  });

  it('ends when it is released, without losing an unfinished line', () => {
    const { stream, printed, lines, capture } = captured();
    stream.write('unfinished');
    capture.release();
    capture.release();
    stream.write('after');
    expect(lines).toEqual(['unfinished']);
    expect(printed).toEqual(['after']);
  });
});
