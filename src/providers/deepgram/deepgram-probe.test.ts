import { afterEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import type { ProviderError } from '../../core/errors.js';
import { DeepgramSimulator } from '../../simulators/deepgram/deepgram-simulator.js';
import { ScriptedServer, type Script } from '../../../test/harness/scripted-server.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
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
  it('asks about the key and the models, once each', async () => {
    const server = await serve(() => ({ status: 200, body: { scopes: ['usage:write'] } }));
    await probe(server);
    expect(server.asked).toEqual(['GET /v1/auth/token', 'GET /v1/models']);
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

describe("a model that is looked for in Deepgram's list", () => {
  const listed = [
    'nova-3-general',
    'nova-3-medical',
    'nova-2-phonecall',
    'enhanced-general',
    'whisper-large',
  ];
  const own = 'bf05427e-a1f1-4ced-a976-38b2f3533d8d';
  const looked = async (
    model: string,
    { body, projects = 200 }: { readonly body?: unknown; readonly projects?: number } = {},
  ): Promise<ProviderError | null> => {
    const stt = listed.map((name) => ({ name: name.split('-').at(-1), canonical_name: name }));
    const server = await serve(({ url }) => {
      if (url === '/v1/models') return { status: 200, body: body ?? { stt, tts: [] } };
      if (url === '/v1/projects') return { status: projects, body: { projects: [{ project_id: 'p1' }] } };
      if (url === '/v1/projects/p1/models')
        return { status: 200, body: { stt: [{ canonical_name: 'our-own', uuid: own }] } };
      return { status: 200, body: {} };
    });
    const options = { apiKey, baseUrl: server.url, clock, model };
    const probed = deepgramSpeechToText(options).probe(new AbortController().signal);
    return probed.then(
      () => null,
      (thrown: unknown) => thrown as ProviderError,
    );
  };

  it.each(['nova-3', 'nova-3-general', 'nova-2-phonecall', 'enhanced', 'whisper-large', 'general'])(
    'is found by any name that Deepgram takes: %s',
    async (model) => {
      expect(await looked(model)).toBeNull();
    },
  );

  it.each(['nova-9', 'nova3', 'nova-2-phonecal', 'gpt-4o-transcribe'])(
    'is refused by field, value and remedy where it is not there: %s',
    async (model) => {
      const error = await looked(model);
      expect(error).toMatchObject({ category: 'bad_request', field: 'stt.model', retryable: false });
      expect(error?.message).toMatch(new RegExp(`stt\\.model.*'${model}'.*Choose a model`));
    },
  );

  it.each(['flux-general-en', own, 'our-own'])(
    'may be missing there without being refused, since the list never has it: %s',
    async (model) => {
      expect(await looked(model)).toBeNull();
    },
  );

  it.each([[{ stt: [] }], [{ stt: 'none' }], ['<html>'], [{ stt: [{ canonical_name: 7 }] }]])(
    'is not refused by a list that cannot be read: %j',
    async (body) => {
      expect(await looked('nova-9', { body })).toBeNull();
    },
  );

  it('is not refused where the key may not look at the models of its own account', async () => {
    expect(await looked('our-own', { projects: 403 })).toBeNull();
    expect(await looked('our-own', { projects: 404 })).toMatchObject({ field: 'stt.model' });
  });
});

describe('Deepgram that is warmed up', () => {
  it('reports a model that does not exist, without opening a stream', async () => {
    const simulator = await DeepgramSimulator.start({ apiKey });
    closing.push(simulator);
    const options = { apiKey, baseUrl: simulator.baseUrl, clock, model: 'nova-1-general' };
    await expect(deepgramSpeechToText(options).warmUp()).rejects.toMatchObject({
      category: 'bad_request',
      field: 'stt.model',
      message: expect.stringContaining('nova-1-general'),
    });
    expect([simulator.probes, simulator.attempts]).toEqual([1, 0]);
  });

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
