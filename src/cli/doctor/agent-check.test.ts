import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../core/clock.js';
import { startDeepgramSimulator } from '../../simulators/deepgram/deepgram-simulator.js';
import { startElevenLabsSimulator } from '../../simulators/elevenlabs/elevenlabs-simulator.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../../simulators/openai/openai-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { agentCheck } from './agent-check.js';
import type { Finding } from './check.js';

/** Source text of an ear and a voice that need no loading, for checks of something else: the embedded ones take a second. */
const idleParts = `
const unused = () => { throw new Error('It is not used.'); };
const ear = { name: 'ear', accepts: { encodings: ['linear16'], sampleRatesHz: 'any' }, open: unused };
const voice = { name: 'voice', produces: { encodings: ['linear16'], sampleRatesHz: 'any' }, open: unused };`;

let openai: OpenAiSimulator;
let folder: string;
let files = 0;

beforeAll(async () => {
  openai = await startOpenAiSimulator({ apiKey: 'sk-agent-1' });
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-agent-'));
});
afterAll(async () => {
  await openai.close();
  await rm(folder, { recursive: true });
});

async function check(model: string, parts = 'stt: ear, tts: voice'): Promise<Finding> {
  const path = join(folder, `agent-${files++}.mjs`);
  const llm = { provider: 'openai', apiKey: 'sk-agent-1', baseUrl: openai.baseUrl, model };
  await writeFile(
    path,
    `${idleParts}
export default { llm: ${JSON.stringify(llm)}, ${parts}, agent: { systemPrompt: 'x' } };`,
  );
  return agentCheck(path, systemClock).run(new AbortController().signal);
}

describe('the check of an agent file', () => {
  it('is content with a model of today', async () => {
    const embedded = "stt: { provider: 'local' }, tts: { provider: 'local' }";
    expect(await check('gpt-6-luna', embedded)).toMatchObject({ status: 'ok' });
  });

  it('tells of a model that is about to be shut down, and by when', async () => {
    expect(await check('gpt-4o-mini')).toMatchObject({
      status: 'note',
      message: expect.stringMatching(/llm\.model: .*gpt-4o-mini.* 2027-01-14/),
      remedy: expect.stringContaining('gpt-6-luna'),
    });
  });

  it('names field and value of a retired one, after one request', async () => {
    const before = openai.probes;
    expect(await check('gpt-4-32k')).toMatchObject({
      status: 'problem',
      message: expect.stringMatching(/'gpt-4-32k'.*llm\.model/),
      remedy: expect.stringMatching(/llm\.model in agent-\d\.mjs/),
    });
    expect(openai.probes - before).toBe(1);
  });
});

describe('the check of an agent file that names what a vendor no longer has', () => {
  it.each<['stt' | 'tts', string, string, string]>([
    ['stt', 'model', 'nova-1-general', 'Choose a model'],
    ['tts', 'voiceId', '21m00Tcm4TlvDq8ikWAM', 'Set tts.voiceId'],
    ['tts', 'modelId', 'eleven_monolingual_v1', 'Set tts.modelId'],
  ])('names %s.%s, %s and the remedy', async (kind, field, value, remedy) => {
    const simulator =
      kind === 'stt'
        ? await startDeepgramSimulator({ apiKey: 'right-1' })
        : await startElevenLabsSimulator({ apiKey: 'right-1' });
    const vendor = { apiKey: 'right-1', baseUrl: simulator.baseUrl, [field]: value };
    const named = JSON.stringify({ provider: kind === 'stt' ? 'deepgram' : 'elevenlabs', ...vendor });
    const parts = kind === 'stt' ? `stt: ${named}, tts: voice` : `stt: ear, tts: ${named}`;
    const found = await check('gpt-6-luna', parts);
    expect(found).toMatchObject({
      status: 'problem',
      remedy: expect.stringContaining(`${kind}.${field} in agent-`),
    });
    for (const part of [`'${value}'`, `${kind}.${field}`, remedy]) expect(found.message).toContain(part);
    expect(simulator.probes).toBe(field === 'modelId' ? 2 : 1);
    await simulator.close();
  });
});

describe('the check of vendors of the user’s own', () => {
  let asked = 0;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    server = createServer(({ headers }, response) => {
      asked += 1;
      response.writeHead(headers.authorization === 'own-key-1' ? 200 : 401).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });
  beforeEach(() => {
    asked = 0;
  });

  /** An agent whose voice is its own; `members` are of that voice. */
  async function checkVoice(
    members: string,
    key: string | undefined,
    tts = 'own.config()',
    clock: Clock = systemClock,
  ): Promise<Finding> {
    const path = join(folder, `own-${files++}.mjs`);
    await writeFile(
      path,
      `import { defineAgent, defineProvider, ProviderError } from 'hzrelay';
${idleParts}
const own = defineProvider({
  kind: 'tts',
  name: 'own',
  key: {
    variable: 'OWN_API_KEY', baseUrlVariable: 'OWN_BASE_URL', page: 'https://own.example', service: '${url}',
  },
  fields: {},
  create: ({ apiKey }) => {
    const ask = async (signal) => {
      const { status } = await fetch('${url}', { headers: { authorization: apiKey }, signal });
      const details = { kind: 'tts', provider: 'own', category: 'auth' };
      if (status === 401) throw new ProviderError('The key ' + apiKey + ' was refused.', details);
    };
    return Object.freeze({
      name: 'own',
      produces: { encodings: ['linear16'], sampleRatesHz: 'any' },
      open() { throw new Error('It is not used.'); },
      ${members}
    });
  },
});
export default defineAgent({
  providers: [own], systemPrompt: 'x', stt: ear, llm: { provider: 'local' }, tts: ${tts},
});`,
    );
    const env = { OWN_API_KEY: key };
    Object.assign(process.env, key === undefined ? {} : env);
    try {
      return await agentCheck(path, clock, env).run(new AbortController().signal);
    } finally {
      delete process.env.OWN_API_KEY;
    }
  }
  const probe = 'probe: ask,';

  it('asks each once, and warms it up as a relay does', async () => {
    expect(await checkVoice(`${probe} warmUp: () => ask(),`, 'own-key-1')).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(/and its providers work\.$/),
    });
    expect(asked).toBe(2);
  });

  it.each([
    [
      'whose warm-up fails',
      `warmUp: async () => { throw new Error('oops'); },`,
      /own \(tts\) failed in warmUp\(\): .*oops/,
    ],
    [
      'whose probe throws',
      `probe: () => { throw new Error('oops'); },`,
      /own \(tts\) failed in probe\(\): .*oops/,
    ],
    [
      'that cannot be made',
      `...(() => { throw new Error('oops'); })(),`,
      /own \(tts\) cannot be made: own failed: oops$/,
    ],
    [
      'that is none',
      `name: '',`,
      /own \(tts\) cannot be made: own \(tts\): a provider of this kind is an object with .*its name is empty/,
    ],
  ])('names file, kind and vendor of one %s', async (_what, members, message) => {
    expect(await checkVoice(members, 'own-key-1')).toMatchObject({
      status: 'problem',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(/^Fix own-\d+\.mjs\.$/),
    });
  });

  it('shows the error of its own by which one refuses to be made', async () => {
    const details = "{ kind: 'tts', provider: 'own', category: 'bad_request', field: 'tts.voice' }";
    const refused = `...(() => { throw new ProviderError('It has no such voice.', ${details}); })(),`;
    expect(await checkVoice(refused, 'own-key-1')).toMatchObject({
      message: expect.stringMatching(/^own-\d+\.mjs: It has no such voice\.$/),
      remedy: expect.stringMatching(/^Change tts\.voice in own-\d+\.mjs\.$/),
    });
  });

  it.each(['', "name: 'Own Voice',"])('names the one whose probe does not end: %s', async (named) => {
    const clock = new VirtualClock();
    const members = `${named} probe: () => new Promise(() => {}),`;
    const checked = checkVoice(members, 'own-key-1', undefined, clock);
    const ended = { is: false };
    void checked.finally(() => (ended.is = true));
    while (!ended.is) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(100);
    }
    expect(await checked).toMatchObject({
      status: 'problem',
      message: expect.stringMatching(/^own-\d+\.mjs: own \(tts\) did not end its probe\(\) within 10 s\.$/),
      remedy: expect.stringContaining('OWN_BASE_URL'),
    });
  });

  it('asks those that are listed and not in use, too', async () => {
    expect(await checkVoice(probe, 'own-key-2', 'voice')).toMatchObject({
      status: 'note',
      message: expect.stringContaining('Not in use: The key [OWN_API_KEY] was refused.'),
      remedy: 'Get a key at https://own.example and set OWN_API_KEY.',
    });
    expect(asked).toBe(1);
    expect(await checkVoice(probe, undefined, 'voice')).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('not in use and need a key or a config: own (tts).'),
    });
  });

  it('says where to get a key in place of one that is refused, and never the key', async () => {
    const finding = await checkVoice(probe, 'own-key-2');
    expect(finding).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('The key [OWN_API_KEY] was refused.'),
      remedy: 'Get a key at https://own.example and set OWN_API_KEY.',
    });
    expect(asked).toBe(1);
    const inConfig = await checkVoice(probe, undefined, "own.config({ apiKey: 'own-key-3' })");
    expect(inConfig.message).toContain('The key [apiKey] was refused.');
  });

  it('passes if one provider of a list works', async () => {
    expect(await checkVoice(probe, 'own-key-2', '[own.config(), voice]')).toMatchObject({
      status: 'note',
      message: expect.stringContaining('The key [OWN_API_KEY] was refused.'),
      remedy: expect.stringContaining('The next in the list'),
    });
  });

  it('only makes those without a probe, and says so', async () => {
    expect(await checkVoice('warmUp: () => ask(),', 'own-key-1')).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('Not checked, since they have no probe(): own (tts).'),
    });
    expect(asked).toBe(1);
  });

  it('names field and variable of a key that is missing', async () => {
    expect(await checkVoice(probe, undefined)).toMatchObject({
      status: 'problem',
      message: expect.stringMatching(/tts\.apiKey: is missing\. Give it, or set OWN_API_KEY/),
    });
  });
});
