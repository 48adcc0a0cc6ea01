import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { systemClock } from '../../core/clock.js';
import type { ProviderKind } from '../../core/errors.js';
import { defineProvider, type AnyDefinition, type ProviderOf } from '../../providers/provider-definition.js';
import { builtInRegistry, ProviderRegistry } from '../../providers/registry.js';
import { DeepgramSimulator } from '../../simulators/deepgram/deepgram-simulator.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
  type ElevenLabsSimulatorOptions,
} from '../../simulators/elevenlabs/elevenlabs-simulator.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../../simulators/openai/openai-simulator.js';
import { ScriptedServer, type ScriptedAnswer } from '../../../test/harness/scripted-server.js';
import type { CheckResult, Finding } from './check.js';
import { vendorChecks } from './vendor-checks.js';

const apiKey = 'right-key-08c1';
const vendors = ['DEEPGRAM', 'OPENAI', 'ELEVENLABS'] as const;
type Vendor = (typeof vendors)[number];

let deepgram: DeepgramSimulator;
let openai: OpenAiSimulator;
let elevenlabs: ElevenLabsSimulator;
let urls: Record<Vendor, string>;

beforeAll(async () => {
  deepgram = await DeepgramSimulator.start({ apiKey });
  openai = await startOpenAiSimulator({ apiKey });
  elevenlabs = await startElevenLabsSimulator({ apiKey });
  urls = { DEEPGRAM: deepgram.baseUrl, OPENAI: openai.baseUrl, ELEVENLABS: elevenlabs.baseUrl };
});
afterAll(() => Promise.all([deepgram.close(), openai.close(), elevenlabs.close()]));

async function check(vendor: Vendor, env: Readonly<Record<string, string>>): Promise<Finding> {
  const checks = vendorChecks(env, systemClock);
  const found = await checks[vendors.indexOf(vendor)]!.run(new AbortController().signal);
  expect(JSON.stringify(found)).not.toContain('-key-');
  return found;
}

describe.each(vendors)('the check of %s', (vendor) => {
  const key = `${vendor}_API_KEY`;
  const baseUrl = `${vendor}_BASE_URL`;

  it('without a key says what is used instead, and how to get one', async () => {
    const found = await check(vendor, {});
    expect(found).toMatchObject({
      status: 'note',
      message: expect.stringContaining(`${key} is not set: the embedded`),
    });
    expect(found.remedy).toMatch(new RegExp(`^Get a key at https://\\S+ and set ${key}\\.$`));
  });

  it('is content with a key that is taken, over addresses of sockets too', async () => {
    const url = urls[vendor];
    const found = await check(vendor, { [key]: apiKey, [baseUrl]: url });
    expect(found).toMatchObject({ status: 'ok', message: expect.stringContaining(new URL(url).host) });
    expect(await check(vendor, { [key]: apiKey, [baseUrl]: url.replace('http', 'ws') })).toMatchObject({
      status: 'ok',
    });
  });

  it('tells of a key that is refused, and names the variable', async () => {
    expect(await check(vendor, { [key]: 'wrong-key-77', [baseUrl]: urls[vendor] })).toMatchObject({
      status: 'problem',
      message: expect.stringContaining(key),
      remedy: expect.stringContaining(key),
    });
  });

  it('tells of a key that cannot be one', async () => {
    const found = await check(vendor, { [key]: 'two words-key-\u2026', [baseUrl]: urls[vendor] });
    expect(found).toMatchObject({ status: 'problem', remedy: expect.stringContaining(key) });
  });

  it('reports an invalid address', async () => {
    const found = await check(vendor, { [key]: apiKey, [baseUrl]: 'localhost:8080' });
    expect(found).toMatchObject({ status: 'problem', message: expect.stringContaining(baseUrl) });
  });

  it.each<[string, ScriptedAnswer | null, string]>([
    ['the limits', { status: 429, headers: { 'retry-after': '5' } }, 'limits'],
    ['a server in trouble', { status: 500 }, 'the service is down'],
    ['the address of another service', { status: 404 }, baseUrl],
    ['a server that does not answer', null, 'network'],
  ])('reports %s', async (_what, answer, remedy) => {
    const server = await ScriptedServer.start(() => answer);
    if (!answer) await server.close();
    const found = await check(vendor, { [key]: apiKey, [baseUrl]: server.url });
    expect(found).toMatchObject({ status: 'problem', remedy: expect.stringContaining(remedy) });
    if (answer) await server.close();
  });
});

describe.each(vendors)('all checks with a key of %s alone', (vendor) => {
  it('find nothing wrong, and the vendor is asked for what it offers today', async () => {
    const env = { [`${vendor}_API_KEY`]: apiKey, [`${vendor}_BASE_URL`]: urls[vendor] };
    const found = await Promise.all(vendors.map((one) => check(one, env)));
    const rest = vendors.filter((one) => one !== vendor).map(() => 'note');
    expect(found.map(({ status }) => status).toSorted()).toEqual([...rest, 'ok'].toSorted());
    expect(found[vendors.indexOf(vendor)]?.status).toBe('ok');
  });
});

describe('the check of a model that OpenAI does not have any more', () => {
  it('names field, value and remedy, after one request', async () => {
    const retired = await startOpenAiSimulator({ apiKey, models: ['gpt-7-nova'] });
    const found = await check('OPENAI', { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: retired.baseUrl });
    expect(found).toMatchObject({
      status: 'problem',
      message: expect.stringMatching(/'gpt-6-luna'.*llm\.model/),
      remedy: expect.stringContaining('llm.model'),
    });
    expect(retired.probes).toBe(1);
    await retired.close();
  });

  it('tells the day on which it will be shut down', async () => {
    const models = [{ id: 'gpt-6-luna', shutdownDate: '2029-05-01' }];
    const leaving = await startOpenAiSimulator({ apiKey, models });
    const found = await check('OPENAI', { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: leaving.baseUrl });
    expect(found).toMatchObject({
      status: 'note',
      message: expect.stringMatching(/llm\.model: .*'gpt-6-luna'.*2029-05-01/),
      remedy: expect.stringContaining('Name a current one'),
    });
    await leaving.close();
  });
});

describe('the check of ElevenLabs', () => {
  it.each<[string, ElevenLabsSimulatorOptions]>([
    ['an account without a voice', { voices: [] }],
    ['a key that may not list voices', { permissions: ['models_read'] }],
  ])('names the field to set for %s', async (_what, options) => {
    const simulator = await startElevenLabsSimulator({ apiKey, ...options });
    const env = { ELEVENLABS_API_KEY: apiKey, ELEVENLABS_BASE_URL: simulator.baseUrl };
    expect(await check('ELEVENLABS', env)).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('no voice'),
      remedy: expect.stringContaining('tts.voiceId'),
    });
    expect(simulator.probes).toBe(1);
    await simulator.close();
  });
});

describe('a vendor without a key', () => {
  const found = async (kind: ProviderKind): Promise<Finding> =>
    vendorChecks(
      {},
      systemClock,
      builtInRegistry,
      Promise.resolve({ kinds: new Set([kind]), names: new Set<string>() }),
    )[0]!.run(new AbortController().signal);

  it('is not said to be replaced where the agent’s file names another of its kind', async () => {
    expect(await found('llm')).toMatchObject({
      message: expect.stringMatching(/^DEEPGRAM_API_KEY is not set: the embedded .* is used\.$/),
    });
    expect(await found('stt')).toMatchObject({
      message: 'DEEPGRAM_API_KEY is not set.',
    });
  });
});

describe('vendors that are no defaults', () => {
  const key = {
    variable: 'ACME_API_KEY',
    baseUrlVariable: 'ACME_BASE_URL',
    page: 'https://acme.example/keys',
    service: 'https://api.acme.example',
  };
  const model = (name: string, probe?: () => Promise<void>): ProviderOf['llm'] => ({
    name,
    generate: () => (async function* () {})(),
    ...(probe && { probe }),
  });
  let probed: { readonly name: string; readonly apiKey: string }[] = [];
  const vendor = (name: string, parts: object = {}, fields = {}): AnyDefinition =>
    defineProvider({
      ...{ kind: 'llm', name, key: { ...key, ...parts }, fields },
      create: ({ apiKey }) =>
        model(name, () => {
          probed.push({ name, apiKey });
          return Promise.resolve();
        }),
    });
  beforeEach(() => {
    probed = [];
  });

  async function resultsOf(
    vendors: readonly AnyDefinition[],
    env: Readonly<Record<string, string>>,
    names: readonly string[] = [],
  ): Promise<CheckResult[]> {
    const registry = new ProviderRegistry(vendors);
    const provided = Promise.resolve({ kinds: new Set<ProviderKind>(), names: new Set(names) });
    const checks = vendorChecks(env, systemClock, registry, provided);
    const own = checks.filter(({ name }) => name === 'vendors' || vendors.some((one) => one.name === name));
    const { signal } = new AbortController();
    return Promise.all(own.map(async (one) => ({ name: one.name, ...(await one.run(signal)) })));
  }

  it('are listed in one line while they are not set up, and those that the agent’s file names are not', async () => {
    const bolt = vendor('bolt', {
      ...{ variable: 'BOLT_API_KEY', baseUrlVariable: 'BOLT_BASE_URL', isOptional: true },
    });
    const vendors = [vendor('acme'), vendor('other', { variable: 'OTHER_API_KEY' }), bolt];
    const results = await resultsOf(vendors, {}, ['llm other']);
    expect(results).toMatchObject([{ name: 'vendors', status: 'note' }]);
    const [{ message } = { message: '' }] = results;
    expect(message).toMatch(/^Not set up: .*acme \(ACME_API_KEY\), bolt \(BOLT_BASE_URL\)\.$/);
    expect(message).not.toContain('other');
  });

  it('are probed once their key is set, and without one if they need none', async () => {
    const bolt = vendor('bolt', { variable: 'BOLT_API_KEY', baseUrlVariable: 'BOLT_URL', isOptional: true });
    const env = { ACME_API_KEY: 'ak', BOLT_URL: 'http://localhost:11434' };
    const results = await resultsOf([vendor('acme'), bolt], env);
    expect(results).toContainEqual(expect.objectContaining({ name: 'acme', status: 'ok' }));
    expect(results).toContainEqual(expect.objectContaining({ name: 'bolt', status: 'ok' }));
    expect(probed).toEqual([
      { name: 'acme', apiKey: 'ak' },
      { name: 'bolt', apiKey: '' },
    ]);
  });

  it('that need a model are not probed without one', async () => {
    const acme = vendor('acme', {}, { model: z.string() });
    const [first] = await resultsOf([acme], { ACME_API_KEY: 'ak' });
    expect(first).toEqual({
      name: 'acme',
      status: 'note',
      message: 'ACME_API_KEY is set; name a model to have it checked.',
      remedy: "Write llm: { provider: 'acme', model: '…' } in the agent's file.",
    });
    expect(await resultsOf([acme], { ACME_API_KEY: 'ak' }, ['llm acme'])).toContainEqual(
      expect.objectContaining({ name: 'acme', status: 'ok' }),
    );
    expect(probed).toEqual([]);
  });

  it('without an address of their own need one', async () => {
    const acme = vendor('acme', { service: undefined });
    expect(await resultsOf([acme], { ACME_API_KEY: 'ak' })).toContainEqual({
      name: 'acme',
      status: 'note',
      message: 'ACME_API_KEY is set; ACME_BASE_URL is not.',
      remedy: 'Set ACME_BASE_URL, or give baseUrl in the config.',
    });
  });
});
