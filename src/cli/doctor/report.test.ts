import { describe, expect, it } from '@jest/globals';
import { resultLines, verdict } from './report.js';

const result = {
  name: 'ngrok',
  status: 'problem',
  message: 'The service cannot be reached: connection refused.',
  remedy: 'Check the network and the firewall.',
} as const;

describe("a check's lines", () => {
  it('are the finding and, below it, what to do', () => {
    expect(resultLines(result, { columns: Infinity, colour: false })).toEqual([
      'problem  ngrok       The service cannot be reached: connection refused.',
      '                     Check the network and the firewall.',
    ]);
  });

  it('fit into the terminal', () => {
    expect(resultLines(result, { columns: 60, colour: false })).toEqual([
      'problem  ngrok       The service cannot be reached:',
      '                     connection refused.',
      '                     Check the network and the firewall.',
    ]);
  });

  it('keep the lines of a list', () => {
    const message = 'a.mjs: The config has 2 problems:\n  stt: is odd.\n  llm: is\todd.';
    const lines = resultLines({ name: 'agent', status: 'problem', message }, { columns: 80, colour: false });
    expect(lines.map((line) => line.trim())).toEqual([
      expect.stringMatching(/2 problems:$/),
      'stt: is odd.',
      'llm: is odd.',
    ]);
  });

  it('have colour where it is seen, in one word', () => {
    const [line] = resultLines({ name: 'node', status: 'ok', message: 'x' }, { columns: 80, colour: true });
    expect(line).toBe('\u001b[32mok     \u001b[0m  node        x');
  });
});

describe('the verdict', () => {
  it.each([
    [0, 'Everything that is configured works.'],
    [1, 'There is 1 problem.'],
    [2, 'There are 2 problems.'],
  ])('counts %i problems', (count, text) => {
    const note = { name: 'openai', status: 'note', message: 'x' } as const;
    expect(verdict([note, ...Array.from({ length: count }, () => result)])).toBe(text);
  });
});
