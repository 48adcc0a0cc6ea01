import { PassThrough } from 'node:stream';
import { expect, it } from '@jest/globals';
import { confirm } from './confirm.js';

function ask(signal = new AbortController().signal): {
  readonly input: PassThrough;
  readonly output: PassThrough;
  readonly answer: Promise<boolean>;
} {
  const [input, output] = [new PassThrough(), new PassThrough()];
  return { input, output, answer: confirm('Call +15550100001?', { input, output }, signal) };
}

it.each([
  ['y\n', true],
  ['Yes\r\n', true],
  [' YES \n', true],
  ['\n', false],
  ['n\n', false],
  ['yesterday\n', false],
  ['call\n', false],
])('%j means %s', async (typed, meaning) => {
  const { input, output, answer } = ask();
  input.write(typed);
  expect(await answer).toBe(meaning);
  expect(String(output.read())).toBe('Call +15550100001? [y/N] ');
});

it('the end of the input means no', async () => {
  const { input, answer } = ask();
  input.end();
  expect(await answer).toBe(false);
});

it('a signal does not count as an answer', async () => {
  const stop = new AbortController();
  const { answer } = ask(stop.signal);
  stop.abort(new Error('Stopped by SIGINT.'));
  await expect(answer).rejects.toThrow('Stopped by SIGINT.');
});
