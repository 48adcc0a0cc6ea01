import { afterEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import type { ProviderError } from '../../errors.js';
import { DeepgramSimulator } from '../../testing/deepgram-simulator.js';
import { ScriptedServer, type Script } from '../../testing/scripted-server.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { deepgramSpeechToText, type DeepgramSpeechToText } from './deepgram-speech-to-text.js';

const apiKey = 'dg-secret-93b1';
const clock = new VirtualClock();
const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  expect(clock.pendingTimers).toBe(0);
  await Promise.all(closing.splice(0).map((server) => server.close()));
});

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(script);
  closing.push(server);
  return server;
}

function provider(baseUrl: string, key = apiKey): DeepgramSpeechToText {
  return deepgramSpeechToText({ apiKey: key, baseUrl, clock });
}

function probe(server: { readonly url: string }, signal = new AbortController().signal): Promise<void> {
  return provider(server.url).probe(signal);
}

async function failureOf(probed: Promise<void>): Promise<ProviderError> {
  const error = await probed.then(
    () => null,
    (thrown: unknown) => thrown as ProviderError,
  );
  expect(error).toMatchObject({ kind: 'stt', provider: 'deepgram' });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(apiKey);
  return error!;
}

describe('a probe of Deepgram', () => {
  it('asks about the key, once', async () => {
    const server = await serve(() => ({ status: 200, body: { scopes: ['usage:write'] } }));
    await probe(server);
    expect(server.asked).toEqual(['GET /v1/auth/token']);
    expect(server.requests[0]?.headers.authorization).toBe(`Token ${apiKey}`);
  });

  it.each([
    [401, 'auth'],
    [402, 'auth'],
    [403, 'auth'],
    [408, 'timeout'],
    [429, 'rate_limit'],
    [503, 'server'],
    [302, 'server'],
  ])('takes HTTP %i for a failure of category %s', async (status, category) => {
    const server = await serve(({ headers }) => ({
      status,
      body: `You sent ${String(headers.authorization)}.`,
      headers: { 'retry-after': '7' },
    }));
    expect(await failureOf(probe(server))).toMatchObject({ category, retryAfterMs: 7000 });
    expect(server.asked).toHaveLength(1);
  });

  it('names the variable where the key is wrong', async () => {
    const server = await serve(() => ({ status: 401 }));
    expect((await failureOf(probe(server))).message).toContain('DEEPGRAM_API_KEY');
  });

  it('asks a self-hosted Deepgram, which knows no keys, how it is doing', async () => {
    const server = await serve(({ url }) =>
      url === '/v1/status' ? { status: 200, body: { system_health: 'Healthy' } } : { status: 404 },
    );
    await probe(server);
    expect(server.asked).toEqual(['GET /v1/auth/token', 'GET /v1/status']);
  });

  it('tells a base URL without a Deepgram behind it', async () => {
    const server = await serve(() => ({ status: 404 }));
    const error = await failureOf(probe(server));
    expect(error).toMatchObject({ category: 'bad_request', message: expect.stringContaining('base URL') });
  });

  it('tells a server that is away from one that is slow', async () => {
    const server = await serve(() => null);
    const asked = server.nextRequest();
    const slow = failureOf(probe(server));
    await asked;
    clock.advance(4000);
    expect(await slow).toMatchObject({ category: 'timeout', retryable: true });
    await server.close();
    closing.length = 0;
    const away = await failureOf(probe(server));
    expect(away).toMatchObject({ category: 'connection', message: expect.stringContaining('ECONNREFUSED') });
  });

  it('ends when it is called off', async () => {
    const server = await serve(() => null);
    const abort = new AbortController();
    const asked = server.nextRequest();
    const probed = failureOf(probe(server, abort.signal));
    await asked;
    abort.abort();
    expect(await probed).toMatchObject({ category: 'aborted' });
  });
});

describe('Deepgram that is warmed up', () => {
  it('tells of a wrong key after one request, in no time', async () => {
    const simulator = await DeepgramSimulator.start({ apiKey });
    closing.push(simulator);
    const before = clock.nowMs();
    await expect(provider(simulator.baseUrl, 'dg-wrong').warmUp()).rejects.toMatchObject({
      category: 'auth',
      retryable: false,
      message: expect.stringMatching(/^(?!.*dg-wrong).*DEEPGRAM_API_KEY/),
    });
    expect(clock.nowMs()).toBe(before);
    expect([simulator.probes, simulator.attempts]).toEqual([1, 0]);
    await provider(simulator.baseUrl).warmUp();
    expect(simulator.probes).toBe(2);
  });

  it.each([
    ['is in trouble', () => ({ status: 500 })],
    ['passes on nothing but streams', () => ({ status: 404 })],
  ])('does not mind a server that %s', async (_what, script) => {
    await provider((await serve(script)).url).warmUp();
  });

  it('waits no longer than a second for a server that does not answer', async () => {
    const server = await serve(() => null);
    const asked = server.nextRequest();
    const warm = provider(server.url).warmUp();
    await asked;
    clock.advance(1000);
    await warm;
  });
});
