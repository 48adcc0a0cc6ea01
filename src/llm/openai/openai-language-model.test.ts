import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ProviderError } from '../../errors.js';
import { languageModelContract } from '../../testing/llm-contract.js';
import type { OpenAiAnswer, OpenAiFault } from '../../testing/openai/openai-script.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../../testing/openai-simulator.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import type { ChatMessage, LlmEvent, ToolDefinition } from '../language-model.js';
import {
  openAiLanguageModel,
  type OpenAiLanguageModel,
  type OpenAiOptions,
} from './openai-language-model.js';

const apiKey = 'sk-test-4ec2e7';
const apis = ['chat', 'responses'] as const;
const sentence = 'Sure, I can book that. What day works for you?';
const hello: readonly ChatMessage[] = [{ role: 'user', content: 'hello' }];

let simulator: OpenAiSimulator;
let answer: string | OpenAiAnswer = sentence;

beforeAll(async () => {
  simulator = await startOpenAiSimulator({
    apiKey,
    pace: { firstTokenMs: 0, tokenMs: 0 },
    answers: () => answer,
  });
});
beforeEach(() => {
  answer = sentence;
  simulator.problems.length = 0;
});
afterAll(() => simulator.close());

function create(options: Partial<OpenAiOptions> = {}): OpenAiLanguageModel {
  return openAiLanguageModel({ apiKey, baseUrl: simulator.baseUrl, ...options });
}

async function generate(
  model: OpenAiLanguageModel,
  messages = hello,
  tools: readonly ToolDefinition[] = [],
): Promise<LlmEvent[]> {
  const seen: LlmEvent[] = [];
  for await (const event of model.generate({ messages, tools, signal: new AbortController().signal }))
    seen.push(event);
  return seen;
}

async function failureOf(generation: Promise<unknown>): Promise<ProviderError> {
  const thrown = await generation.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(ProviderError);
  return thrown as ProviderError;
}

function textOf(events: readonly LlmEvent[]): string {
  return events.map((event) => (event.type === 'token' ? event.text : '')).join('');
}

for (const api of apis) {
  languageModelContract(`OpenAI's ${api} API`, {
    create: () => create({ api }),
    createFailing: () => create({ api, apiKey: 'sk-wrong' }),
  });
}

describe.each(apis)("OpenAI's %s API", (api) => {
  const bookTool: ToolDefinition = {
    name: 'book_appointment',
    description: 'Books an appointment.',
    parameters: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { day: { type: 'string' } },
    },
  };

  it('gives the text as it was written, in any script', async () => {
    answer = 'Ça va? 今日は木曜日です。 🎉 مرحبا ½';
    expect(textOf(await generate(create({ api })))).toBe(answer);
  });

  it('joins the fragments of several tool calls and keeps the words before them', async () => {
    answer = {
      text: 'Let me check.',
      toolCalls: [
        { id: 'call_a', name: 'book_appointment', arguments: { day: 'Friday "the 3rd"' } },
        { id: 'call_b', name: 'book_appointment', arguments: { day: 'Samstag, früh' } },
      ],
    };
    const events = await generate(create({ api }), hello, [bookTool]);
    expect(textOf(events)).toBe('Let me check.');
    expect(events.slice(-3)).toEqual([
      {
        type: 'tool_call',
        call: { id: 'call_a', name: 'book_appointment', arguments: '{"day":"Friday \\"the 3rd\\""}' },
      },
      {
        type: 'tool_call',
        call: { id: 'call_b', name: 'book_appointment', arguments: '{"day":"Samstag, früh"}' },
      },
      { type: 'done', finishReason: 'tool_calls' },
    ]);
  });

  it('gives a tool call without arguments an empty object', async () => {
    answer = { toolCalls: [{ id: 'call_a', name: 'hang_up', arguments: '' }] };
    expect(await generate(create({ api }))).toEqual([
      { type: 'tool_call', call: { id: 'call_a', name: 'hang_up', arguments: '{}' } },
      { type: 'done', finishReason: 'tool_calls' },
    ]);
  });

  it('sends the whole conversation, tools and their results included, in a form that the API takes', async () => {
    const messages: readonly ChatMessage[] = [
      { role: 'system', content: 'You are a receptionist.' },
      { role: 'user', content: 'Friday, please.' },
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { id: 'call_a', name: 'book_appointment', arguments: '{"day":"Friday"}' },
          { id: 'call_b', name: 'book_appointment', arguments: '{"day":"Monday"}' },
        ],
      },
      { role: 'tool', toolCallId: 'call_a', content: 'booked' },
      { role: 'tool', toolCallId: 'call_b', content: 'Error: closed' },
      { role: 'assistant', content: 'Friday is booked.' },
      { role: 'user', content: 'Thanks!' },
    ];
    await generate(create({ api, model: 'gpt-4.1-mini' }), messages, [bookTool]);
    expect(simulator.problems).toEqual([]);
    expect(simulator.requests.at(-1)).toMatchObject({
      api,
      model: 'gpt-4.1-mini',
      messages,
      tools: [{ name: bookTool.name, description: bookTool.description }],
    });
    // The dialect's name is not a parameter; some servers refuse it.
    expect(simulator.requests.at(-1)?.tools[0]?.parameters).toEqual({
      type: 'object',
      properties: { day: { type: 'string' } },
    });
  });

  it('puts its parameters into every request', async () => {
    await generate(create({ api, parameters: { temperature: 0.4 } }));
    expect(simulator.requests.at(-1)?.body).toMatchObject({ temperature: 0.4, stream: true });
  });

  it('says when the answer reached its maximum length', async () => {
    answer = { text: 'And so on and so', finishReason: 'length' };
    expect((await generate(create({ api }))).at(-1)).toEqual({ type: 'done', finishReason: 'length' });
  });

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
    ['garbage', { fault: 'garbage', afterTokens: 2 }, { category: 'server', retryable: true }],
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
    const model = create({ api });
    const before = simulator.requests.length;
    simulator.failNext(fault);
    const error = await failureOf(generate(model));
    expect(error).toMatchObject({ kind: 'llm', provider: 'openai', ...expected });
    expect(error.cause).toBeInstanceOf(Error);
    expect(simulator.requests.length - before).toBe(1);
    expect((await generate(model)).at(-1)).toEqual({ type: 'done', finishReason: 'stop' });
    await simulator.idle();
  });

  it('gives the tokens that came before a connection broke', async () => {
    simulator.failNext({ fault: 'drop', afterTokens: 3 });
    const seen: LlmEvent[] = [];
    const generation = (async () => {
      const request = { messages: hello, tools: [], signal: new AbortController().signal };
      for await (const event of create({ api }).generate(request)) seen.push(event);
    })();
    await failureOf(generation);
    expect(textOf(seen)).toBe('Sure, I');
  });

  it('reports a tool call that the length limit cut in two', async () => {
    const toolCalls = [{ name: 'book_appointment', arguments: '{"day":"Fri' }];
    answer = { toolCalls, finishReason: 'length' };
    const error = await failureOf(generate(create({ api })));
    expect(error).toMatchObject({ category: 'bad_request', message: expect.stringContaining('tool call') });
  });

  it('reports a server that cannot be reached', async () => {
    const gone = await startOpenAiSimulator();
    await gone.close();
    const error = await failureOf(generate(create({ api, baseUrl: gone.baseUrl })));
    expect(error).toMatchObject({ category: 'connection', message: expect.stringContaining('ECONNREFUSED') });
  });

  it('keeps the key out of an error whose server quotes it', async () => {
    const error = await failureOf(generate(create({ api, apiKey: 'sk-secret-1234' })));
    expect(error.message).toContain('OPENAI_API_KEY');
    expect(error.cause).toBeInstanceOf(Error);
    const cause = error.cause as Error;
    expect(`${error.message} ${error.stack} ${cause.message} ${cause.stack}`).not.toContain('sk-secret-1234');
  });

  it('gives up on a server that never answers', async () => {
    for (const fault of [{ fault: 'no_headers' }, { fault: 'stall', afterTokens: 0 }] as const) {
      const clock = new VirtualClock();
      const before = simulator.requests.length;
      simulator.failNext(fault);
      const failed = failureOf(generate(create({ api, clock, firstTokenTimeoutMs: 3000 })));
      await simulator.received(before + 1);
      clock.advance(2999);
      clock.advance(1);
      expect(await failed).toMatchObject({
        category: 'timeout',
        retryable: true,
        message: expect.stringContaining('3000 ms'),
      });
      expect(clock.pendingTimers).toBe(0);
      await simulator.idle();
    }
  });

  it('gives up on a server that falls silent in the middle', async () => {
    const clock = new VirtualClock();
    simulator.failNext({ fault: 'stall', afterTokens: 1 });
    const stream = create({ api, clock, tokenTimeoutMs: 1500 }).generate({
      messages: hello,
      tools: [],
      signal: new AbortController().signal,
    });
    expect(await stream.next()).toMatchObject({ value: { type: 'token', text: 'Sure' } });
    const failed = failureOf(stream.next());
    clock.advance(1500);
    expect(await failed).toMatchObject({
      category: 'timeout',
      message: expect.stringContaining('fell silent'),
    });
    expect(clock.pendingTimers).toBe(0);
    await simulator.idle();
  });

  it('does not blame the server for a listener that takes its time', async () => {
    const clock = new VirtualClock();
    let text = '';
    const request = { messages: hello, tools: [], signal: new AbortController().signal };
    for await (const event of create({ api, clock, tokenTimeoutMs: 1500 }).generate(request)) {
      clock.advance(60_000);
      if (event.type === 'token') text += event.text;
    }
    expect(text).toBe(sentence);
  });

  it('counts an answer as complete though its stream is not ended', async () => {
    const clock = new VirtualClock();
    simulator.failNext({ fault: 'never_ends' });
    const generation = generate(create({ api, clock, tokenTimeoutMs: 1e9 }));
    const settled = generation.then(() => true);
    const stillRuns = (): Promise<boolean> => new Promise((resolve) => setImmediate(resolve, false));
    while (!(await Promise.race([settled, stillRuns()]))) clock.advance(10);
    expect((await generation).at(-1)).toEqual({ type: 'done', finishReason: 'stop' });
    await simulator.idle();
  });

  it('closes the stream at the server when it is aborted, wherever that happens', async () => {
    for (const fault of [
      { fault: 'no_headers' },
      { fault: 'stall', afterTokens: 0 },
      { fault: 'stall', afterTokens: 2 },
    ] as const) {
      const clock = new VirtualClock();
      const abort = new AbortController();
      const before = simulator.requests.length;
      simulator.failNext(fault);
      const seen: LlmEvent[] = [];
      const generation = (async () => {
        const request = { messages: hello, tools: [], signal: abort.signal };
        for await (const event of create({ api, clock }).generate(request)) seen.push(event);
      })();
      await simulator.received(before + 1);
      abort.abort();
      await generation;
      await simulator.idle();
      expect(seen.filter(({ type }) => type === 'done')).toEqual([]);
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it('understands an answer that drips in, its characters cut in two', async () => {
    answer = 'Très bien — 今日';
    simulator.failNext({ fault: 'slow_drip', bytes: 7, everyMs: 0 });
    expect(textOf(await generate(create({ api })))).toBe(answer);
  });
});

describe('an OpenAI language model that is warmed up', () => {
  it('says so when its key is refused', async () => {
    const error = await failureOf(create({ apiKey: 'sk-wrong' }).warmUp());
    expect(error).toMatchObject({ category: 'auth', retryable: false });
    expect(error.message).not.toContain('sk-wrong');
  });

  it('is content with a good key', async () => {
    await expect(create().warmUp()).resolves.toBeUndefined();
  });

  it('does not mind a server that cannot be reached: the call will tell', async () => {
    const gone = await startOpenAiSimulator();
    await gone.close();
    await expect(create({ baseUrl: gone.baseUrl }).warmUp()).resolves.toBeUndefined();
  });
});
