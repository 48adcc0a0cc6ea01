import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { bookTool } from '../../../test/harness/book-tool.js';
import { ProviderError } from '../../core/errors.js';
import type { ProviderIncident } from '../../events/provider-incident.js';
import type { LlmUsage } from '../../metrics/provider-usage.js';
import { languageModelContract } from '../../simulators/contracts/language-model-contract.js';
import { googleManners } from '../../simulators/google/google-manners.js';
import type { GoogleAnswer, GoogleFault } from '../../simulators/google/google-script.js';
import {
  startGoogleSimulator,
  type GoogleSimulator,
  type GoogleSimulatorOptions,
} from '../../simulators/google/google-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { ChatMessage, LlmEvent, LlmRequest } from '../language-model.js';
import {
  googleLanguageModel,
  type GoogleLanguageModel,
  type GoogleOptions,
} from './google-language-model.js';

const apiKey = 'gm-right-71c05e';
const sentence = 'Sure, I can book that. What day works for you?';
const hello: readonly ChatMessage[] = [{ role: 'user', content: 'hello' }];
const fast = { firstTokenMs: 0, tokenMs: 0 };

let answer: string | GoogleAnswer = sentence;
let google: GoogleSimulator;
beforeAll(async () => {
  google = await startGoogleSimulator({ apiKey, pace: fast, answers: () => answer });
});
beforeEach(() => {
  answer = sentence;
  google.problems.length = 0;
  google.billed.length = 0;
});
afterAll(async () => {
  await Promise.all(models.map((model) => model.close()));
  await google.close();
});

const models: GoogleLanguageModel[] = [];
function create(options: Partial<GoogleOptions> = {}): GoogleLanguageModel {
  const model = googleLanguageModel({ apiKey, baseUrl: google.baseUrl, ...options });
  models.push(model);
  return model;
}

interface Outcome {
  readonly events: LlmEvent[];
  readonly error: ProviderError | null;
  readonly usage: LlmUsage[];
  readonly incidents: ProviderIncident[];
}

async function ask(
  model: GoogleLanguageModel,
  { leaveAfter = Infinity, ...request }: Partial<LlmRequest> & { readonly leaveAfter?: number } = {},
): Promise<Outcome> {
  const nothing = { events: [], usage: [], incidents: [] };
  const outcome: Outcome & { error: ProviderError | null } = { ...nothing, error: null };
  try {
    for await (const event of model.generate({
      messages: hello,
      tools: [],
      signal: new AbortController().signal,
      onUsage: (usage) => outcome.usage.push(usage),
      onIncident: (incident) => outcome.incidents.push(incident),
      ...request,
    })) {
      outcome.events.push(event);
      if (outcome.events.length >= leaveAfter) break;
    }
  } catch (thrown) {
    if (!(thrown instanceof ProviderError)) throw thrown;
    outcome.error = thrown;
  } finally {
    await model.close();
  }
  return outcome;
}

function spoken(events: readonly LlmEvent[]): string {
  return events.map((event) => (event.type === 'token' ? event.text : '')).join('');
}

/** The reports, as the simulator's bill has them. */
function billedOf(usage: readonly LlmUsage[]): unknown[] {
  const apart = ['kind', 'provider', 'model'];
  return usage.map((report) =>
    Object.fromEntries(Object.entries(report).filter(([name]) => !apart.includes(name))),
  );
}

describeContract(
  'Gemini as a LanguageModel',
  languageModelContract({
    create: () => create(),
    createFailing: () => create({ apiKey: 'gm-wrong' }),
  }),
);

async function withSimulator(
  options: GoogleSimulatorOptions,
  run: (simulator: GoogleSimulator) => Promise<void>,
): Promise<void> {
  const simulator = await startGoogleSimulator({ apiKey, pace: fast, answers: () => answer, ...options });
  try {
    await run(simulator);
  } finally {
    await simulator.close();
  }
}

describe.each([...googleManners, 'random'] as const)('answers in the shape %s', (manners) => {
  let shaped: GoogleSimulator;
  beforeAll(async () => {
    shaped = await startGoogleSimulator({ apiKey, manners, pace: fast, answers: () => answer });
  });
  beforeEach(() => {
    shaped.billed.length = 0;
  });
  afterAll(() => shaped.close());

  describeContract(
    'Gemini as a LanguageModel',
    languageModelContract({
      create: () => create({ baseUrl: shaped.baseUrl }),
      createFailing: () => create({ apiKey: 'gm-wrong', baseUrl: shaped.baseUrl }),
    }),
  );

  it('reports what Google bills', async () => {
    const { usage, events } = await ask(create({ baseUrl: shaped.baseUrl }));
    expect(spoken(events)).toBe(sentence);
    expect(usage).toMatchObject([{ kind: 'llm', provider: 'google', model: 'gemini-3.5-flash-lite' }]);
    expect(billedOf(usage)).toEqual(shaped.billed);
    expect(usage[0]).not.toHaveProperty('estimated');
  });

  it.each<GoogleFault>([
    { fault: 'drop', afterTokens: 3 },
    { fault: 'truncate', afterTokens: 2 },
    { fault: 'garbage', afterTokens: 1 },
    { fault: 'error_event', afterTokens: 4 },
  ])('reports what Google bills for an answer with the fault %j', async (fault) => {
    shaped.failNext(fault);
    const { usage, error } = await ask(create({ baseUrl: shaped.baseUrl }));
    // Models that put the end into each message do not show that more is missing.
    if (manners !== 'end_in_each' && manners !== 'random') expect(error).toMatchObject({ retryable: true });
    if (manners !== 'end_in_each') expect(billedOf(usage)).toEqual(shaped.billed);
  });

  it('calls tools in parallel, and takes their results back in the form of Gemini', async () => {
    answer = {
      text: 'Let me check.',
      toolCalls: [
        { name: 'book_appointment', arguments: { day: 'Friday' } },
        { name: 'book_appointment', arguments: {} },
      ],
    };
    const first = await ask(create({ baseUrl: shaped.baseUrl }), { tools: [bookTool] });
    const calls = first.events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));
    expect(spoken(first.events)).toBe('Let me check.');
    expect(calls.map((call) => call.arguments)).toEqual(['{"day":"Friday"}', '{}']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(first.events.at(-1)).toEqual({ type: 'done', finishReason: 'tool_calls' });
    answer = sentence;
    const messages: readonly ChatMessage[] = [
      ...hello,
      { role: 'assistant', content: 'Let me check.', toolCalls: calls },
      ...calls.map(({ id }): ChatMessage => ({ role: 'tool', toolCallId: id, content: '{"ok":true}' })),
    ];
    const second = await ask(create({ baseUrl: shaped.baseUrl }), { messages, tools: [bookTool] });
    expect(second.error).toBeNull();
    expect(shaped.problems.filter((problem) => !problem.startsWith('API key'))).toEqual([]);
  });
});

describe('Gemini', () => {
  it('gives the text as it was written, in any script', async () => {
    answer = 'Ça va? 今日は木曜日です。 🎉 مرحبا ½';
    google.failNext({ fault: 'slow_drip', bytes: 7, everyMs: 0 });
    expect(spoken((await ask(create())).events)).toBe(answer);
  });

  it('sends the key in a header only', async () => {
    await ask(create());
    expect(google.problems).toEqual([]);
  });

  it('gives a call its signature, marked with the service that made it', async () => {
    answer = {
      text: 'One moment.',
      toolCalls: [{ id: 'a1', name: 'book_appointment', arguments: { day: 'x' } }],
    };
    const { events } = await ask(create(), { tools: [bookTool] });
    expect(events.at(-2)).toEqual({
      type: 'tool_call',
      call: {
        ...{ id: 'a1', name: 'book_appointment', arguments: '{"day":"x"}' },
        extra: { origin: `${google.baseUrl}/v1beta`, call: { thoughtSignature: 'sig:a1' }, function: {} },
      },
    });
  });

  it('sends thoughts as reasoning', async () => {
    await withSimulator({ manners: 'thoughts' }, async ({ baseUrl }) => {
      const { events } = await ask(create({ baseUrl }));
      expect(events[0]).toEqual({ type: 'reasoning', text: '**Planning the reply**\n\n' });
      expect(spoken(events)).toBe(sentence);
    });
  });

  it('sends its options in the fields of the API', async () => {
    await ask(
      create({
        ...{ temperature: 0.4, topP: 0.9, maxTokens: 200, thinkingLevel: 'low', serviceTier: 'priority' },
        toolChoice: { tool: 'book_appointment' },
        safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
        headers: { 'x-team': 'desk' },
        extra: { generationConfig: { seed: 7 } },
      }),
      { tools: [bookTool] },
    );
    const request = google.requests.at(-1);
    expect(google.problems).toEqual([]);
    expect(request?.headers).toMatchObject({ 'x-team': 'desk' });
    expect(request?.body).toMatchObject({
      generationConfig: {
        ...{ temperature: 0.4, topP: 0.9, maxOutputTokens: 200, seed: 7 },
        thinkingConfig: { thinkingLevel: 'LOW' },
      },
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['book_appointment'] } },
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
      serviceTier: 'priority',
    });
    expect(request?.tools[0]?.parameters).toEqual({
      type: 'object',
      properties: { day: { type: 'string' } },
      additionalProperties: false,
    });
  });

  it.each([
    ['gemini-3.5-flash-lite', { thinkingLevel: 'MINIMAL' }],
    ['gemini-3.8-flash', { thinkingLevel: 'LOW' }],
    ['gemini-flash-latest', { thinkingLevel: 'LOW' }],
    ['gemini-flash-lite-latest', { thinkingLevel: 'MINIMAL' }],
    ['gemini-2.5-flash-lite', { thinkingBudget: 0 }],
    ['models/gemini-3.6-flash', { thinkingLevel: 'MINIMAL' }],
    ['gemma-4-31b-it', undefined],
  ])('thinks as little as %s allows', async (model, thinkingConfig) => {
    const { error } = await ask(create({ model }));
    expect(error).toBeNull();
    expect(google.problems).toEqual([]);
    const { generationConfig } = google.requests.at(-1)?.body as { readonly generationConfig?: object };
    expect(generationConfig).toEqual(thinkingConfig && { thinkingConfig });
  });

  it('tries a form that the service takes after a refusal, and remembers it', async () => {
    const refusal = {
      error: {
        code: 400,
        message: 'Thinking level is not supported for this model.',
        status: 'INVALID_ARGUMENT',
      },
    };
    google.failNext(
      { fault: 'status', status: 400, body: refusal },
      { fault: 'status', status: 400, body: refusal },
    );
    const model = create();
    const asked = google.requests.length;
    const { error, usage } = await ask(model);
    expect(error).toBeNull();
    expect(usage).toHaveLength(1);
    expect(google.requests.slice(asked).map(({ body }) => body.generationConfig)).toEqual([
      { thinkingConfig: { thinkingLevel: 'MINIMAL' } },
      { thinkingConfig: { thinkingLevel: 'LOW' } },
      undefined,
    ]);
  });

  it('does not replace the thinking that the config asks for', async () => {
    const { error } = await ask(create({ model: 'gemini-3.8-flash', thinkingLevel: 'minimal' }));
    expect(error).toMatchObject({ category: 'bad_request', retryable: false });
    expect(error?.message).toContain('MINIMAL is not supported');
  });

  it('answers a conversation that another model has begun, its greeting first', async () => {
    const messages: readonly ChatMessage[] = [
      { role: 'system', content: 'You are a receptionist.' },
      { role: 'assistant', content: 'Hello, how can I help?' },
      { role: 'user', content: 'Friday, please.' },
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { id: 'call_a', name: 'book_appointment', arguments: '{"day":"Friday"}' },
          { id: 'call_b', name: 'book_appointment', arguments: 'not json' },
        ],
      },
      { role: 'tool', toolCallId: 'call_a', content: 'booked' },
      { role: 'assistant', content: 'Friday is booked.' },
      { role: 'system', content: 'Go on where you were cut.' },
    ];
    const { error } = await ask(create(), { messages, tools: [bookTool] });
    expect(error).toBeNull();
    expect(google.problems).toEqual([]);
  });

  it('tells the id of each answer once', async () => {
    const { incidents } = await ask(create());
    expect(incidents).toEqual([
      {
        type: 'request',
        kind: 'llm',
        provider: 'google',
        requestId: expect.stringMatching(/^simulated-\d+$/) as unknown,
      },
    ]);
  });

  it('reports what an answer used that the listener left', async () => {
    const clock = new VirtualClock();
    await withSimulator({ clock, pace: { firstTokenMs: 10, tokenMs: 10 } }, async (simulator) => {
      const model = create({ baseUrl: simulator.baseUrl });
      const asked = ask(model, { leaveAfter: 2 });
      await simulator.received(1);
      clock.advance(20);
      const { usage } = await asked;
      await simulator.idle();
      expect(usage).toHaveLength(1);
      expect(usage[0]).toMatchObject({ outputTokens: 2, estimated: true });
      expect(billedOf(usage)).toEqual(simulator.billed);
    });
  });

  it('reports nothing for a refused request', async () => {
    google.failNext({ fault: 'status', status: 500 });
    const { usage } = await ask(create());
    expect(usage).toEqual([]);
    expect(google.billed).toEqual([]);
  });

  it('reports a refused conversation as Google does', async () => {
    answer = { blockReason: 'PROHIBITED_CONTENT' };
    const { usage, error } = await ask(create());
    expect(error).toMatchObject({ category: 'bad_request', requestId: expect.any(String) as unknown });
    expect(error?.message).toContain('PROHIBITED_CONTENT');
    expect(billedOf(usage)).toEqual(google.billed);
  });
});

describe('an answer of Gemini that ends otherwise', () => {
  it.each<[string, string, boolean]>([
    ['SAFETY', 'bad_request', false],
    ['RECITATION', 'bad_request', false],
    ['PROHIBITED_CONTENT', 'bad_request', false],
    ['MALFORMED_FUNCTION_CALL', 'server', true],
    ['UNEXPECTED_TOOL_CALL', 'server', true],
    ['OTHER', 'server', true],
  ])('fails after %s with %s', async (finishReason, category, retryable) => {
    answer = { finishReason, finishMessage: 'Malformed function call: print(book())' };
    const { error, events } = await ask(create());
    expect(error).toMatchObject({ category, retryable });
    expect(error?.message).toContain(finishReason);
    expect(events).toEqual([]);
  });

  it('never runs a call of an answer that failed', async () => {
    answer = {
      toolCalls: [{ name: 'book_appointment', arguments: {} }],
      finishReason: 'MALFORMED_FUNCTION_CALL',
    };
    expect((await ask(create(), { tools: [bookTool] })).events).toEqual([]);
  });

  it('says when it reached its maximum length', async () => {
    answer = { text: 'And so on and so', finishReason: 'MAX_TOKENS' };
    expect((await ask(create())).events.at(-1)).toEqual({ type: 'done', finishReason: 'length' });
  });

  it('says what to do if the reasoning took all tokens', async () => {
    answer = { finishReason: 'MAX_TOKENS' };
    const { error } = await ask(create());
    expect(error).toMatchObject({ category: 'bad_request' });
    expect(error?.message).toContain('raise maxTokens');
  });

  it('leaves an empty answer to the supervisor', async () => {
    answer = '';
    expect((await ask(create())).events).toEqual([{ type: 'done', finishReason: 'stop' }]);
  });
});
