import { defaultReconnectLimits } from '../../session/reconnection.js';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, type ConfigProblem } from '../../core/errors.js';
import { defineProvider } from '../../providers/provider-definition.js';
import { embedded } from '../../providers/registry.js';
import { defaultApology, defaultSessionLimits, resolveConfig, type SessionConfig } from './config.js';

const inbound = { type: 'twilio' } as const;

/** What is wrong with something that a JavaScript user might write. */
function problems(config: unknown): readonly ConfigProblem[] {
  try {
    resolveConfig(config as SessionConfig);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  return [];
}

const ownStt = {
  name: 'mine',
  accepts: { encodings: ['mulaw'], sampleRatesHz: 'any' },
  open: () => undefined,
};
const ownTts = {
  name: 'mine',
  produces: { encodings: ['mulaw'], sampleRatesHz: 'any' },
  open: () => undefined,
};

/** The configs of providers by name. */
function configsOf(list: readonly unknown[]): unknown[] {
  return list.map((one) => (one as { readonly config: unknown }).config);
}

describe('a config', () => {
  it('needs nothing but how the caller comes in', () => {
    expect(resolveConfig({ inbound })).toEqual({
      type: 'twilio',
      stt: [{ definition: embedded.stt, config: { provider: 'local' } }],
      llm: [{ definition: embedded.llm, config: { provider: 'local' } }],
      tts: [{ definition: embedded.tts, config: { provider: 'local' } }],
      supervision: {},
      agent: null,
      apologyVoice: { definition: embedded.tts, config: { provider: 'local' } },
      turnTaking: {},
      limits: defaultSessionLimits,
      reconnect: defaultReconnectLimits,
    });
  });

  it('takes what is given and fills in the rest; undefined is as good as left out', () => {
    const config = resolveConfig({
      inbound,
      outbound: { type: 'twilio' },
      tts: { provider: 'local', voice: 'rms' },
      agent: { systemPrompt: 'You are a desk.', greeting: undefined },
      turnTaking: { endSilenceMs: 300, bargeInWords: undefined },
      limits: { idleTimeoutMs: 5000 },
    } as unknown as SessionConfig);
    expect(configsOf(config.tts)).toEqual([{ provider: 'local', voice: 'rms' }]);
    expect(config.agent).toEqual({
      systemPrompt: 'You are a desk.',
      greeting: '',
      language: 'en',
      tools: {},
      apology: defaultApology,
      afterFailure: null,
      filler: 'One moment, please.',
      fillerAfterMs: 1500,
      reasoningEvents: false,
    });
    expect(config.turnTaking).toEqual({ endSilenceMs: 300 });
    expect(config.limits).toEqual({ ...defaultSessionLimits, idleTimeoutMs: 5000 });
    expect(resolveConfig({ inbound, reconnect: { windowMs: 5000 } }).reconnect).toEqual({
      windowMs: 5000,
      maxTimes: 20,
    });
    expect(resolveConfig({ inbound, reconnect: false }).reconnect.windowMs).toBe(0);
  });

  it("takes the user's own objects and functions as they are", () => {
    const llm = (): string => 'Hello.';
    class Tool {
      readonly description = 'Finds a slot.';
      readonly parameters = z.object({});
      readonly slots = ['ten'];
      execute(): string {
        return this.slots.join();
      }
    }
    const tool = new Tool();
    const config = resolveConfig({
      inbound,
      stt: ownStt,
      llm,
      tts: ownTts,
      agent: { systemPrompt: '', tools: { find_slot: tool } },
    } as unknown as SessionConfig);
    expect(config).toMatchObject({ stt: [ownStt], llm: [llm], tts: [ownTts] });
    expect(config.agent?.tools.find_slot).toBe(tool);
  });
});

describe('the providers of a config', () => {
  const env = {
    DEEPGRAM_API_KEY: 'dg',
    OPENAI_API_KEY: 'oai',
    ELEVENLABS_API_KEY: 'el',
    OPENAI_BASE_URL: 'http://localhost:11434/v1',
  };

  it('are embedded where nothing is said and no key is there, else the vendor’s', () => {
    const local = { config: { provider: 'local' } };
    expect(resolveConfig({ inbound }, { DEEPGRAM_API_KEY: '' })).toMatchObject({
      stt: [local],
      llm: [local],
      tts: [local],
    });
    expect(resolveConfig({ inbound }, env)).toMatchObject({
      stt: [{ config: { provider: 'deepgram', apiKey: 'dg' } }],
      llm: [{ config: { provider: 'openai', apiKey: 'oai', baseUrl: 'http://localhost:11434/v1' } }],
      tts: [{ config: { provider: 'elevenlabs', apiKey: 'el' } }],
    });
  });

  it('take key and address from the config before the environment', () => {
    const stt = { provider: 'deepgram', apiKey: 'mine', baseUrl: 'https://api.eu.deepgram.com' } as const;
    const llm = { provider: 'openai', apiKey: undefined, model: 'gpt-4o' } as const;
    const config = resolveConfig({ inbound, stt, llm, tts: { provider: 'local' } }, env);
    expect(configsOf(config.stt)).toEqual([stt]);
    expect(configsOf(config.llm)).toEqual([
      { provider: 'openai', apiKey: 'oai', model: 'gpt-4o', baseUrl: 'http://localhost:11434/v1' },
    ]);
    expect(configsOf(config.tts)).toEqual([{ provider: 'local' }]);
  });

  const azure = 'https://desk.openai.azure.com/openai/deployments/desk';

  it.each([
    ['localhost:11434/v1', 'chat', 'llm.baseUrl', 'is not an address'],
    [azure, 'chat', 'llm.baseUrl', 'without an api-version'],
    [`${azure}/chat/completions?api-version=2024-10-21`, 'responses', 'llm.baseUrl', 'no Responses API'],
  ] as const)('say what is wrong with %s (%s)', (baseUrl, api, field, problem) => {
    const resolve = (): unknown => resolveConfig({ inbound, llm: { provider: 'openai', baseUrl, api } }, env);
    expect(resolve).toThrow(`${field}: `);
    expect(resolve).toThrow(problem);
  });

  it('may be a deployment at Azure, its query included', () => {
    const baseUrl = `${azure}?api-version=2024-10-21`;
    const { llm } = resolveConfig({ inbound, llm: { provider: 'openai', baseUrl } }, env);
    expect(llm).toMatchObject([{ config: { baseUrl } }]);
  });

  it('may have an address with the scheme of a socket', () => {
    const { stt } = resolveConfig(
      { inbound },
      { DEEPGRAM_API_KEY: 'dg', DEEPGRAM_BASE_URL: 'wss://eu.example.com' },
    );
    expect(stt).toMatchObject([{ config: { baseUrl: 'https://eu.example.com' } }]);
  });

  it('may be a fallback list, named and of your own, each with the latency that is expected of it', () => {
    const config = resolveConfig(
      {
        inbound,
        stt: [{ provider: 'deepgram', slaMs: 600 }, ownStt, { provider: 'local' }],
      } as unknown as SessionConfig,
      env,
    );
    expect(config.stt).toMatchObject([
      { config: { provider: 'deepgram', apiKey: 'dg' }, slaMs: 600 },
      ownStt,
      { config: { provider: 'local' } },
    ]);
  });

  it.each([
    ['an empty list', [], /llm: is an empty list/],
    ['a hole', [{ provider: 'local' }, undefined], /llm\[1\]: is neither/],
    [
      'another kind',
      [{ provider: 'local' }, { provider: 'deepgram' }],
      /llm\[1\]\.provider: 'deepgram' is another/,
    ],
    ['an SLA that is no time', [{ provider: 'openai', slaMs: 0 }], /llm\[0\]\.slaMs/],
  ])('are told by their place in the list: %s', (_what, llm, problem) => {
    expect(() => resolveConfig({ inbound, llm } as unknown as SessionConfig, env)).toThrow(problem);
  });

  it('are told what a model may be, and where its contract stands', () => {
    const told = (config: object): string => JSON.stringify(problems({ inbound, ...config }));
    expect(told({ llm: 5 })).toContain(
      'is neither a provider by name nor a function or an object that meets the contract.',
    );
    expect(told({ llm: 5 })).toContain('({ messages }) => text');
    expect(told({ llm: 5 })).toContain('docs/add-a-vendor.md');
    expect(told({ stt: 5 })).toContain('is neither a provider by name nor an object');
    expect(told({ stt: 5 })).not.toContain('function');
  });

  it('of one’s own never show a key in what their definition finds wrong', () => {
    const apiKey = 'sk-0123456789abcdef';
    const key = {
      variable: 'A',
      baseUrlVariable: 'B',
      page: 'https://a.example',
      service: 'https://a.example',
    };
    const told = (problemsOf: () => readonly ConfigProblem[]): string => {
      const own = defineProvider({
        ...{ kind: 'llm', name: 'own', key, fields: {}, problemsOf },
        create: () => ({ name: 'own', generate: () => (async function* () {})() }),
      });
      return JSON.stringify(problems({ inbound, providers: [own], llm: { provider: 'own', apiKey } }));
    };
    const listed = told(() => [{ field: 'apiKey', problem: `is ${apiKey}.`, remedy: `Renew ${apiKey}.` }]);
    expect(listed).toContain('llm.apiKey');
    expect(listed).toContain('is [apiKey].');
    const thrown = told(() => {
      throw new Error(`no ${apiKey}`);
    });
    expect(thrown).toContain('its problemsOf() failed: no [apiKey].');
    expect(listed + thrown).not.toContain(apiKey);
  });

  it('never show a key in what is wrong with them', () => {
    const apiKey = 'sk-0123456789abcdef0123456789abcdef';
    const stt = { provider: 'deepgram', apiKey, model: 5 };
    const llm = { provider: 'openai', apiKey, api: apiKey };
    expect(problems({ inbound, stt, llm, tts: { provider: apiKey, apiKey } })).toHaveLength(3);
    expect(JSON.stringify(problems({ inbound, stt, llm }))).not.toContain(apiKey);
  });
});

describe('a config that cannot be used', () => {
  it('is one error that lists every problem by field, with the remedy', () => {
    const config = {
      inbound: { type: 'twilio' },
      outbound: { type: 'webrtc' },
      stt: { provider: 'siri' },
      tts: { provider: 'local', voice: 'alice' },
      agent: { systemprompt: 'x', tools: { book: { description: '', parameters: {}, execute: 'x' } } },
      turnTaking: { endSilenceMs: '180', bargeInWords: 0 },
      limits: { maxDurationMs: 1e12 },
      voice: 'slt',
    };
    const found = problems(config);
    expect(found.map(({ field }) => field).sort()).toEqual([
      'agent.systemPrompt',
      'agent.systemprompt',
      'agent.tools.book.description',
      'agent.tools.book.execute',
      'agent.tools.book.parameters',
      'limits.maxDurationMs',
      'outbound.type',
      'stt.provider',
      'tts.voice',
      'turnTaking.bargeInWords',
      'turnTaking.endSilenceMs',
      'voice',
    ]);
    for (const { problem, remedy } of found) {
      expect(problem).toMatch(/^[a-z].*\.$/);
      expect(remedy).toMatch(/^[A-Z].*\.$/);
    }
    expect(() => resolveConfig(config as unknown as SessionConfig)).toThrow(
      /^The config has 12 problems:\n {2}agent\.systemPrompt: is missing\. Give a string\.\n/,
    );
  });

  it.each([
    [undefined, 'config', 'is missing.', 'Give an object.'],
    [null, 'config', 'is null.', 'Give an object.'],
    ['twilio', 'config', "is 'twilio'.", 'Give an object.'],
    [{}, 'inbound', 'is missing.', 'Give an object.'],
    [{ inbound: {} }, 'inbound.type', 'is missing.', "Use one of: 'twilio', 'webrtc'."],
    [{ inbound: { type: 'sip' } }, 'inbound.type', "is 'sip'.", "Use one of: 'twilio', 'webrtc'."],
    [
      { inbound, turntaking: {} },
      'turntaking',
      'is not a field of the config.',
      'Did you mean turnTaking? Rename it, or remove it.',
    ],
    [
      { inbound, turnTaking: { endSilence: 1 } },
      'turnTaking.endSilence',
      'is not a field of the config.',
      'Did you mean endSilenceMs? Rename it, or remove it.',
    ],
    [
      { inbound, limits: { idleTimeoutMs: 0 } },
      'limits.idleTimeoutMs',
      'is 0.',
      'Give a number of more than 0.',
    ],
    [
      { inbound, limits: { maxDurationMs: Infinity } },
      'limits.maxDurationMs',
      'is Infinity.',
      'Give a number.',
    ],
    [
      { inbound, turnTaking: { bargeInWords: 1.5 } },
      'turnTaking.bargeInWords',
      'is 1.5.',
      'Give a whole number.',
    ],
    [
      { inbound, turnTaking: { backchannels: 'mhm' } },
      'turnTaking.backchannels',
      "is 'mhm'.",
      'Give a list.',
    ],
    [
      { inbound, stt: { provider: 'local', grammar: '' } },
      'stt.grammar',
      'is empty.',
      'Write it, or leave the field out.',
    ],
    [
      { inbound, stt: { provider: 'siri' } },
      'stt.provider',
      "is 'siri'.",
      "Use one of: 'local', 'deepgram'.",
    ],
    [
      { inbound, tts: { provider: 'openai' } },
      'tts.provider',
      "'openai' is another kind of provider.",
      "Use one of: 'local', 'elevenlabs'.",
    ],
    [
      { inbound, llm: { provider: 'openai', apiKey: undefined } },
      'llm.apiKey',
      'is missing.',
      "Give it, or set OPENAI_API_KEY. Without a key there is { provider: 'local' }.",
    ],
    [
      { inbound, stt: { provider: 'deepgram', apiKey: 'x', utteranceEndMs: 500 } },
      'stt.utteranceEndMs',
      'is 500, which Deepgram refuses.',
      'Write a whole number from 1000 to 60000, for example 1000.',
    ],
    [
      { inbound, stt: { provider: 'deepgram', apiKey: 'x', endpointingMs: 250.5 } },
      'stt.endpointingMs',
      'is 250.5, which Deepgram refuses.',
      'Write a whole number from 1 to 60000, for example 251.',
    ],
    [
      { inbound, stt: [{ provider: 'deepgram', apiKey: 'x', model: 'nova-2', keyterms: ['Acme'] }] },
      'stt[0].keyterms',
      "are given, but 'nova-2' takes none.",
      "Use model 'nova-3' or a Flux model, or leave keyterms out.",
    ],
    [
      { inbound, stt: { provider: 'deepgram', apiKey: 'x', model: 'flux-general-en', language: 'de' } },
      'stt.language',
      "is 'de', but 'flux-general-en' takes no language.",
      "Use model 'flux-general-multi', or leave language out.",
    ],
    [
      { inbound, tts: { provider: 'elevenlabs', apiKey: 'x', voice: 'slt' } },
      'tts.voice',
      'is not a field of the config.',
      'Did you mean voiceId? Rename it, or remove it.',
    ],
    [
      { inbound, tts: { provider: 'elevenlabs', apiKey: 'x', modelId: 'eleven_v3' } },
      'tts.modelId',
      "'eleven_v3' is not offered over WebSockets.",
      "Set connection: 'http', which is slower, or use 'eleven_flash_v2_5'.",
    ],
    [
      {
        inbound,
        tts: [
          { provider: 'local' },
          { provider: 'elevenlabs', apiKey: 'x', modelId: 'eleven_v3', connection: 'websocket' },
        ],
      },
      'tts[1].modelId',
      "'eleven_v3' is not offered over WebSockets.",
      "Set connection: 'http', which is slower, or use 'eleven_flash_v2_5'.",
    ],
    [
      { inbound, llm: { provider: 'local', model: 'x' } },
      'llm.model',
      'is not a field of the config.',
      'Remove it, or check its spelling.',
    ],
  ])('%j: %s %s %s', (config, field, problem, remedy) => {
    expect(problems(config)).toEqual([{ field, problem, remedy }]);
  });

  it('may speak with the third generation of ElevenLabs over HTTP', () => {
    const tts = { provider: 'elevenlabs', apiKey: 'x', modelId: 'eleven_v3', connection: 'http' };
    expect(problems({ inbound, tts })).toEqual([]);
  });

  it('has a caller who comes in one way and is answered another, also where something else is wrong', () => {
    const mixed = { inbound, outbound: { type: 'webrtc' } };
    expect(problems(mixed)).toEqual([
      {
        field: 'outbound.type',
        problem: "is 'webrtc', but inbound.type is 'twilio'.",
        remedy: 'A call has one transport: leave outbound out, or give both the same type.',
      },
    ]);
    expect(problems({ ...mixed, limits: 5 }).map(({ field }) => field)).toEqual(['limits', 'outbound.type']);
  });

  it.each([
    ['stt', ownTts],
    ['stt', { ...ownStt, name: undefined }],
    ['tts', ownStt],
    ['tts', 'local'],
    ['tts', null],
    ['tts', () => 'Hello.'],
    ['llm', { name: 'mine' }],
  ])('has an object as %s that does not meet its contract: %j', (field, value) => {
    expect(problems({ inbound, [field]: value })).toMatchObject([{ field }]);
  });

  it('has a tool whose arguments no model could write', () => {
    const tool = { description: 'Books.', parameters: z.object({ at: z.date() }), execute: () => '' };
    expect(problems({ inbound, agent: { systemPrompt: '', tools: { book: tool } } })).toMatchObject([
      { field: 'agent.tools.book.parameters', problem: expect.stringContaining('JSON') },
    ]);
  });

  it('never shows what a long value holds: it may be a key in the wrong field', () => {
    const key = 'sk-0123456789abcdef0123456789abcdef';
    const found = problems({ inbound: { type: key }, stt: { provider: key }, limits: key });
    expect(found).toHaveLength(3);
    expect(JSON.stringify(found)).not.toContain('0123456789');
  });
});
