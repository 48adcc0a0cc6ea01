import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { systemClock } from '../../core/clock.js';
import { ProviderError } from '../../core/errors.js';
import type { LlmUsage } from '../../metrics/provider-usage.js';
import { resolveConfig, type SessionConfig } from '../../relay/config/config.js';
import { languageModelContract } from '../../simulators/contracts/language-model-contract.js';
import * as simulators from '../../simulators/openai/openai-definition.js';
import type { OpenAiSimulator } from '../../simulators/openai/openai-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { LanguageModel, LlmEvent } from '../language-model.js';
import { azureOpenAiLlm, groqLlm, ollamaLlm, openRouterLlm } from './compatible-definitions.js';

const services = {
  groq: { definition: groqLlm, simulated: simulators.groqLlm },
  openrouter: { definition: openRouterLlm, simulated: simulators.openRouterLlm },
  ollama: { definition: ollamaLlm, simulated: simulators.ollamaLlm },
  'azure-openai': { definition: azureOpenAiLlm, simulated: simulators.azureOpenAiLlm },
} as const;
type Name = keyof typeof services;
const names = Object.keys(services) as Name[];

const messages = [{ role: 'user', content: 'hello' }] as const;

/** A clock that is always ahead: the simulator answers at once. */
function hurried(): VirtualClock {
  const clock = new VirtualClock();
  const set = clock.setTimer.bind(clock);
  clock.setTimer = (delayMs, callback) => {
    const timer = set(delayMs, callback);
    setImmediate(() => clock.advance(delayMs));
    return timer;
  };
  return clock;
}

function start(name: Name, manners?: 'random'): Promise<OpenAiSimulator> {
  const { simulated } = services[name];
  const { apiKey } = simulated;
  const options = { apiKey, clock: hurried(), ...(manners && { manners }) };
  return simulated.start(options);
}

function modelAt(name: Name, { baseUrl }: { readonly baseUrl: string }, fields: object = {}): LanguageModel {
  const { definition, simulated } = services[name];
  const config = { apiKey: simulated.apiKey, baseUrl, ...simulated.config, ...fields };
  return definition.create(config, { clock: systemClock });
}

interface Asked {
  readonly events: readonly LlmEvent[];
  readonly usage: readonly LlmUsage[];
  readonly error: ProviderError | null;
}

async function ask(model: LanguageModel): Promise<Asked> {
  const events: LlmEvent[] = [];
  const usage: LlmUsage[] = [];
  const { signal } = new AbortController();
  const onUsage = (used: LlmUsage): void => void usage.push(used);
  try {
    for await (const event of model.generate({ messages, tools: [], signal, onUsage })) events.push(event);
  } catch (thrown) {
    if (thrown instanceof ProviderError) return { events, usage, error: thrown };
    throw thrown;
  }
  return { events, usage, error: null };
}

/** The error of the check at start; null if it passes. */
async function probed(model: LanguageModel): Promise<ProviderError | null> {
  const checked = Promise.resolve(model.probe!(new AbortController().signal));
  return checked.then(
    () => null,
    (thrown: unknown) => thrown as ProviderError,
  );
}

describe.each(names)('%s', (name) => {
  const isKeyless = name === 'ollama';
  let service: OpenAiSimulator;
  beforeAll(async () => {
    service = await start(name);
  });
  afterAll(() => service.close());

  describeContract(
    `${name} as a LanguageModel`,
    languageModelContract({
      create: () => modelAt(name, service),
      createFailing: () => modelAt(name, service, isKeyless ? { model: 'gone' } : { apiKey: 'wrong-key' }),
    }),
  );

  it('is checked at start, which costs nothing', async () => {
    const before = service.attempts;
    service.problems.length = 0;
    expect(await probed(modelAt(name, service))).toBeNull();
    expect([service.attempts, service.problems]).toEqual([before, []]);
  });

  it('reports what the service bills, and a name of its own', async () => {
    const before = service.billed.length;
    const { usage, error } = await ask(modelAt(name, service));
    expect(error).toBeNull();
    const { model } = services[name].simulated.config as { readonly model: string };
    expect(usage).toEqual([{ kind: 'llm', provider: name, model, ...service.billed.at(-1)! }]);
    expect(usage[0]).not.toHaveProperty('estimated');
    expect(service.billed).toHaveLength(before + 1);
  });

  it('gives an answer that broke off as a failure, with an estimate', async () => {
    service.failNext({ fault: 'drop', afterTokens: 2 });
    const { usage, error } = await ask(modelAt(name, service));
    expect(error).toMatchObject({ category: 'connection', provider: name });
    expect(usage).toMatchObject([{ ...service.billed.at(-1)!, outputTokens: 2, estimated: true }]);
  });

  it('names the variable of a key that is refused', async () => {
    const model = modelAt(name, service, { apiKey: 'wrong-key-55' });
    if (isKeyless) {
      expect((await ask(model)).error).toBeNull();
      return;
    }
    const { variable } = services[name].definition.key!;
    for (const error of [(await ask(model)).error, await probed(model)]) {
      expect(error).toMatchObject({ category: 'auth', message: expect.stringContaining(variable) });
      expect(error!.message).not.toContain('wrong-key');
    }
  });

  it('needs a model', () => {
    const llm = { provider: name, apiKey: 'k', baseUrl: 'https://x.example/v1' };
    const config = { inbound: { type: 'twilio' }, llm } as unknown as SessionConfig;
    expect(() => resolveConfig(config, {})).toThrow('llm.model: is missing.');
  });

  it.each([
    [429, 'rate_limit'],
    [500, 'server'],
    [503, 'server'],
    [400, 'bad_request'],
  ])('says of HTTP %s what it is', async (status, category) => {
    service.failNext({ fault: 'status', status, retryAfter: '2' });
    const { error, usage } = await ask(modelAt(name, service));
    expect(error).toMatchObject({ category, retryAfterMs: 2000 });
    expect(usage).toEqual([]);
  });

  it('says what the service reports in the middle of a stream', async () => {
    service.failNext({ fault: 'error_event', afterTokens: 2 });
    const { error, usage } = await ask(modelAt(name, service));
    expect(error).toMatchObject({
      category: 'server',
      message: expect.stringMatching(/ error |disconnected/),
    });
    expect(usage).toMatchObject([{ estimated: true, outputTokens: 2 }]);
  });

  it('gives the answer in whatever shape it comes', async () => {
    const odd = await start(name, 'random');
    for (let time = 0; time < 12; time++) {
      const { events, usage, error } = await ask(modelAt(name, odd));
      expect(error).toBeNull();
      const from = events.findLastIndex((event) => event.type === 'reasoning' && event.soFar) + 1;
      const text = events.slice(from).map((event) => (event.type === 'token' ? event.text : ''));
      expect(text.join('')).toBe('Hello! Thank you for calling. How can I help you today?');
      expect(usage).toMatchObject([odd.billed.at(-1)!]);
    }
    expect(odd.problems).toEqual([]);
    await odd.close();
  });
});

describe('Groq', () => {
  it('refuses some fields, which the config says before', async () => {
    const extra = { logprobs: true, logit_bias: {}, n: 2, seed: 1 };
    const llm = { provider: 'groq', apiKey: 'k', model: 'm', extra } as const;
    const resolve = (): unknown => resolveConfig({ inbound: { type: 'twilio' }, llm }, {});
    for (const field of ['logprobs', 'logit_bias', 'n']) expect(resolve).toThrow(`llm.extra.${field}: is`);
    expect(resolve).not.toThrow('seed');
    const groq = await start('groq');
    const { error } = await ask(modelAt('groq', groq, { extra }));
    expect(error).toMatchObject({ category: 'bad_request', message: expect.stringContaining('logprobs') });
    expect(groq.problems).toHaveLength(1);
    await groq.close();
  });

  it('may have no capacity for its flex tier, which passes', async () => {
    const groq = await start('groq');
    groq.failNext({ fault: 'status', status: 498, message: 'Flex tier capacity exceeded.' });
    expect((await ask(modelAt('groq', groq, { serviceTier: 'flex' }))).error).toMatchObject({
      category: 'server',
      retryable: true,
    });
    expect(groq.requests[0]!.body).toMatchObject({ service_tier: 'flex' });
    await groq.close();
  });

  it('says that a model is unknown, and where its models are', async () => {
    const groq = await start('groq');
    expect(await probed(modelAt('groq', groq, { model: 'gone' }))).toMatchObject({
      field: 'llm.model',
      message: expect.stringMatching(/'gone'.*console\.groq\.com\/docs\/models/),
    });
    await groq.close();
  });
});

describe('OpenRouter', () => {
  it('gets the site, and fields for its routing', async () => {
    const router = await start('openrouter');
    const fields = {
      ...{ siteUrl: 'https://desk.example', siteName: 'Desk', headers: { 'x-more': 'yes' } },
      extra: { provider: { sort: 'latency' } },
    };
    expect((await ask(modelAt('openrouter', router, fields))).error).toBeNull();
    expect(router.requests[0]).toMatchObject({
      headers: { 'http-referer': 'https://desk.example', 'x-title': 'Desk', 'x-more': 'yes' },
      body: { provider: { sort: 'latency' } },
    });
    await router.close();
  });

  it('says that there is no credit, and where to add some', async () => {
    const router = await start('openrouter');
    router.failNext({ fault: 'status', status: 402 });
    const { error, usage } = await ask(modelAt('openrouter', router));
    expect(error).toMatchObject({
      category: 'auth',
      retryable: false,
      message: expect.stringMatching(/credit .*402.*Add credit at https:\/\/openrouter\.ai/),
    });
    expect(usage).toEqual([]);
    await router.close();
  });
});

describe('Ollama', () => {
  it('sends no key unless there is one', async () => {
    const ollama = await start('ollama');
    await ask(modelAt('ollama', ollama, { apiKey: '' }));
    await ask(modelAt('ollama', ollama));
    expect(ollama.requests.map(({ hasKey }) => hasKey)).toEqual([false, true]);
    await ollama.close();
  });

  it('that is not running says how to start it', async () => {
    const gone = await start('ollama');
    await gone.close();
    for (const error of [await probed(modelAt('ollama', gone)), (await ask(modelAt('ollama', gone))).error])
      expect(error).toMatchObject({
        category: 'connection',
        message: expect.stringContaining("'ollama serve'"),
      });
  });

  it('says how to get a model that it does not have, and has an address without a path too', async () => {
    const ollama = await start('ollama');
    const baseUrl = new URL(ollama.baseUrl).origin;
    const model = modelAt('ollama', { baseUrl }, { model: 'qwen9' });
    for (const error of [await probed(model), (await ask(model)).error])
      expect(error).toMatchObject({
        category: 'bad_request',
        field: 'llm.model',
        message: expect.stringContaining("'ollama pull qwen9'"),
      });
    await ollama.close();
  });

  it('takes the length by its old name', async () => {
    const ollama = await start('ollama');
    await ask(modelAt('ollama', ollama, { maxTokens: 90 }));
    expect(ollama.requests[0]!.body).toMatchObject({ max_tokens: 90 });
    await ollama.close();
  });
});

describe('Azure OpenAI', () => {
  it('needs an address, from the config or the environment', () => {
    const llm = { provider: 'azure-openai', apiKey: 'k', model: 'desk' } as const;
    const resolve = (env: Readonly<Record<string, string>>): unknown =>
      resolveConfig({ inbound: { type: 'twilio' }, llm }, env).llm;
    expect(() => resolve({})).toThrow(/llm\.baseUrl: is missing: .*set AZURE_OPENAI_ENDPOINT/);
    const endpoint = 'https://desk.openai.azure.com/';
    expect(resolve({ AZURE_OPENAI_ENDPOINT: endpoint })).toMatchObject([{ config: { baseUrl: endpoint } }]);
  });

  it('has its path added to a resource, and its Responses API too', async () => {
    const azure = await start('azure-openai');
    const baseUrl = new URL(azure.baseUrl).origin;
    for (const api of ['chat', 'responses'])
      expect((await ask(modelAt('azure-openai', { baseUrl }, { api }))).error).toBeNull();
    expect(azure.requests.map(({ api }) => api)).toEqual(['chat', 'responses']);
    await azure.close();
  });

  it('says that there is no such deployment, before a call costs anything', async () => {
    const azure = await start('azure-openai');
    expect(await probed(modelAt('azure-openai', azure, { model: 'gpt-6-luna' }))).toMatchObject({
      field: 'llm.model',
      message: expect.stringContaining('the name of a deployment'),
    });
    await azure.close();
  });

  it('says what its content filter stopped: the question or the answer', async () => {
    const azure = await start('azure-openai');
    // Source: https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter
    const body = {
      error: {
        message:
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        ...{ type: null, param: 'prompt', code: 'content_filter', status: 400 },
        innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: {} },
      },
    };
    azure.failNext({ fault: 'status', status: 400, body }, { fault: 'content_filter', afterTokens: 2 });
    for (const words of ['content management policy', 'content filter stopped'])
      expect((await ask(modelAt('azure-openai', azure))).error).toMatchObject({
        category: 'bad_request',
        message: expect.stringContaining(words),
      });
    await azure.close();
  });
});
