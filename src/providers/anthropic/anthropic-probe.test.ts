import { afterEach, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ScriptedServer, type ScriptedAnswer } from '../../../test/harness/scripted-server.js';
import { currentClaudes } from '../../simulators/anthropic/anthropic-models.js';
import { startAnthropicSimulator } from '../../simulators/anthropic/anthropic-simulator.js';
import { plainBaseUrl } from './anthropic-client.js';
import { anthropicLanguageModel, type AnthropicLanguageModel } from './anthropic-language-model.js';

const apiKey = 'sk-ant-secret-51d0';
const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close();
});

function provider(
  baseUrl: string,
  options: { apiKey?: string; model?: string } = {},
): AnthropicLanguageModel {
  const model = anthropicLanguageModel({ apiKey, baseUrl, ...options });
  closing.push(model);
  return model;
}

/** A server that has these routes and no others. */
async function serve(routes: Readonly<Record<string, ScriptedAnswer>>): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(
    ({ method, url }) => routes[`${method} ${url}`] ?? { status: 404, body: { detail: 'Not Found' } },
  );
  closing.push(server);
  return server;
}

const signal = new AbortController().signal;
const route = 'GET /v1/models/claude-haiku-5-5';
const refused = (status: number, type: string): ScriptedAnswer => ({
  status,
  body: { type: 'error', error: { type, message: 'Refused.' } },
});

describe('a probe of an Anthropic language model', () => {
  it('asks for the model, once', async () => {
    const simulator = await startAnthropicSimulator({ apiKey });
    closing.push(simulator);
    expect(await provider(simulator.baseUrl).warmUp()).toEqual([]);
    expect([simulator.probes, simulator.attempts, simulator.problems]).toEqual([1, 0, []]);
  });

  it('tells by when the model is retired', async () => {
    const [claude] = currentClaudes;
    const models = claude ? [{ ...claude, retiresAt: '2027-02-01' }] : [];
    const simulator = await startAnthropicSimulator({ apiKey, models });
    closing.push(simulator);
    expect(await provider(simulator.baseUrl).probe(signal)).toEqual([
      {
        field: 'llm.model',
        message: "The model 'claude-haiku-5-5' will be retired on 2027-02-01.",
        remedy: "Name a current one, for example 'claude-sonnet-5-5'.",
      },
    ]);
  });

  it('tells a refused key and an unknown model', async () => {
    const simulator = await startAnthropicSimulator({ apiKey });
    closing.push(simulator);
    await expect(provider(simulator.baseUrl, { apiKey: 'sk-ant-wrong-key' }).warmUp()).rejects.toMatchObject({
      category: 'auth',
      message: expect.stringMatching(/^(?!.*sk-ant-wrong-key).*ANTHROPIC_API_KEY/),
    });
    await expect(provider(simulator.baseUrl, { model: 'claude-9' }).warmUp()).rejects.toMatchObject({
      category: 'bad_request',
      field: 'llm.model',
      message: expect.stringContaining("'claude-9'"),
    });
  });

  it('is content with a key that may not look at models', async () => {
    const server = await serve({ [route]: refused(403, 'permission_error') });
    expect(await provider(server.url).probe(signal)).toEqual([]);
  });

  it('asks servers without that route for nothing, to be refused', async () => {
    const server = await serve({ 'POST /v1/messages': refused(400, 'invalid_request_error') });
    expect(await provider(`${server.url}/v1/`).probe(signal)).toEqual([]);
    expect(server.asked).toEqual([route, 'POST /v1/messages']);
    await expect(provider((await serve({})).url).probe(signal)).rejects.toMatchObject({
      category: 'bad_request',
    });
  });

  it('does not follow redirects, which would take the key along', async () => {
    const other = await serve({});
    const server = await serve({
      [route]: { status: 307, headers: { location: `${other.url}/v1/models/x` } },
    });
    await expect(provider(server.url).probe(signal)).rejects.toMatchObject({
      category: 'server',
      message: expect.stringContaining('base URL'),
    });
    expect(other.requests).toEqual([]);
  });

  it('does not mind a server that is away', async () => {
    const gone = await startAnthropicSimulator();
    await gone.close();
    await expect(provider(gone.baseUrl).warmUp()).resolves.toEqual([]);
  });
});

describe('an Anthropic language model whose caller begins to speak', () => {
  it('opens the connection that the turn then uses, and no other', async () => {
    const simulator = await startAnthropicSimulator({ pace: { firstTokenMs: 0, tokenMs: 0 } });
    closing.push(simulator);
    const model = provider(simulator.baseUrl);
    model.preconnect();
    while (simulator.probes === 0 || simulator.openAnswers > 0) await nextTurn();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    const request = { messages: [{ role: 'user' as const, content: 'hello' }], tools: [], signal };
    for (let turn = 0; turn < 3; turn++) {
      for await (const event of model.generate(request)) expect(event.type).not.toBe('tool_call');
      for (let wait = 0; wait < 20; wait++) await nextTurn();
      model.preconnect();
    }
    expect([simulator.connections, simulator.probes]).toEqual([1, 1]);
  });
});

describe('the base URL', () => {
  it.each([
    'https://a.example',
    'https://a.example/',
    'https://a.example/v1',
    'https://a.example/v1/messages',
  ])('may be %s', (url) => {
    expect(plainBaseUrl(url)).toBe('https://a.example');
  });
});
