import { afterEach, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { ProviderError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import type { SimulatedElevenLabsVoice } from '../../simulators/elevenlabs/simulated-account.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
  type ElevenLabsSimulatorOptions,
} from '../../simulators/elevenlabs/elevenlabs-simulator.js';
import { ScriptedServer, type Script, type ScriptedAnswer } from '../../../test/harness/scripted-server.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { TtsEvent } from '../text-to-speech.js';
import { pickVoice, type AskAccount } from './account-voices.js';
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

async function simulate(options: ElevenLabsSimulatorOptions = {}): Promise<ElevenLabsSimulator> {
  const simulator = await startElevenLabsSimulator({ apiKey, clock, ...options });
  closing.push(simulator);
  return simulator;
}

function provider(baseUrl: string, options: Partial<ElevenLabsOptions> = {}): ElevenLabsTextToSpeech {
  const tts = elevenLabsTextToSpeech({ apiKey, baseUrl, clock, ...options });
  closing.push(tts);
  return tts;
}

const voiceId = 'JBFqnCBsd6RMkjVDRZzb';

function probe(
  server: { readonly url: string },
  signal = new AbortController().signal,
): Promise<readonly ProviderNotice[]> {
  return provider(server.url, { voiceId }).probe(signal);
}

async function failureOf(probed: Promise<unknown>): Promise<ProviderError> {
  const error = await probed.then(
    () => null,
    (thrown: unknown) => thrown as ProviderError,
  );
  expect(error).toMatchObject({ kind: 'tts', provider: 'elevenlabs' });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(apiKey);
  return error!;
}

function detail(status: number, code: string, message = ''): ScriptedAnswer {
  return { status, body: { detail: { status: code, message } } };
}

/** The first audio of an answer, or its error. */
function firstOf(tts: ElevenLabsTextToSpeech): Promise<TtsEvent> {
  return new Promise((resolve) => {
    const stream = tts.open({
      format: { encoding: 'mulaw', sampleRateHz: 8000 },
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.type !== 'audio' && event.type !== 'error') return;
        stream.close();
        resolve(event);
      },
    });
    stream.write('Yes.');
  });
}

describe('a probe of ElevenLabs', () => {
  it('asks for the very voice that is configured, then looks for the model', async () => {
    const server = await serve(({ url }) => ({
      status: 200,
      body: url === '/v1/models' ? [{ model_id: 'eleven_flash_v2_5' }] : { voice_id: voiceId },
    }));
    await probe(server);
    expect(server.asked).toEqual([`GET /v1/voices/${voiceId}`, 'GET /v1/models']);
    expect(server.requests[0]?.headers['xi-api-key']).toBe(apiKey);
  });

  it('is content with a key that may only speak', async () => {
    const { baseUrl } = await simulate({ permissions: [] });
    expect(await probe({ url: baseUrl })).toHaveLength(1);
    expect(await provider(baseUrl, { voiceId: 'of-my-own' }).probe(new AbortController().signal)).toEqual([]);
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
      ...detail(status, code, `You sent ${String(headers['xi-api-key'])}.`),
      headers: { 'retry-after': '7' },
    }));
    const error = await failureOf(probe(server));
    expect(error).toMatchObject({ category, retryAfterMs: 7000 });
    if (category === 'auth') expect(error.message).toContain('ELEVENLABS_API_KEY');
    expect(server.asked).toHaveLength(1);
  });

  it.each<[string, ScriptedAnswer, string]>([
    ['a sentence', { status: 404, body: { detail: 'Nothing here' } }, 'Nothing here'],
    ['an object with a status', detail(400, 'voice_does_not_exist', 'No such voice'), 'No such voice'],
    [
      'an object with a code',
      { status: 404, body: { detail: { code: 'voice_not_found', message: 'Gone' } } },
      'Gone',
    ],
    [
      'a list',
      { status: 422, body: { detail: [{ loc: ['path', 'voice_id'], msg: 'is too short', type: 'x' }] } },
      'voice_id: is too short',
    ],
  ])('shows the message of an error whose detail is %s', async (_what, answer, message) => {
    const error = await failureOf(probe(await serve(() => answer)));
    expect(error.message).toContain(message);
    expect(error.category).toBe('bad_request');
    expect(error.field).toBe(answer.status === 404 && message === 'Nothing here' ? undefined : 'tts.voiceId');
  });

  it('names field, value and remedy of a voice that is not known, after one request', async () => {
    const simulator = await simulate();
    const error = await failureOf(
      provider(simulator.baseUrl, { voiceId: '21m00Tcm4TlvDq8ikWAM' }).probe(new AbortController().signal),
    );
    expect(error).toMatchObject({ category: 'bad_request', field: 'tts.voiceId', retryable: false });
    expect(error.message).toMatch(/21m00Tcm4TlvDq8ikWAM.*Set tts\.voiceId/);
    expect(simulator.probes).toBe(1);
  });

  it("names field, value and remedy of a model that is not among the account's", async () => {
    const { baseUrl } = await simulate();
    const options = { voiceId, modelId: 'eleven_monolingual_v1' };
    const error = await failureOf(provider(baseUrl, options).probe(new AbortController().signal));
    expect(error).toMatchObject({ category: 'bad_request', field: 'tts.modelId', retryable: false });
    expect(error.message).toMatch(/eleven_monolingual_v1.*Set tts\.modelId/);
  });

  it.each<[string, Partial<ElevenLabsSimulatorOptions>]>([
    ['by its id, where the key may not read voices', { permissions: [] }],
    ['by its category', { voices: [{ id: voiceId, category: 'premade' }] }],
  ])('tells of a default voice that leaves, %s', async (_how, options) => {
    const { baseUrl } = await simulate(options);
    const [notice] = await probe({ url: baseUrl });
    expect(notice).toMatchObject({
      field: 'tts.voiceId',
      message: expect.stringMatching(/George.*2026-12-31/),
      remedy: expect.stringContaining('tts.voiceId'),
    });
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

describe('a voice of ElevenLabs that is not configured', () => {
  const own: SimulatedElevenLabsVoice[] = [
    { id: 'copy', category: 'cloned' },
    { id: 'library', category: 'professional' },
    { id: 'default', category: 'premade' },
  ];

  it.each(['websocket', 'http'] as const)(
    "is picked from the account's at the first use, and remembered (%s)",
    async (connection) => {
      const simulator = await simulate({ pace: { firstAudioMs: 0, pieceMs: 0 } });
      const tts = provider(simulator.baseUrl, { connection });
      clock.advance(0);
      for (let answer = 0; answer < 2; answer++) {
        const first = firstOf(tts);
        await untilSpoken(simulator, answer + 1);
        expect((await first).type).toBe('audio');
      }
      expect(simulator.probes).toBe(1);
    },
  );

  it.each<[string, SimulatedElevenLabsVoice[], string]>([
    ['one made by description', [...own, { id: 'designed', category: 'generated' }], 'designed'],
    ['one that every account has', own, 'default'],
    ['one of the library', own.slice(0, 2), 'library'],
    ['a copy of a voice where there is no other', own.slice(0, 1), 'copy'],
  ])('is %s', async (_what, voices, expected) => {
    const picked = await pickVoice(answersOf({ '/v1/voices': { voices: voices.map(listed) } }), new Set());
    expect(picked).toEqual({ ok: true, value: expected });
  });

  it('is not one that leaves where there is another', async () => {
    const voices = [{ voice_id: 'old', category: 'premade', is_legacy: true }, { voice_id: 'new' }];
    const picked = await pickVoice(answersOf({ '/v1/voices': { voices } }), new Set());
    expect(picked).toEqual({ ok: true, value: 'new' });
  });

  it('is looked for in the newer list where the older one is no more', async () => {
    const ask = answersOf({
      '/v2/voices?page_size=100': { voices: [{ voice_id: 'one' }, { broken: true }] },
    });
    expect(await pickVoice(ask, new Set())).toEqual({ ok: true, value: 'one' });
  });

  it.each<[string, Partial<ElevenLabsSimulatorOptions>, string]>([
    ['a key that may not list voices', { permissions: ['models_read'] }, 'voices_read'],
    ['an account without a voice', { voices: [] }, 'no voice'],
  ])('is asked for where there is %s', async (_what, options, said) => {
    const simulator = await simulate(options);
    const tts = provider(simulator.baseUrl);
    for (const failed of [tts.probe(new AbortController().signal), tts.warmUp()]) {
      const error = await failureOf(failed);
      expect(error).toMatchObject({ category: 'bad_request', field: 'tts.voiceId', retryable: false });
      expect(error.message).toContain(said);
      expect(error.message).toContain('Set tts.voiceId');
    }
    expect((await firstOf(tts)) as object).toMatchObject({
      error: { category: 'bad_request', field: 'tts.voiceId', retryable: false },
    });
    expect(simulator.connections).toBe(0);
  });

  it('is not picked again when it was refused', async () => {
    const voices: SimulatedElevenLabsVoice[] = [
      { id: 'first', category: 'professional' },
      { id: 'second', category: 'cloned' },
    ];
    const simulator = await simulate({ plan: 'free', voices, pace: { firstAudioMs: 0, pieceMs: 0 } });
    const tts = provider(simulator.baseUrl);
    expect(await firstOf(tts)).toMatchObject({ error: { field: 'tts.voiceId', retryable: false } });
    const next = firstOf(tts);
    await untilSpoken(simulator, 1);
    expect((await next).type).toBe('audio');
  });
});

/** The simulator speaks when its clock moves, and a text has come. */
async function untilSpoken(simulator: ElevenLabsSimulator, texts: number): Promise<void> {
  while (simulator.texts.length < texts) await nextTurn();
  await nextTurn();
  clock.advance(1);
}

function listed({ id, category }: SimulatedElevenLabsVoice): object {
  return { voice_id: id, category };
}

function answersOf(bodies: Readonly<Record<string, unknown>>): AskAccount {
  return (path) =>
    Promise.resolve({
      status: path in bodies ? 200 : 404,
      body: JSON.stringify(bodies[path] ?? {}),
      retryAfterMs: undefined,
    });
}

describe('ElevenLabs that is warmed up', () => {
  it.each<[string, Partial<ElevenLabsOptions>, Partial<ProviderError>, string]>([
    ['a wrong key', { apiKey: 'el-wrong-key' }, { category: 'auth' }, 'ELEVENLABS_API_KEY'],
    [
      'a voice that is not known',
      { voiceId: '21m00Tcm4TlvDq8ikWAM' },
      { category: 'bad_request', field: 'tts.voiceId' },
      '21m00Tcm4TlvDq8ikWAM',
    ],
  ])('tells of %s after one request, in no time', async (_what, options, expected, said) => {
    for (const connection of ['websocket', 'http'] as const) {
      const simulator = await simulate();
      const tts = provider(simulator.baseUrl, { connection, ...options });
      const before = clock.nowMs();
      const error = await failureOf(tts.warmUp());
      expect(error).toMatchObject({ retryable: false, ...expected });
      expect(error.message).toContain(said);
      expect(error.message).not.toContain('el-wrong-key');
      expect(clock.nowMs()).toBe(before);
      expect([simulator.connections, simulator.probes]).toEqual([0, 1]);
    }
  });

  it.each<[string, Partial<ElevenLabsOptions>, Partial<ElevenLabsSimulatorOptions>, Partial<ProviderError>]>([
    ['a voice that is not known', { voiceId: 'retired' }, {}, { field: 'tts.voiceId' }],
    ['a model that is not known', { voiceId, modelId: 'retired' }, {}, { field: 'tts.modelId' }],
    [
      'a voice that a free account may not use',
      { voiceId: 'library' },
      { plan: 'free', voices: [{ id: 'library', category: 'professional' }] },
      { field: 'tts.voiceId' },
    ],
  ])('tells of %s where only the socket says so', async (_what, options, server, expected) => {
    const simulator = await simulate({ permissions: [], ...server });
    const error = await failureOf(provider(simulator.baseUrl, options).warmUp());
    expect(error).toMatchObject({ category: 'bad_request', retryable: false, ...expected });
    expect([simulator.connections, simulator.probes]).toEqual([1, 2]);
  });

  it('has an open socket, and a key that was checked', async () => {
    const simulator = await simulate();
    const tts = provider(simulator.baseUrl);
    await tts.warmUp();
    expect([tts.openSockets, simulator.connections, simulator.probes]).toEqual([1, 1, 2]);
  });

  it('is content with a server that knows nothing of voices', async () => {
    const server = await serve(() => ({ status: 404, body: { detail: 'Not Found' } }));
    await provider(server.url, { voiceId, connection: 'http' }).warmUp();
    expect(server.asked).toEqual([`GET /v1/voices/${voiceId}`]);
  });

  it('waits no longer than a second for a server that does not answer', async () => {
    const simulator = await simulate();
    simulator.failNext({ fault: 'no_handshake' });
    const asked = simulator.nextConnection();
    const warm = provider(simulator.baseUrl).warmUp();
    await asked;
    clock.advance(1000);
    await warm;
    expect(simulator.openSockets).toBe(0);
  });
});
