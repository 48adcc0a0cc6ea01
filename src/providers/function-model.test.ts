import { describe, expect, it } from '@jest/globals';
import { describeContract } from '../../test/contracts/describe-contract.js';
import { languageModelContract } from '../simulators/contracts/language-model-contract.js';
import { ProviderError } from '../core/errors.js';
import { functionModel, type ModelFunction } from './function-model.js';
import type { LlmEvent } from './language-model.js';

async function* streamed(): AsyncGenerator<string> {
  for (const text of ['Hello', ' there,', ' caller.']) yield await Promise.resolve(text);
}

describeContract(
  'a function that streams as a LanguageModel',
  languageModelContract({
    create: () => functionModel(streamed),
    createFailing: () =>
      functionModel(() => {
        throw new Error('no answer');
      }),
  }),
);

describeContract(
  'a function that gives a list as a LanguageModel',
  languageModelContract({
    create: () => functionModel(() => ['One', ' two', ' three']),
  }),
);

async function collect(answer: ModelFunction, signal = new AbortController().signal): Promise<LlmEvent[]> {
  const seen: LlmEvent[] = [];
  for await (const event of functionModel(answer).generate({ messages: [], tools: [], signal }))
    seen.push(event);
  return seen;
}

describe('functionModel', () => {
  it.each<[string, ModelFunction]>([
    ['a string', () => 'Hello there'],
    ['a promise of a string', () => Promise.resolve('Hello there')],
  ])('speaks %s as one token', async (_, answer) => {
    expect(await collect(answer)).toEqual([
      { type: 'token', text: 'Hello there' },
      { type: 'done', finishReason: 'stop' },
    ]);
  });

  it('takes a promise of a stream', async () => {
    const seen = await collect(() => Promise.resolve(streamed()));
    expect(seen.map((event) => (event.type === 'token' ? event.text : event.type))).toEqual([
      'Hello',
      ' there,',
      ' caller.',
      'done',
    ]);
  });

  it('gives the function the conversation', async () => {
    const model = functionModel(({ messages }) => messages.map(({ content }) => content).join('|'));
    const { signal } = new AbortController();
    const messages = [{ role: 'user', content: 'a' } as const, { role: 'user', content: 'b' } as const];
    const first = await model.generate({ messages, tools: [], signal })[Symbol.asyncIterator]().next();
    expect(first.value).toEqual({ type: 'token', text: 'a|b' });
  });

  it('leaves out empty pieces', async () => {
    expect(await collect(() => ['', 'yes', ''])).toHaveLength(2);
  });

  const usage = 'A model function is ({ messages, tools, signal }) => answer: it gets one object,';
  it.each<[string, (request: never) => unknown, string]>([
    ['null', () => null, 'It returned null, not text.'],
    ['nothing', () => Promise.resolve(), 'It returned undefined, not text.'],
    ['an object', () => ({ text: 'Hello' }), 'It returned an object, not text.'],
    ['a number', () => 42, 'It returned a number, not text.'],
    ['a list of numbers', () => [42], 'It gave a piece that is a number, not text.'],
    [
      'an error, as it takes the object for the list',
      (messages: readonly string[]) => messages.join(),
      'messages.join is not a function.',
    ],
  ])('says what it must be where a function from JavaScript gives %s', async (_, wrong, problem) => {
    await expect(collect(wrong as unknown as ModelFunction)).rejects.toMatchObject({
      category: 'internal',
      message: expect.stringContaining(`The model function "function" failed: ${problem} ${usage}`),
    });
  });

  it.each<[string, Error]>([
    ['fetch() throws', new TypeError('failed', { cause: new Error('connect ECONNREFUSED') })],
    ['new URL() throws', Object.assign(new TypeError('failed'), { code: 'ERR_INVALID_URL' })],
  ])('does not explain functions where it throws what %s', async (_, thrown) => {
    await expect(collect(() => Promise.reject(thrown))).rejects.toMatchObject({
      message: 'The model function "function" failed: failed',
    });
  });

  it('lets a ProviderError of the function through as it is', async () => {
    const busy = new ProviderError('busy', { kind: 'llm', provider: 'mine', category: 'rate_limit' });
    await expect(collect(() => Promise.reject(busy))).rejects.toBe(busy);
  });

  it('ends when it is aborted though the function hangs', async () => {
    const abort = new AbortController();
    const collected = collect(() => new Promise<string>(() => undefined), abort.signal);
    abort.abort();
    expect(await collected).toEqual([]);
  });

  it('returns the iterator of a stream that was aborted', async () => {
    let returned = false;
    async function* watched(): AsyncGenerator<string> {
      try {
        for (;;) yield await Promise.resolve('more');
      } finally {
        returned = true;
      }
    }
    const abort = new AbortController();
    for await (const event of functionModel(watched).generate({
      messages: [],
      tools: [],
      signal: abort.signal,
    })) {
      expect(event.type).toBe('token');
      abort.abort();
    }
    expect(returned).toBe(true);
  });

  it('drops a failure that comes after the abort', async () => {
    const abort = new AbortController();
    const collected = collect(async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error('too late');
    }, abort.signal);
    abort.abort();
    expect(await collected).toEqual([]);
  });
});
