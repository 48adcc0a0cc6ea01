import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import {
  apis,
  failureOf,
  generate,
  hello,
  OpenAiAccount,
  sentence,
  textOf,
} from '../../../test/harness/openai-account.js';
import { isThorough } from '../../../test/harness/thorough.js';
import { openAiKey } from '../../../test/harness/openai-servers.js';
import { languageModelContract } from '../../simulators/contracts/language-model-contract.js';
import type { ContractSuite } from '../../simulators/contracts/contract-suite.js';
import type { ProviderIncident } from '../../events/provider-incident.js';
import { openAiManners } from '../../simulators/openai/openai-manners.js';
import type { OpenAiFault } from '../../simulators/openai/openai-script.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../../simulators/openai/openai-simulator.js';
import type { ChatMessage, ToolDefinition } from '../language-model.js';
import type { OpenAiLanguageModel } from './openai-language-model.js';

let openAi: OpenAiAccount;

beforeAll(async () => {
  openAi = await OpenAiAccount.open();
});
beforeEach(() => openAi.reset());
afterAll(() => openAi.close());

for (const api of apis) {
  describeContract(
    `OpenAI's ${api} API as a LanguageModel`,
    languageModelContract({
      create: () => openAi.create({ api }),
      createFailing: () => openAi.create({ api, apiKey: 'sk-wrong' }),
    }),
  );
}

/** Cases about what an answer contains, which differs most by its shape. */
const aboutText = /^(streams text|keeps its reasoning|yields tokens)/;

/** Those cases, and a third of the others: three shapes in a row go through all of them. A thorough run holds them all to all. */
function partOf(suite: ContractSuite, shape: number): ContractSuite {
  const cases = suite.cases.filter(
    ({ name }, index) => isThorough || aboutText.test(name) || index % 3 === shape % 3,
  );
  return { cases, close: () => suite.close() };
}

const shapes = [...openAiManners, 'random'] as const;
describe.each(shapes)('answers in the shape %s', (manners) => {
  let shaped: OpenAiSimulator;
  beforeAll(async () => {
    shaped = await startOpenAiSimulator({
      apiKey: openAiKey,
      manners,
      pace: { firstTokenMs: 0, tokenMs: 0 },
      answers: () => sentence,
    });
  });
  afterAll(() => shaped.close());

  for (const api of apis) {
    // One model for all tests: what it learns from an answer must hold for the next.
    let model: OpenAiLanguageModel | null = null;
    describeContract(
      `OpenAI's ${api} API as a LanguageModel`,
      partOf(
        languageModelContract({
          create: () => (model ??= openAi.create({ api, baseUrl: shaped.baseUrl })),
          createFailing: () => openAi.create({ api, apiKey: 'sk-wrong', baseUrl: shaped.baseUrl }),
        }),
        shapes.indexOf(manners),
      ),
    );
  }
});

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
    openAi.answer = 'Ça va? 今日は木曜日です。 🎉 مرحبا ½';
    expect(textOf(await generate(openAi.create({ api })))).toBe(openAi.answer);
  });

  it('joins the fragments of several tool calls and keeps the words before them', async () => {
    openAi.answer = {
      text: 'Let me check.',
      toolCalls: [
        { id: 'call_a', name: 'book_appointment', arguments: { day: 'Friday "the 3rd"' } },
        { id: 'call_b', name: 'book_appointment', arguments: { day: 'Samstag, früh' } },
      ],
    };
    const events = await generate(openAi.create({ api }), hello, [bookTool]);
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
    openAi.answer = { toolCalls: [{ id: 'call_a', name: 'hang_up', arguments: '' }] };
    expect(await generate(openAi.create({ api }))).toEqual([
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
    await generate(openAi.create({ api, model: 'gpt-4.1-mini' }), messages, [bookTool]);
    expect(openAi.simulator.problems).toEqual([]);
    expect(openAi.simulator.requests.at(-1)).toMatchObject({
      api,
      model: 'gpt-4.1-mini',
      messages,
      tools: [{ name: bookTool.name, description: bookTool.description }],
    });
    // The dialect's name is not a parameter; some servers refuse it.
    expect(openAi.simulator.requests.at(-1)?.tools[0]?.parameters).toEqual({
      type: 'object',
      properties: { day: { type: 'string' } },
    });
  });

  it('puts its parameters into every request', async () => {
    await generate(openAi.create({ api, parameters: { temperature: 0.4 } }));
    expect(openAi.simulator.requests.at(-1)?.body).toMatchObject({ temperature: 0.4, stream: true });
  });

  it('says when the answer reached its maximum length', async () => {
    openAi.answer = { text: 'And so on and so', finishReason: 'length' };
    expect((await generate(openAi.create({ api }))).at(-1)).toEqual({ type: 'done', finishReason: 'length' });
  });

  it('understands an answer that drips in, its characters cut in two', async () => {
    openAi.answer = 'Très bien — 今日';
    openAi.simulator.failNext({ fault: 'slow_drip', bytes: 7, everyMs: 0 });
    expect(textOf(await generate(openAi.create({ api })))).toBe(openAi.answer);
  });
});

describe('an OpenAI language model that is warmed up', () => {
  it('says so when its key is refused', async () => {
    const error = await failureOf(openAi.create({ apiKey: 'sk-wrong' }).warmUp());
    expect(error).toMatchObject({ category: 'auth', retryable: false });
    expect(error.message).not.toContain('sk-wrong');
  });

  it('is content with a good key', async () => {
    await expect(openAi.create().warmUp()).resolves.toEqual([]);
  });

  it('does not mind a server that cannot be reached: the call will tell', async () => {
    const gone = await startOpenAiSimulator();
    await gone.close();
    await expect(openAi.create({ baseUrl: gone.baseUrl }).warmUp()).resolves.toEqual([]);
  });
});

describe.each(apis)('the id of a request to the %s API', (api) => {
  async function told(model: OpenAiLanguageModel): Promise<string[]> {
    const ids: string[] = [];
    const onIncident = (incident: ProviderIncident): void => {
      if (incident.type === 'request')
        ids.push(`${incident.kind} ${incident.provider} ${incident.requestId}`);
    };
    const request = { messages: hello, tools: [], signal: new AbortController().signal, onIncident };
    const events = model.generate(request)[Symbol.asyncIterator]();
    while (!(await events.next()).done);
    return ids;
  }

  it('is told once, as the header has it', async () => {
    const model = openAi.create({ api });
    expect(await told(model)).toEqual([expect.stringMatching(/^llm openai req_simulated_\d+$/)]);
    await model.close();
  });

  it('is that of the answer where a compatible server has no such header', async () => {
    const sse = {
      chat: '{"id":"chatcmpl-7","choices":[{"delta":{"content":"Hi."},"finish_reason":"stop"}]}',
      responses:
        '{"type":"response.completed","response":{"id":"resp_7","output":[{"type":"message","content":[{"type":"output_text","text":"Hi."}]}]}}',
    };
    const server = await startOpenAiSimulator({
      answers: () => ({ sse: `data: ${sse[api]}\n\ndata: [DONE]\n\n` }),
    });
    const model = openAi.create({ api, baseUrl: server.baseUrl, name: 'acme' });
    expect(await told(model)).toEqual([`llm acme ${api === 'chat' ? 'chatcmpl-7' : 'resp_7'}`]);
    await model.close();
    await server.close();
  });

  it.each<[string, OpenAiFault]>([
    ['is refused', { fault: 'status', status: 500 }],
    ['breaks off', { fault: 'drop', afterTokens: 2 }],
  ])('is in the error where it %s', async (_what, fault) => {
    openAi.simulator.failNext(fault);
    const model = openAi.create({ api });
    expect((await failureOf(generate(model))).requestId).toMatch(/^req_simulated_\d+$/);
    await model.close();
  });
});
