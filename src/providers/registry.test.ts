import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { systemClock } from '../core/clock.js';
import { configForCall, resolveConfig, type SessionConfig } from '../relay/config/config.js';
import { Providers } from '../relay/compose.js';
import { summariseConfig } from '../relay/recording/config-summary.js';
import { defineProvider } from './provider-definition.js';
import { builtInRegistry, ProviderRegistry } from './registry.js';
import type { TextToSpeech } from './text-to-speech.js';

const made: object[] = [];

const acme = defineProvider({
  kind: 'tts',
  name: 'acme',
  key: {
    variable: 'ACME_API_KEY',
    baseUrlVariable: 'ACME_BASE_URL',
    page: 'https://acme.example/keys',
    service: 'https://api.acme.example',
  },
  fields: { voice: z.string().optional(), pitch: z.number().max(2).optional() },
  recordable: ['voice'],
  problemsOf: ({ voice }) =>
    voice === 'gone' ? [{ field: 'voice', problem: "'gone' is gone.", remedy: "Use 'ann'." }] : [],
  create: (config): TextToSpeech => {
    made.push(config);
    return {
      name: 'acme',
      produces: { encodings: ['linear16'], sampleRatesHz: 'any' },
      open: () => {
        throw new Error('It is not used.');
      },
    };
  },
});

const session = (tts: unknown): SessionConfig =>
  configForCall({ providers: [acme], tts: tts as SessionConfig['tts'] }, 'twilio');

describe('a provider of the user’s own', () => {
  it('is named in a config, with its key from the environment, and made once for all sessions alike', () => {
    const env = { ACME_API_KEY: 'ak', ACME_BASE_URL: 'ws://localhost:1' };
    const config = resolveConfig(session(acme.config({ voice: 'ann', slaMs: 400 })), env);
    const providers = new Providers(systemClock);
    providers.parts(config, '1');
    providers.parts(config, '2');
    expect(made).toEqual([{ voice: 'ann', apiKey: 'ak', baseUrl: 'http://localhost:1' }]);
  });

  it('has its fields checked, its own rules too, and names are suggested', () => {
    const problem =
      (tts: object): (() => unknown) =>
      () =>
        resolveConfig(session(tts), { ACME_API_KEY: 'ak' });
    expect(problem({ provider: 'acme', voise: 'ann' })).toThrow(
      'tts.voise: is not a field of the config. Did you mean voice?',
    );
    expect(problem({ provider: 'acme', pitch: 3 })).toThrow('tts.pitch: is 3. Give a number of at most 2.');
    expect(problem({ provider: 'acme', voice: 'gone' })).toThrow("tts.voice: 'gone' is gone. Use 'ann'.");
    expect(problem({ provider: 'akme' })).toThrow("Use one of: 'local', 'elevenlabs', 'cartesia', 'acme'.");
    expect(() => resolveConfig(session(acme.config()), {})).toThrow(
      'tts.apiKey: is missing. Give it, or set ACME_API_KEY.',
    );
  });

  it('is made with the defaults of its schemas, and its rules see them, also where it needs no key', () => {
    const configs: object[] = [];
    const bell = defineProvider({
      kind: 'tts',
      name: 'bell',
      fields: { pitch: z.number().default(440), voice: z.string().optional() },
      problemsOf: ({ pitch }) =>
        pitch > 4000 ? [{ field: 'pitch', problem: 'is too high.', remedy: 'Lower it.' }] : [],
      create: ({ pitch, voice }): TextToSpeech => {
        configs.push({ pitch, voice });
        return acme.create({}, { clock: systemClock });
      },
    });
    const config = (tts: object): SessionConfig =>
      configForCall({ providers: [bell], tts: tts as SessionConfig['tts'] }, 'twilio');
    new Providers(systemClock).parts(resolveConfig(config(bell.config({ voice: 'low' })), {}), '1');
    expect(configs).toEqual([{ pitch: 440, voice: 'low' }]);
    expect(() => resolveConfig(config(bell.config({ pitch: 5000 })), {})).toThrow('tts.pitch: is too high.');
  });

  it('is another where a function or an object of its config is another', () => {
    const bell = defineProvider({
      kind: 'tts',
      name: 'bell',
      fields: { onUse: z.custom<() => void>(), agent: z.custom<object>() },
      create: () => ({ ...acme.create({}, { clock: systemClock }) }),
    });
    const providers = new Providers(systemClock);
    const voiceOf = (onUse: () => void, agent: object): unknown =>
      providers.parts(resolveConfig({ ...session(bell.config({ onUse, agent })), providers: [bell] }, {}), '')
        .tts;
    const [first, second] = [(): void => undefined, (): void => undefined];
    const [one, other] = [new Map(), new Map()];
    expect(voiceOf(first, one)).toBe(voiceOf(first, one));
    expect(voiceOf(first, one)).not.toBe(voiceOf(second, one));
    expect(voiceOf(first, one)).not.toBe(voiceOf(first, other));
  });

  it('is the choice of configs that name none, before the built-in ones, where it says so', () => {
    const key = { ...acme.key!, isDefault: true };
    const own = defineProvider({ kind: 'tts', name: 'own', key, fields: {}, create: () => null as never });
    const config = configForCall({ providers: [own] }, 'twilio');
    const env = { ACME_API_KEY: 'ak', ELEVENLABS_API_KEY: 'el' };
    expect(resolveConfig(config, env).tts).toMatchObject([{ config: { provider: 'own' } }]);
    expect(resolveConfig(config, { ELEVENLABS_API_KEY: 'el' }).tts).toMatchObject([
      { config: { provider: 'elevenlabs' } },
    ]);
  });

  it('keeps all but its harmless fields out of recordings', () => {
    const config = resolveConfig(session({ provider: 'acme', apiKey: 'secret', voice: 'ann', pitch: 1 }), {});
    expect(summariseConfig(config)).toMatchObject({ tts: [{ provider: 'acme', voice: 'ann' }] });
    expect(JSON.stringify(summariseConfig(config))).not.toMatch(/secret|pitch/);
  });

  it('needs a name that is free, and a definition that can be used', () => {
    expect(() => new ProviderRegistry([acme, { ...acme }])).toThrow("two providers named 'acme' for tts");
    expect(() => resolveConfig({ ...session(acme.config()), providers: [{} as never] }, {})).toThrow(
      'providers: contains something that is not a definition. Make each with defineProvider().',
    );
    expect(() =>
      defineProvider({ ...acme, fields: {}, name: 'Acme Inc', create: () => null as never }),
    ).toThrow(TypeError);
  });

  const parts = { kind: 'llm', name: 'own', fields: {}, create: () => null as never } as const;
  it.each<[string, object, RegExp]>([
    ['no fields', { fields: undefined }, /own has no fields: write \{\}/],
    ['a field that is no schema', { fields: { model: String } }, /a schema of zod 4 for its field model/],
    ['a field that is there already', { fields: { apiKey: z.string() } }, /has its apiKey already/],
    ['a key that may be recorded', { key: acme.key, recordable: ['apiKey'] }, /no field "apiKey" of its own/],
    ['a voice of no field', { kind: 'tts', voice: { field: 'voice' } }, /no field "voice" of its own/],
    ['half a key', { key: { variable: 'OWN_API_KEY' } }, /lacks: baseUrlVariable, page, service/],
  ])('cannot be defined with %s', (_what, wrong, expected) => {
    expect(() => defineProvider({ ...parts, ...wrong })).toThrow(expected);
  });
});

describe('the built-in providers', () => {
  it('let a recording keep fields of their own schemas only, and never a key', () => {
    for (const { schema, recordable } of builtInRegistry.all) {
      expect(Object.keys(schema.shape)).toEqual(expect.arrayContaining([...recordable]));
      for (const field of ['apiKey', 'baseUrl', 'parameters']) expect(recordable).not.toContain(field);
    }
  });

  it('are in the manual, with their variables', async () => {
    const page = (name: string) => readFile(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
    const manual = `${await page('providers')}${await page('configuration')}`;
    for (const { name, key } of builtInRegistry.all) {
      expect(manual).toContain(name);
      if (key) expect(manual).toContain(key.variable);
      if (key) expect(manual).toContain(key.baseUrlVariable);
    }
  });
});
