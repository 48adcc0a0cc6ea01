import { afterEach, describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import type { ProviderError } from '../../errors.js';
import { startElevenLabsSimulator, type ElevenLabsSimulator } from '../../testing/elevenlabs-simulator.js';
import { ScriptedServer, type Script } from '../../testing/scripted-server.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import {
  elevenLabsTextToSpeech,
  type ElevenLabsOptions,
  type ElevenLabsTextToSpeech,
} from './elevenlabs-text-to-speech.js';

const apiKey = 'el-secret-c07e';
const clock = new VirtualClock();
const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  // The last made first: a provider's sockets end before their server does.
  for (const resource of closing.splice(0).reverse()) await resource.close();
  expect(clock.pendingTimers).toBe(0);
});

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(script);
  closing.push(server);
  return server;
}

async function simulate(): Promise<ElevenLabsSimulator> {
  const simulator = await startElevenLabsSimulator({ apiKey, clock });
  closing.push(simulator);
  return simulator;
}

function provider(baseUrl: string, options: Partial<ElevenLabsOptions> = {}): ElevenLabsTextToSpeech {
  const tts = elevenLabsTextToSpeech({ apiKey, baseUrl, clock, ...options });
  closing.push(tts);
  return tts;
}

function probe(server: ScriptedServer, signal = new AbortController().signal): Promise<void> {
  return provider(server.url).probe(signal);
}

async function failureOf(probed: Promise<void>): Promise<ProviderError> {
  const error = await probed.then(
    () => null,
    (thrown: unknown) => thrown as ProviderError,
  );
  expect(error).toMatchObject({ kind: 'tts', provider: 'elevenlabs' });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(apiKey);
  return error!;
}

describe('a probe of ElevenLabs', () => {
  it('asks who the key belongs to, once', async () => {
    const server = await serve(() => ({ status: 200, body: { user_id: 'someone' } }));
    await probe(server);
    expect(server.asked).toEqual(['GET /v1/user']);
    expect(server.requests[0]?.headers['xi-api-key']).toBe(apiKey);
  });

  it('is content with a key that may only speak, and is told so', async () => {
    await probe(
      await serve(() => ({
        status: 401,
        body: {
          detail: {
            status: 'missing_permissions',
            message: 'The API key is missing the permission user_read.',
          },
        },
      })),
    );
  });

  it.each([
    [401, 'invalid_api_key', 'auth'],
    [401, 'quota_exceeded', 'rate_limit'],
    [403, 'unknown', 'auth'],
    [404, 'not_found', 'bad_request'],
    [429, 'too_many_concurrent_requests', 'rate_limit'],
    [503, 'unknown', 'server'],
  ])('takes HTTP %i (%s) for a failure of category %s', async (status, code, category) => {
    const server = await serve(({ headers }) => ({
      status,
      body: { detail: { status: code, message: `You sent ${String(headers['xi-api-key'])}.` } },
      headers: { 'retry-after': '7' },
    }));
    const error = await failureOf(probe(server));
    expect(error).toMatchObject({ category, retryAfterMs: 7000 });
    if (category === 'auth') expect(error.message).toContain('ELEVENLABS_API_KEY');
    expect(server.asked).toHaveLength(1);
  });

  it('tells a server that is slow, and one that is away', async () => {
    const server = await serve(() => null);
    const asked = server.nextRequest();
    const slow = failureOf(probe(server));
    await asked;
    clock.advance(4000);
    expect(await slow).toMatchObject({ category: 'timeout' });
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

describe('ElevenLabs that is warmed up', () => {
  it.each(['websocket', 'http'] as const)(
    'tells of a wrong key after one request, in no time (%s)',
    async (connection) => {
      const simulator = await simulate();
      const tts = provider(simulator.baseUrl, { apiKey: 'el-wrong-key', connection });
      const before = clock.nowMs();
      await expect(tts.warmUp()).rejects.toMatchObject({
        category: 'auth',
        retryable: false,
        message: expect.stringMatching(/^(?!.*el-wrong-key).*ELEVENLABS_API_KEY/),
      });
      expect(clock.nowMs()).toBe(before);
      expect([simulator.connections, simulator.probes]).toEqual([0, connection === 'http' ? 1 : 0]);
    },
  );

  it('has an open socket, and a key that was checked', async () => {
    const simulator = await simulate();
    const tts = provider(simulator.baseUrl);
    await tts.warmUp();
    expect([tts.openSockets, simulator.connections, simulator.probes]).toEqual([1, 1, 1]);
  });

  it('waits no longer than a second for a server that does not answer', async () => {
    const simulator = await simulate();
    simulator.failNext({ fault: 'no_handshake' });
    const asked = simulator.nextConnection();
    const warm = provider(simulator.baseUrl).warmUp();
    await asked;
    clock.advance(1000);
    await warm;
    expect(simulator.probes).toBe(0);
  });
});
