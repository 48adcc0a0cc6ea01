import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import {
  AnthropicAccount,
  anthropicKey,
  billOf,
  generated,
  hello,
  sentence,
} from '../../../test/harness/anthropic-account.js';
import { textOf } from '../../../test/harness/openai-account.js';
import { anthropicManners } from '../../simulators/anthropic/anthropic-manners.js';
import { languageModelContract } from '../../simulators/contracts/language-model-contract.js';
import type { ProviderIncident } from '../../events/provider-incident.js';
import type { ChatMessage, LlmEvent, ToolCall, ToolDefinition } from '../language-model.js';

let anthropic: AnthropicAccount;

beforeAll(async () => {
  anthropic = await AnthropicAccount.open();
});
beforeEach(() => anthropic.reset());
afterAll(() => anthropic.close());

const bookTool: ToolDefinition = {
  name: 'book_appointment',
  description: 'Books an appointment.',
  parameters: { type: 'object', properties: { day: { type: 'string' } } },
};

describe.each([...anthropicManners, 'random'] as const)('answers in the shape %s', (manners) => {
  let shaped: AnthropicAccount;
  beforeAll(async () => {
    shaped = await AnthropicAccount.open({ manners });
  });
  beforeEach(() => shaped.reset());
  afterAll(() => shaped.close());

  describeContract(
    'Anthropic as a LanguageModel',
    languageModelContract({
      create: () => shaped.create(),
      createFailing: () => shaped.create({ apiKey: 'sk-ant-wrong' }),
    }),
  );

  it.each(['off', 'low', 2048] as const)(
    'are charged as they are reported, with reasoning %s',
    async (reasoning) => {
      const model = typeof reasoning === 'number' ? 'claude-haiku-4-5' : 'claude-haiku-5-5';
      shaped.answer = {
        text: sentence,
        toolCalls: [{ name: 'book_appointment', arguments: { day: 'Friday' } }],
      };
      const { events, usage } = await generated(shaped.create({ model, reasoning }), { tools: [bookTool] });
      expect(textOf(events)).toBe(sentence);
      expect(usage.map(billOf)).toEqual([shaped.simulator.billed.at(-1)]);
      expect(shaped.simulator.problems).toEqual([]);
    },
  );

  it.each(['drop', 'truncate', 'garbage', 'error_event'] as const)(
    'that end in a %s are charged as they are reported',
    async (fault) => {
      shaped.simulator.failNext({ fault, afterTokens: 3 });
      const usage: object[] = [];
      const onUsage = (one: Parameters<typeof billOf>[0]): number => usage.push(billOf(one));
      await expect(generated(shaped.create(), { onUsage })).rejects.toMatchObject({ kind: 'llm' });
      expect(usage).toEqual([shaped.simulator.billed.at(-1)]);
      expect(usage).toMatchObject([{ outputTokens: 3, estimated: true }]);
    },
  );

  it.each(['off', 'low', 2048] as const)(
    'with tools go back as the service needs them, with reasoning %s',
    async (reasoning) => {
      const model = shaped.create({
        model: typeof reasoning === 'number' ? 'claude-haiku-4-5' : 'claude-haiku-5-5',
        reasoning,
      });
      const messages: ChatMessage[] = [...hello];
      for (let step = 0; step < 3; step++) {
        shaped.answer =
          step < 2
            ? {
                text: 'Let me check.',
                toolCalls: [
                  { name: 'book_appointment', arguments: { day: 'Friday' } },
                  { name: 'book_appointment', arguments: {} },
                ],
              }
            : sentence;
        const { events } = await generated(model, { messages, tools: [bookTool] });
        const toolCalls = callsIn(events);
        messages.push({
          role: 'assistant',
          content: textOf(events),
          ...(toolCalls.length > 0 && { toolCalls }),
        });
        for (const { id } of toolCalls) messages.push({ role: 'tool', toolCallId: id, content: 'booked' });
      }
      messages.push({ role: 'user', content: 'Thanks!' });
      await generated(model, { messages, tools: [bookTool] });
      expect(shaped.simulator.problems).toEqual([]);
    },
  );
});

function callsIn(events: readonly LlmEvent[]): ToolCall[] {
  return events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));
}

describe('an Anthropic language model', () => {
  it('gives the text as it was written, in any script, also when it drips in', async () => {
    anthropic.answer = 'Ça va? 今日は木曜日です。 🎉 مرحبا ½';
    expect(textOf((await generated(anthropic.create())).events)).toBe(anthropic.answer);
    anthropic.simulator.failNext({ fault: 'slow_drip', bytes: 7, everyMs: 0 });
    expect(textOf((await generated(anthropic.create())).events)).toBe(anthropic.answer);
  });

  it('reads a stream with another content type, or with none', async () => {
    const odd = await AnthropicAccount.open({ manners: 'other_content_type' });
    const texts: string[] = [];
    for (let count = 0; count < 3; count++) texts.push(textOf((await generated(odd.create())).events));
    expect(texts).toEqual([sentence, sentence, sentence]);
    await odd.close();
  });

  it('joins the parts of several tool calls, also of one without arguments', async () => {
    anthropic.answer = {
      text: 'Let me check.',
      toolCalls: [
        { id: 'toolu_a', name: 'book_appointment', arguments: { day: 'Friday "the 3rd"' } },
        { id: 'toolu_b', name: 'hang_up', arguments: {} },
      ],
    };
    const { events } = await generated(anthropic.create(), { tools: [bookTool] });
    expect(textOf(events)).toBe('Let me check.');
    expect(events.slice(-3)).toEqual([
      {
        type: 'tool_call',
        call: { id: 'toolu_a', name: 'book_appointment', arguments: '{"day":"Friday \\"the 3rd\\""}' },
      },
      { type: 'tool_call', call: { id: 'toolu_b', name: 'hang_up', arguments: '{}' } },
      { type: 'done', finishReason: 'tool_calls' },
    ]);
  });

  it.each([
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['stop_sequence', 'stop'],
  ] as const)('ends an answer that stopped by %s with %s', async (stopReason, finishReason) => {
    anthropic.answer = { text: 'And so on and so', stopReason };
    expect((await generated(anthropic.create())).events.at(-1)).toEqual({ type: 'done', finishReason });
  });

  it('fails where the model refuses, and where the length cuts a tool call', async () => {
    anthropic.answer = { stopReason: 'refusal' };
    await expect(generated(anthropic.create())).rejects.toMatchObject({
      category: 'bad_request',
      message: expect.stringContaining('general_harms'),
    });
    anthropic.answer = {
      toolCalls: [{ name: 'book_appointment', arguments: '{"day":"Fri' }],
      stopReason: 'max_tokens',
    };
    await expect(generated(anthropic.create(), { tools: [bookTool] })).rejects.toMatchObject({
      category: 'bad_request',
      message: expect.stringContaining('maxTokens'),
    });
  });

  it('lets the service go on where it paused, with a report of each request', async () => {
    const { simulator } = anthropic;
    const before = simulator.requests.length;
    anthropic.answer = { text: 'I am looking it up. ', stopReason: 'pause_turn' };
    const model = anthropic.create();
    const events = [];
    const usage: object[] = [];
    const onUsage = (one: Parameters<typeof billOf>[0]): number => usage.push(billOf(one));
    const signal = new AbortController().signal;
    for await (const event of model.generate({ messages: hello, tools: [], signal, onUsage })) {
      events.push(event);
      anthropic.answer = 'We open at nine.';
      if (simulator.requests.length === before + 1) continue;
    }
    expect(textOf(events)).toBe('I am looking it up. We open at nine.');
    expect(usage).toEqual(simulator.billed.slice(-2));
    expect(simulator.problems).toEqual([]);
  });

  it('reads the cached prompt from the second turn on', async () => {
    const long = `You are a receptionist. ${'Be kind and brief. '.repeat(300)}`;
    const messages: ChatMessage[] = [{ role: 'system', content: long }, ...hello];
    const model = anthropic.create();
    const first = await generated(model, { messages });
    expect(first.usage[0]?.cacheWriteTokens).toBeGreaterThan(1024);
    messages.push({ role: 'assistant', content: sentence }, { role: 'user', content: 'Friday.' });
    const second = await generated(model, { messages });
    expect(second.usage[0]?.cachedInputTokens).toBe(first.usage[0]?.cacheWriteTokens);
    const without = await generated(anthropic.create({ promptCaching: false }), { messages });
    expect(without.usage[0]).not.toHaveProperty('cachedInputTokens');
    expect(anthropic.simulator.problems).toEqual([]);
  });

  it('tells what it used when it is left in the middle', async () => {
    const usage: object[] = [];
    const onUsage = (one: Parameters<typeof billOf>[0]): number => usage.push(billOf(one));
    const abort = new AbortController();
    const request = { messages: hello, tools: [], signal: abort.signal, onUsage };
    for await (const event of anthropic.create().generate(request)) {
      expect(event.type).toBe('token');
      abort.abort();
    }
    expect(usage).toMatchObject([{ outputTokens: 1, estimated: true }]);
  });

  it.each([
    ['claude-haiku-5-5', { thinking: { type: 'disabled' } }],
    ['claude-sonnet-5-5', { thinking: { type: 'between_tools' } }],
    ['claude-opus-5-5', { output_config: { effort: 'low' } }],
    ['claude-haiku-4-5', {}],
  ])('asks %s not to think', async (model, expected) => {
    await generated(anthropic.create({ model }));
    expect(anthropic.simulator.problems).toEqual([]);
    const { thinking, output_config } = anthropic.simulator.requests.at(-1)?.body ?? {};
    expect({
      ...(thinking !== undefined && { thinking }),
      ...(output_config !== undefined && { output_config }),
    }).toEqual(expected);
  });

  it('tries another way not to think where a model refuses the first, once', async () => {
    const newer = await AnthropicAccount.open({
      models: [{ ...claude, id: 'claude-haiku-7', thinking: ['adaptive'] }],
    });
    const model = newer.create({ model: 'claude-haiku-7' });
    expect(textOf((await generated(model)).events)).toBe(sentence);
    expect(newer.simulator.problems).toHaveLength(2);
    await generated(model);
    expect(newer.simulator.problems).toHaveLength(2);
    // The model's own description saves the attempts.
    newer.reset();
    const warm = newer.create({ model: 'claude-haiku-7' });
    await warm.warmUp();
    await generated(warm);
    expect(newer.simulator.problems).toEqual([]);
    await newer.close();
  });

  it('sends its options in the version of the API that knows them', async () => {
    const model = anthropic.create({
      model: 'claude-haiku-4-5',
      maxTokens: 300,
      temperature: 0.4,
      serviceTier: 'standard_only',
      toolChoice: { name: 'book_appointment' },
      headers: { 'Anthropic-Beta': 'some-beta' },
      extra: { stop_sequences: ['STOP'] },
    });
    await generated(model, { tools: [bookTool] });
    expect(anthropic.simulator.problems).toEqual([]);
    const request = anthropic.simulator.requests.at(-1);
    expect(request?.body).toMatchObject({
      max_tokens: 300,
      temperature: 0.4,
      service_tier: 'standard_only',
      tool_choice: { type: 'tool', name: 'book_appointment' },
      stop_sequences: ['STOP'],
    });
    expect(request?.headers).toMatchObject({
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'some-beta',
    });
    await generated(anthropic.create());
    expect(anthropic.simulator.requests.at(-1)?.headers['anthropic-version']).toBe('2026-10-21');
  });

  it('tells the request’s id once, and puts it into errors', async () => {
    const ids: string[] = [];
    const onIncident = (incident: ProviderIncident): void => {
      if (incident.type === 'request')
        ids.push(`${incident.kind} ${incident.provider} ${incident.requestId}`);
    };
    await generated(anthropic.create(), { onIncident });
    expect(ids).toEqual([expect.stringMatching(/^llm anthropic req_simulated_\d+$/)]);
    for (const fault of [
      { fault: 'status', status: 500 },
      { fault: 'drop', afterTokens: 2 },
    ] as const) {
      anthropic.simulator.failNext(fault);
      await expect(generated(anthropic.create())).rejects.toMatchObject({
        requestId: expect.stringMatching(/^req_simulated_\d+$/),
      });
    }
  });

  it('warns of events that it does not know', async () => {
    const odd = await AnthropicAccount.open({ manners: 'unknown_events' });
    const warnings: ProviderIncident[] = [];
    const onIncident = (incident: ProviderIncident): void => {
      if (incident.type === 'warning') warnings.push(incident);
    };
    await generated(odd.create(), { onIncident });
    expect(warnings).toEqual([expect.objectContaining({ code: 'llm_odd_messages' })]);
    await odd.close();
  });

  it('keeps its key out of its errors', async () => {
    const error: unknown = await generated(anthropic.create({ apiKey: `${anthropicKey}x` })).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ category: 'auth', message: expect.stringContaining('ANTHROPIC_API_KEY') });
    expect((error as Error).message + String((error as { cause: unknown }).cause)).not.toContain(
      anthropicKey,
    );
  });
});

const claude = {
  thinksUnasked: true,
  takesEffort: true,
  takesSampling: false,
  takesForcedTools: true,
  takesPrefill: false,
  retiresAt: null,
} as const;
