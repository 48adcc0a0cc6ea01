import { describe, expect, it } from '@jest/globals';
import { ConfigError, type ConfigProblem } from '../../core/errors.js';
import { defineProvider } from '../../providers/provider-definition.js';
import { resolveConfig, type SessionConfig } from './config.js';

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
  accepts: { encodings: ['linear16', 'mulaw'], sampleRatesHz: 'any' },
  open: () => undefined,
};
/** The configs of providers by name. */
function configsOf(list: readonly unknown[]): unknown[] {
  return list.map((one) => (one as { readonly config: unknown }).config);
}

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
    ['https://desk.openai.azure.com/', 'chat', 'llm.baseUrl', 'without the path of its API'],
    ['https://desk.openai.azure.us/openai', 'responses', 'llm.baseUrl', 'without the path of its API'],
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
    const late = told(() => Promise.reject(new Error(`no ${apiKey}`)) as never);
    const gave = 'its problemsOf() failed: it gave';
    expect(late).toContain(`${gave} a promise, not a list of { field, problem, remedy }.`);
    expect(told(() => ['is wrong'] as never)).toContain(`${gave} a list, not a list of {`);
    expect(thrown).toContain('its problemsOf() failed: no [apiKey].');
    expect(listed + thrown + late).not.toContain(apiKey);
  });

  it('never show a key in what is wrong with them', () => {
    const apiKey = 'sk-0123456789abcdef0123456789abcdef';
    const stt = { provider: 'deepgram', apiKey, model: 5 };
    const llm = { provider: 'openai', apiKey, api: apiKey };
    expect(problems({ inbound, stt, llm, tts: { provider: apiKey, apiKey } })).toHaveLength(3);
    expect(JSON.stringify(problems({ inbound, stt, llm }))).not.toContain(apiKey);
  });
});
