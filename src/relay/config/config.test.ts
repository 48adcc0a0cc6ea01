import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, type ConfigProblem } from '../../core/errors.js';
import { builtInRegistry, embedded } from '../../providers/registry.js';
import { defaultReconnectLimits } from '../../session/reconnection.js';
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
  accepts: { encodings: ['linear16', 'mulaw'], sampleRatesHz: 'any' },
  open: () => undefined,
};
const ownTts = {
  name: 'mine',
  produces: { encodings: ['linear16', 'mulaw'], sampleRatesHz: 'any' },
  open: () => undefined,
};

/** The configs of providers by name. */
function configsOf(list: readonly unknown[]): unknown[] {
  return list.map((one) => (one as { readonly config: unknown }).config);
}

function namesOf(kind: 'stt' | 'tts'): string {
  return builtInRegistry
    .ofKind(kind)
    .map(({ name }) => `'${name}'`)
    .join(', ');
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
      speculation: { maxPerTurn: 2, minStableMs: 60 },
      limits: defaultSessionLimits,
      prices: builtInRegistry.prices,
      reconnect: defaultReconnectLimits,
    });
  });

  it('puts your prices before the public lists, and refuses what is no price', () => {
    const prices = { stt: { deepgram: { perMinute: 0.004 } } };
    expect(resolveConfig({ inbound, prices }).prices[0]).toEqual(prices);
    const of = (wrong: unknown): unknown =>
      resolveConfig({ inbound, prices: wrong } as unknown as SessionConfig);
    expect(() => of({ stt: { deepgram: 0.004 } })).toThrow(/prices\.stt\.deepgram/);
    expect(() => of({ tts: { elevenlabs: {} } })).toThrow(
      /prices\.tts\.elevenlabs.*needs perThousandCharacters/,
    );
    expect(() => of({ stt: { 'deepgram/no*a': { perMinute: 1 } } })).toThrow(/not at its end/);
    expect(() => of({ llm: { openai: { inputPerMillion: -1, outputPerMillion: 1 } } })).toThrow(
      /prices\.llm\.openai\.inputPerMillion/,
    );
  });

  it('takes true, false and limits for speculation, and says what else it is not', () => {
    const of = (speculation: unknown): unknown =>
      resolveConfig({ inbound, speculation } as unknown as SessionConfig).speculation;
    expect([true, false, { maxPerTurn: 1 }].map(of)).toEqual([
      { maxPerTurn: 2, minStableMs: 60 },
      null,
      { maxPerTurn: 1, minStableMs: 60 },
    ]);
    expect(() => of('yes')).toThrow(/speculation: is neither true, false nor \{ maxPerTurn, minStableMs \}/);
    expect(() => of({ maxPerTurn: 1.5 })).toThrow(/maxPerTurn.*a whole number above 0/);
    expect(() => of({ minStableMs: 0 })).toThrow(/speculation\.minStableMs: is 0/);
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
    [{ inbound, stt: { provider: 'siri' } }, 'stt.provider', "is 'siri'.", `Use one of: ${namesOf('stt')}.`],
    [
      { inbound, tts: { provider: 'groq' } },
      'tts.provider',
      "'groq' is another kind of provider.",
      `Use one of: ${namesOf('tts')}.`,
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

  it.each(['bad name!', 'opening.hours', 'x'.repeat(65), ''])(
    'has a tool with a name that models refuse (%j)',
    (name) => {
      const tool = { description: 'Books.', parameters: z.object({}), execute: () => '' };
      expect(problems({ inbound, agent: { systemPrompt: '', tools: { [name]: tool } } })).toMatchObject([
        { problem: expect.stringContaining('letters, digits'), remedy: 'Rename it.' },
      ]);
    },
  );

  it('never shows what a long value holds: it may be a key in the wrong field', () => {
    const key = 'sk-0123456789abcdef0123456789abcdef';
    const found = problems({ inbound: { type: key }, stt: { provider: key }, limits: key });
    expect(found).toHaveLength(3);
    expect(JSON.stringify(found)).not.toContain('0123456789');
  });
});
