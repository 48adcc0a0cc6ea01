import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apis, hello } from '../../../test/harness/openai-account.js';
import { openAiKey } from '../../../test/harness/openai-servers.js';
import type { LlmUsage } from '../../metrics/provider-usage.js';
import { openAiManners } from '../../simulators/openai/openai-manners.js';
import type { OpenAiFault } from '../../simulators/openai/openai-script.js';
import {
  startOpenAiSimulator,
  type OpenAiSimulator,
  type OpenAiSimulatorOptions,
} from '../../simulators/openai/openai-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { ChatMessage } from '../language-model.js';
import { openAiLanguageModel, type OpenAiLanguageModel } from './openai-language-model.js';
import type { OpenAiOptions } from './openai-options.js';

const words = 'Sure, I can book that. What day works for you?';

let server: OpenAiSimulator;
async function serve(options: OpenAiSimulatorOptions = {}): Promise<OpenAiSimulator> {
  const pace = { firstTokenMs: 0, tokenMs: 0 };
  const started = await startOpenAiSimulator({ apiKey: openAiKey, pace, answers: () => words, ...options });
  return started;
}
beforeAll(async () => {
  server = await serve();
});
afterAll(() => server.close());

function modelAt(
  { baseUrl }: { readonly baseUrl: string },
  options: Partial<OpenAiOptions> = {},
): OpenAiLanguageModel {
  return openAiLanguageModel({ apiKey: openAiKey, baseUrl, ...options });
}

/** What the model reports, and the types of its events; `until` ends the reading early. */
async function ask(
  model: OpenAiLanguageModel,
  {
    messages = hello,
    until = Infinity,
  }: { readonly messages?: readonly ChatMessage[]; readonly until?: number } = {},
): Promise<{ readonly usage: readonly LlmUsage[]; readonly types: readonly string[] }> {
  const usage: LlmUsage[] = [];
  const types: string[] = [];
  const onUsage = (used: LlmUsage): void => void usage.push(used);
  const { signal } = new AbortController();
  try {
    for await (const { type } of model.generate({ messages, tools: [], signal, onUsage })) {
      types.push(type);
      if (types.length >= until) break;
    }
  } catch (thrown) {
    types.push((thrown as Error).name);
  }
  return { usage, types };
}

const reported = { kind: 'llm', provider: 'openai', model: 'gpt-6-luna' } as const;

describe.each(apis)('what was used, on the %s API,', (api) => {
  it('is what the service bills, told once', async () => {
    const { usage, types } = await ask(modelAt(server, { api }));
    expect(types.at(-1)).toBe('done');
    expect(usage).toEqual([{ ...reported, ...server.billed.at(-1)! }]);
    expect(usage[0]).not.toHaveProperty('estimated');
    expect(usage[0]).toMatchObject({ inputTokens: 2, outputTokens: 13 });
  });

  it('tells what came from the cache', async () => {
    const model = modelAt(server, { api });
    const messages: ChatMessage[] = [
      { role: 'system', content: `You are a receptionist (${api}). `.repeat(200) },
      ...hello,
    ];
    await ask(model, { messages });
    const { usage } = await ask(model, { messages: [...messages, { role: 'user', content: 'and again' }] });
    expect(usage).toEqual([{ ...reported, ...server.billed.at(-1)! }]);
    expect(usage[0]!.cachedInputTokens! % 128).toBe(0);
    expect(usage[0]!.cachedInputTokens!).toBeGreaterThanOrEqual(1024);
  });

  it.each([...openAiManners, 'random'] as const)('is read from answers in the shape %s', async (manners) => {
    const shaped = await serve({ manners });
    const { usage } = await ask(modelAt(shaped, { api }));
    expect(usage).toHaveLength(1);
    if (shaped.billed[0]?.estimated) expect(usage[0]).toMatchObject({ estimated: true });
    else expect(usage).toEqual([{ ...reported, ...shaped.billed[0]! }]);
    await shaped.close();
  });

  it.each<OpenAiFault>([
    { fault: 'drop', afterTokens: 3 },
    { fault: 'truncate', afterTokens: 3 },
    { fault: 'error_event', afterTokens: 3 },
  ])('is estimated from the pieces that came before a failure ($fault)', async (fault) => {
    server.failNext(fault);
    const { usage, types } = await ask(modelAt(server, { api }));
    expect(types.at(-1)).toBe('ProviderError');
    expect(usage).toEqual([{ ...reported, inputTokens: 2, outputTokens: 3, estimated: true }]);
    expect(usage).toEqual([{ ...reported, ...server.billed.at(-1)! }]);
  });

  it('is estimated if the reader leaves in the middle', async () => {
    const slow = await serve({ pace: { firstTokenMs: 0, tokenMs: 60_000 } });
    const reading = ask(modelAt(slow, { api }), { until: 1 });
    await slow.received(1);
    const { usage } = await reading;
    expect(usage).toEqual([{ ...reported, inputTokens: 2, outputTokens: 1, estimated: true }]);
    await slow.idle();
    expect(usage).toEqual([{ ...reported, ...slow.billed[0]! }]);
    await slow.close();
  });

  it('is estimated if the request is aborted before an answer', async () => {
    const usage: LlmUsage[] = [];
    const abort = new AbortController();
    server.failNext({ fault: 'no_headers' });
    const before = server.requests.length;
    const request = {
      messages: hello,
      tools: [],
      signal: abort.signal,
      onUsage: (used: LlmUsage) => void usage.push(used),
    };
    const reading = modelAt(server, { api }).generate(request).next();
    await server.received(before + 1);
    abort.abort();
    await reading;
    expect(usage).toEqual([{ ...reported, inputTokens: 2, outputTokens: 0, estimated: true }]);
    expect(usage).toEqual([{ ...reported, ...server.billed.at(-1)! }]);
  });

  it.each<OpenAiFault>([
    { fault: 'status', status: 500 },
    { fault: 'status', status: 429 },
    { fault: 'html' },
    { fault: 'reset' },
  ])('is nothing where the request was refused ($fault)', async (fault) => {
    const before = server.billed.length;
    server.failNext(fault);
    expect((await ask(modelAt(server, { api }))).usage).toEqual([]);
    expect(server.billed).toHaveLength(before);
  });
});

describe('the usage of a chat completion', () => {
  it('is estimated where the server does not know the field, which is asked for once', async () => {
    const old = await serve({ unknownFields: ['stream_options'], models: 'any' });
    const model = modelAt(old, { model: 'llama3.2' });
    for (let time = 0; time < 2; time++)
      expect((await ask(model)).usage).toEqual([
        { ...reported, model: 'llama3.2', inputTokens: 2, outputTokens: 13, estimated: true },
      ]);
    expect(old.requests.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false]);
    await old.close();
  });

  it('holds no answer up, however late it comes', async () => {
    const clock = new VirtualClock();
    const chunk = (fields: object): string => `data: ${JSON.stringify(fields)}\n\n`;
    const late = await serve({
      clock,
      models: 'any',
      answers: () => ({
        sse:
          chunk({ choices: [{ delta: { content: 'Hello.' } }] }) +
          chunk({ choices: [{ delta: {}, finish_reason: 'stop' }] }) +
          `#wait 200\n${chunk({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 3 } })}data: [DONE]\n\n`,
      }),
    });
    const usage: LlmUsage[] = [];
    const { signal } = new AbortController();
    const onUsage = (used: LlmUsage): void => void usage.push(used);
    const model = modelAt(late, { clock, model: 'llama3.2' });
    const reading = model.generate({ messages: hello, tools: [], signal, onUsage });
    expect(await reading.next()).toMatchObject({ value: { type: 'token', text: 'Hello.' } });
    const done = reading.next();
    const startedMs = clock.nowMs();
    while (clock.nowMs() < startedMs + 20) {
      await new Promise(setImmediate);
      clock.advance(1);
    }
    expect(await done).toMatchObject({ value: { type: 'done' } });
    expect(usage).toEqual([]);
    const end = reading.next();
    clock.advance(200);
    expect(await end).toMatchObject({ done: true });
    expect(usage).toEqual([{ ...reported, model: 'llama3.2', inputTokens: 7, outputTokens: 3 }]);
    await late.close();
  });
});

describe('the typed options', () => {
  const typed = {
    ...{ temperature: 0.4, maxTokens: 200, serviceTier: 'priority', headers: { 'x-team': 'desk' } },
    extra: { user: 'u1' },
  };
  const tool = { name: 'book', description: 'Books.', parameters: { type: 'object' } };
  async function bodyOf(
    options: Partial<OpenAiOptions>,
    messages: readonly ChatMessage[] = hello,
    at = server,
  ): Promise<Readonly<Record<string, unknown>>> {
    const request = { messages, tools: [tool], signal: new AbortController().signal };
    for await (const event of modelAt(at, options).generate(request)) expect(event).toBeDefined();
    expect(at.requests.at(-1)!.headers).toMatchObject(options.headers ?? {});
    return at.requests.at(-1)!.body;
  }

  it('are fields of chat completions', async () => {
    const body = await bodyOf({ ...typed, toolChoice: { name: 'book' } });
    expect(body).toMatchObject({
      ...{
        temperature: 0.4,
        max_tokens: 200,
        service_tier: 'priority',
        user: 'u1',
        reasoning_effort: 'none',
      },
      ...{ tool_choice: { type: 'function', function: { name: 'book' } } },
      stream_options: { include_usage: true },
    });
  });

  it('are fields of responses', async () => {
    const body = await bodyOf({
      ...typed,
      api: 'responses',
      reasoningEffort: 'low',
      toolChoice: { name: 'book' },
    });
    expect(body).toMatchObject({
      ...{ temperature: 0.4, max_output_tokens: 200, service_tier: 'priority', user: 'u1' },
      ...{ reasoning: { effort: 'low' }, tool_choice: { type: 'function', name: 'book' } },
    });
    expect(body).not.toHaveProperty('stream_options');
  });

  it('ask for the length by the name that the server knows', async () => {
    const strict = await serve({ unknownFields: ['max_tokens'] });
    expect(await bodyOf({ maxTokens: 5 }, hello, strict)).toMatchObject({ max_completion_tokens: 5 });
    await strict.close();
  });

  it('force no tool behind its own result', async () => {
    const messages: ChatMessage[] = [
      ...hello,
      { role: 'assistant', content: '', toolCalls: [{ id: 'a', name: 'book', arguments: '{}' }] },
      { role: 'tool', toolCallId: 'a', content: 'booked' },
    ];
    expect(await bodyOf({ toolChoice: 'required' })).toMatchObject({ tool_choice: 'required' });
    expect(await bodyOf({ toolChoice: 'required' }, messages)).not.toHaveProperty('tool_choice');
    expect(await bodyOf({ toolChoice: 'none' }, messages)).toMatchObject({ tool_choice: 'none' });
  });

  it('give way to extra, and extra goes before its older name', async () => {
    const body = await bodyOf({
      temperature: 1,
      parameters: { top_p: 0.1, seed: 1 },
      extra: { temperature: 0, seed: 2 },
    });
    expect(body).toMatchObject({ temperature: 0, top_p: 0.1, seed: 2 });
  });
});
