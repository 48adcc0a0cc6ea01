import { afterEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import type { ProviderError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import {
  startOpenAiSimulator,
  type OpenAiSimulatorOptions,
} from '../../simulators/openai/openai-simulator.js';
import { ScriptedServer, type ScriptedAnswer } from '../../../test/harness/scripted-server.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { openAiLanguageModel, type OpenAiLanguageModel } from './openai-language-model.js';

const apiKey = 'sk-secret-51d0';
const clock = new VirtualClock();
const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  expect(clock.pendingTimers).toBe(0);
  await Promise.all(closing.splice(0).map((server) => server.close()));
});

/** A server that has these routes, written `GET /models`, and no others. */
async function serve(routes: Readonly<Record<string, ScriptedAnswer | null>>): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(({ method, url }) => {
    const answer = routes[`${method} ${url}`];
    const json = { 'content-type': 'application/json' };
    return answer === undefined ? { status: 404, body: { detail: 'Not Found' }, headers: json } : answer;
  });
  closing.push(server);
  return server;
}

function ok(body: object): ScriptedAnswer {
  return { status: 200, body, headers: { 'content-type': 'application/json' } };
}

function refusal(status: number, code: string | null, message = 'Refused.'): ScriptedAnswer {
  return { status, body: { error: { message, code } }, headers: { 'content-type': 'application/json' } };
}

function provider(baseUrl: string, options: { apiKey?: string; model?: string } = {}): OpenAiLanguageModel {
  return openAiLanguageModel({ apiKey, baseUrl, clock, ...options });
}

function probe(
  server: ScriptedServer,
  signal = new AbortController().signal,
): Promise<readonly ProviderNotice[]> {
  return provider(server.url, { model: 'small' }).probe(signal);
}

async function failureOf(probed: Promise<unknown>): Promise<ProviderError> {
  const error = await probed.then(
    () => null,
    (thrown: unknown) => thrown as ProviderError,
  );
  expect(error).toMatchObject({ kind: 'llm', provider: 'openai' });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(apiKey);
  return error!;
}

const model = 'GET /models/small';
const list = 'GET /models';
const nothing = 'POST /chat/completions';

describe('a probe of an OpenAI language model', () => {
  it('asks for the model, once', async () => {
    const server = await serve({ [model]: ok({ id: 'small' }) });
    await probe(server);
    expect(server.asked).toEqual([model]);
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
  });

  it.each([
    ['2027-01-14', '2027-01-14'],
    ['2027-01-14T00:00:00Z', '2027-01-14'],
    [Date.UTC(2027, 0, 14) / 1000, '2027-01-14'],
  ])('tells by when the model is shut down: %j', async (shutdown_date, day) => {
    const leaving = { id: 'small', shutdown_date };
    const routes: [string, object][] = [
      [model, leaving],
      [list, { data: [{ id: 'big' }, leaving] }],
    ];
    for (const [route, answer] of routes)
      expect(await probe(await serve({ [route]: ok(answer) }))).toMatchObject([
        { field: 'llm.model', message: expect.stringContaining(`'small' will be shut down on ${day}.`) },
      ]);
  });

  it.each([null, '', 0, {}, undefined])('has nothing to tell where that day is %j', async (shutdown_date) => {
    expect(await probe(await serve({ [model]: ok({ id: 'small', shutdown_date }) }))).toEqual([]);
  });

  it('asks servers that cannot show one model for their list', async () => {
    const server = await serve({ [list]: ok({ data: [] }) });
    await probe(server);
    expect(server.asked).toEqual([model, list]);
  });

  it.each([400, 422])(
    'asks servers without a list for nothing, to be refused with HTTP %i',
    async (status) => {
      const server = await serve({ [nothing]: refusal(status, null) });
      await probe(server);
      expect(server.asked).toEqual([model, list, nothing]);
      expect(server.requests[2]?.body).toBe('{}');
    },
  );

  it('tells a base URL without such a server behind it', async () => {
    expect(await failureOf(probe(await serve({})))).toMatchObject({ category: 'bad_request' });
    const html = { status: 200, body: '<p>Welcome!', headers: { 'content-type': 'text/html' } };
    const error = await failureOf(probe(await serve({ [model]: html })));
    expect(error.message).toContain('base URL');
  });

  it('tells a model that does not exist', async () => {
    const server = await serve({
      [model]: refusal(404, 'model_not_found', "The model 'small' does not exist."),
      [list]: ok({ data: [] }),
    });
    expect(await failureOf(probe(server))).toMatchObject({
      category: 'bad_request',
      message: expect.stringContaining("'small' does not exist"),
    });
    expect(server.asked).toEqual([model]);
  });

  it.each([
    ['with HTTP 403', refusal(403, null)],
    ['with HTTP 401', refusal(401, null, 'Insufficient permissions. Missing scopes: api.model.read.')],
    ['by a code', refusal(401, 'missing_scope')],
  ])('is content with a key that may not look at models (told so %s)', async (_how, answer) => {
    await probe(await serve({ [model]: answer }));
  });

  it.each([
    [refusal(401, 'invalid_api_key', `Incorrect API key provided: ${apiKey}.`), 'auth'],
    [refusal(403, 'unsupported_country_region_territory'), 'auth'],
    [{ ...refusal(429, null), headers: { 'retry-after': '7' } }, 'rate_limit'],
    [refusal(500, null), 'server'],
  ])('takes %j for a failure of category %s', async (answer, category) => {
    const server = await serve({ [model]: answer });
    const error = await failureOf(probe(server));
    expect(error).toMatchObject({ category });
    if (category === 'auth') expect(error.message).toContain('OPENAI_API_KEY');
    if (category === 'rate_limit') expect(error.retryAfterMs).toBe(7000);
    expect(server.requests).toHaveLength(1);
  });

  it('tells a server that is slow, and one that is away', async () => {
    const server = await serve({ [model]: null });
    const asked = server.nextRequest();
    const slow = failureOf(probe(server));
    await asked;
    clock.advance(4000);
    expect(await slow).toMatchObject({ category: 'timeout' });
    await server.close();
    closing.length = 0;
    expect(await failureOf(probe(server))).toMatchObject({ category: 'connection' });
  });

  it('ends when it is called off', async () => {
    const server = await serve({ [model]: null });
    const abort = new AbortController();
    const asked = server.nextRequest();
    const probed = failureOf(probe(server, abort.signal));
    await asked;
    abort.abort();
    expect(await probed).toMatchObject({ category: 'aborted' });
  });
});

describe('an OpenAI language model that is warmed up with a server of OpenAI’s kind', () => {
  async function simulate(options: OpenAiSimulatorOptions = {}) {
    const simulator = await startOpenAiSimulator({ apiKey, ...options });
    closing.push(simulator);
    return simulator;
  }

  it('tells of a wrong key after one request, in no time', async () => {
    const simulator = await simulate();
    const before = clock.nowMs();
    await expect(provider(simulator.baseUrl, { apiKey: 'sk-wrong-key' }).warmUp()).rejects.toMatchObject({
      category: 'auth',
      retryable: false,
      message: expect.stringMatching(/^(?!.*sk-wrong-key).*OPENAI_API_KEY/),
    });
    expect(clock.nowMs()).toBe(before);
    expect(simulator.probes).toBe(1);
  });

  it('tells of a model that it does not have', async () => {
    const simulator = await simulate({ models: ['gpt-6-luna'] });
    await provider(simulator.baseUrl).warmUp();
    await expect(provider(simulator.baseUrl, { model: 'gpt-9' }).warmUp()).rejects.toMatchObject({
      category: 'bad_request',
      message: expect.stringContaining('gpt-9'),
    });
  });

  it('does not mind a server in trouble, and waits no longer than a second for one that does not answer', async () => {
    const troubled = await serve({ 'GET /models/gpt-6-luna': refusal(500, null) });
    await provider(troubled.url).warmUp();
    const slow = await serve({ 'GET /models/gpt-6-luna': null });
    const asked = slow.nextRequest();
    const warm = provider(slow.url).warmUp();
    await asked;
    clock.advance(1000);
    await warm;
  });
});
