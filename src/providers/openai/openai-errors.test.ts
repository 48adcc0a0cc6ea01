import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  apis,
  failureOf,
  generate,
  hello,
  OpenAiAccount,
  textOf,
} from '../../../test/harness/openai-account.js';
import type { ProviderError } from '../../core/errors.js';
import type { OpenAiFault } from '../../simulators/openai/openai-script.js';
import { startOpenAiSimulator } from '../../simulators/openai/openai-simulator.js';
import type { LlmEvent } from '../language-model.js';

let openAi: OpenAiAccount;

beforeAll(async () => {
  openAi = await OpenAiAccount.open();
});
beforeEach(() => openAi.reset());
afterAll(() => openAi.close());

describe.each(apis)("OpenAI's %s API", (api) => {
  const faults: readonly (readonly [string, OpenAiFault, Partial<ProviderError>])[] = [
    ['a reset connection', { fault: 'reset' }, { category: 'connection', retryable: true }],
    ['a refused key', { fault: 'status', status: 401 }, { category: 'auth', retryable: false }],
    ['a forbidden model', { fault: 'status', status: 403 }, { category: 'auth', retryable: false }],
    ['an unknown model', { fault: 'status', status: 404 }, { category: 'bad_request', retryable: false }],
    [
      'a rate limit',
      { fault: 'status', status: 429, retryAfter: '2' },
      { category: 'rate_limit', retryable: true, retryAfterMs: 2000 },
    ],
    [
      'an empty account',
      { fault: 'status', status: 429, code: 'insufficient_quota' },
      { category: 'rate_limit', retryable: false },
    ],
    ['a server error', { fault: 'status', status: 500 }, { category: 'server', retryable: true }],
    [
      'an overloaded server',
      { fault: 'status', status: 503, retryAfter: 'Wed, 21 Oct 2015 07:28:00 GMT' },
      { category: 'server', retryable: true, retryAfterMs: 0 },
    ],
    ["a proxy's page", { fault: 'html' }, { category: 'server', retryable: true }],
    [
      'a connection that breaks before the first token',
      { fault: 'drop', afterTokens: 0 },
      { category: 'connection', retryable: true },
    ],
    [
      'a connection that breaks in the middle',
      { fault: 'drop', afterTokens: 3 },
      { category: 'connection', retryable: true },
    ],
    ['an empty stream', { fault: 'truncate', afterTokens: 0 }, { category: 'connection', retryable: true }],
    [
      'a stream that ends without its end',
      { fault: 'truncate', afterTokens: 1000 },
      { category: 'connection', retryable: true },
    ],
    ['garbage', { fault: 'garbage', afterTokens: 2 }, { category: 'connection', retryable: true }],
    [
      'an error in the stream',
      { fault: 'error_event', afterTokens: 2 },
      { category: 'server', retryable: true },
    ],
    [
      'the content filter',
      { fault: 'content_filter', afterTokens: 2 },
      { category: 'bad_request', retryable: false },
    ],
  ];

  it.each(faults)('reports %s, once, and is fit for the next request', async (_, fault, expected) => {
    const model = openAi.create({ api });
    const before = openAi.simulator.requests.length;
    openAi.simulator.failNext(fault);
    const error = await failureOf(generate(model));
    expect(error).toMatchObject({ kind: 'llm', provider: 'openai', ...expected });
    expect(error.cause).toBeInstanceOf(Error);
    expect(openAi.simulator.requests.length - before).toBe(1);
    expect((await generate(model)).at(-1)).toEqual({ type: 'done', finishReason: 'stop' });
    await openAi.simulator.idle();
  });

  it('gives the tokens that came before a connection broke', async () => {
    openAi.simulator.failNext({ fault: 'drop', afterTokens: 3 });
    const seen: LlmEvent[] = [];
    const generation = (async () => {
      const request = { messages: hello, tools: [], signal: new AbortController().signal };
      for await (const event of openAi.create({ api }).generate(request)) seen.push(event);
    })();
    await failureOf(generation);
    expect(textOf(seen)).toBe('Sure, I');
  });

  it('reports a tool call that the length limit cut in two', async () => {
    const toolCalls = [{ name: 'book_appointment', arguments: '{"day":"Fri' }];
    openAi.answer = { toolCalls, finishReason: 'length' };
    const error = await failureOf(generate(openAi.create({ api })));
    expect(error).toMatchObject({ category: 'bad_request', message: expect.stringContaining('tool call') });
  });

  it('reports a server that cannot be reached', async () => {
    const gone = await startOpenAiSimulator();
    await gone.close();
    const error = await failureOf(generate(openAi.create({ api, baseUrl: gone.baseUrl })));
    expect(error).toMatchObject({ category: 'connection', message: expect.stringContaining('ECONNREFUSED') });
  });

  it('keeps the key out of an error whose server quotes it', async () => {
    const error = await failureOf(generate(openAi.create({ api, apiKey: 'sk-secret-1234' })));
    expect(error.message).toContain('OPENAI_API_KEY');
    expect(error.cause).toBeInstanceOf(Error);
    const cause = error.cause as Error;
    expect(`${error.message} ${error.stack} ${cause.message} ${cause.stack}`).not.toContain('sk-secret-1234');
  });
});
