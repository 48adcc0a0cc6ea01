import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError } from '../../core/errors.js';
import { defineProvider } from '../../providers/provider-definition.js';
import type { SessionChange } from '../../session/session-change.js';
import type { SessionConfig } from './config.js';
import { changedConfig } from './session-change.js';

const key = 'a-key';
const voiceId = 'abcdefghijklmnopqrst';
const context = { env: {}, own: [] };
const agent = { systemPrompt: 'You answer.', greeting: 'Hello.' };
const plain: SessionConfig = {
  inbound: { type: 'twilio' },
  stt: { provider: 'local' },
  llm: { provider: 'local' },
  tts: { provider: 'local' },
  agent,
};
const cloud: SessionConfig = {
  ...plain,
  stt: { provider: 'deepgram', apiKey: key, keyterms: ['Olaf'] },
  tts: [{ provider: 'elevenlabs', apiKey: key, modelId: 'eleven_flash_v2_5' }, { provider: 'local' }],
};

const changed = (config: SessionConfig, change: SessionChange): SessionConfig =>
  changedConfig(config, change, context).config;

function problemsOf(change: unknown, config = plain): string[] {
  try {
    changedConfig(config, change as SessionChange, context);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return thrown.problems.map(({ field, problem, remedy }) => `${field}: ${problem} ${remedy}`);
  }
}

describe('the change of a session', () => {
  it('keeps all that it does not name', () => {
    expect(changed(cloud, {})).toEqual(cloud);
    expect(changed(plain, { stt: undefined, agent: { greeting: undefined } })).toEqual(plain);
  });

  it('replaces the fields of the agent that it names', () => {
    const { agent: next } = changed(plain, { agent: { systemPrompt: 'You echo.' } });
    expect(next).toEqual({ systemPrompt: 'You echo.', greeting: 'Hello.' });
  });

  it('refuses unknown fields, with a suggestion', () => {
    expect(problemsOf({ languge: 'de' })).toEqual([
      'languge: is not a field of the config. Did you mean language? Rename it, or remove it.',
    ]);
    expect(problemsOf({ agent: { promt: 'x' } })).toHaveLength(1);
    expect(problemsOf({ systemPrompt: 'x' })[0]).toContain('It belongs to an agent');
  });

  it('lists every problem, with the texts of a config', () => {
    expect(problemsOf({ language: 7, stt: { provider: 'nobody' }, llm: [], agent: { filler: 1 } })).toEqual([
      'language: is 7. Give a string.',
      'agent.filler: is 1. Give a string.',
      expect.stringContaining("stt.provider: is 'nobody'. Use one of:"),
      expect.stringContaining('llm: is an empty list.'),
    ]);
  });

  it.each([undefined, null, 'de', 7, []])('refuses %j', (change) => {
    expect(problemsOf(change)).not.toEqual([]);
  });

  it('refuses an agent for a session without one', () => {
    const { inbound, stt, llm, tts } = plain;
    const unmanaged = { inbound, stt, llm, tts } as SessionConfig;
    expect(problemsOf({ agent: { systemPrompt: 'x' } }, unmanaged)[0]).toContain('agent: cannot be changed');
    expect(problemsOf({ language: 'de' }, unmanaged)).toEqual([]);
  });
});

describe('the language of a change', () => {
  it('goes to the agent, and to each provider whose definition names a field for it, in the form that it takes', () => {
    expect(changed(cloud, { language: 'de-AT' })).toEqual({
      ...cloud,
      agent: { ...agent, language: 'de-AT' },
      stt: { provider: 'deepgram', apiKey: key, keyterms: ['Olaf'], language: 'de-AT' },
      tts: [
        { provider: 'elevenlabs', apiKey: key, modelId: 'eleven_flash_v2_5', languageCode: 'de' },
        { provider: 'local' },
      ],
    });
  });

  it.each([
    { stt: { provider: 'assemblyai', apiKey: key } },
    { stt: { provider: 'cartesia', apiKey: key } },
    { stt: { provider: 'elevenlabs', apiKey: key } },
    { stt: { provider: 'openai', apiKey: key } },
    { tts: { provider: 'cartesia', apiKey: key } },
  ] as const)('goes without its region to %j', (named) => {
    const config = changed({ ...plain, ...named }, { language: 'de-AT' });
    expect('stt' in named ? config.stt : config.tts).toMatchObject({ language: 'de' });
  });

  it('goes to a provider that the environment has chosen', () => {
    const { inbound, llm, tts } = plain;
    const unnamed = { inbound, llm, tts, agent } as SessionConfig;
    const env = { DEEPGRAM_API_KEY: key };
    const { config } = changedConfig(unnamed, { language: 'fr' }, { env, own: [] });
    expect(config.stt).toEqual({ provider: 'deepgram', language: 'fr' });
    expect(config.tts).toEqual({ provider: 'local' });
  });

  it('does not replace a language that the same change gives to a provider', () => {
    const stt = { provider: 'deepgram', apiKey: key, language: 'multi' } as const;
    expect(changed(plain, { language: 'de', stt }).stt).toEqual(stt);
    expect(changed({ ...plain, stt }, { language: 'de' }).stt).toEqual({ ...stt, language: 'de' });
  });

  it("goes to the user's own provider", () => {
    const acme = defineProvider({
      kind: 'tts',
      name: 'acme',
      fields: { tongue: z.string().optional() },
      languageField: 'tongue',
      create: () => {
        throw new Error('never made');
      },
    });
    const config = { ...plain, providers: [acme], tts: acme.config({}) };
    expect(changed(config, { language: 'de' }).tts).toEqual({ provider: 'acme', tongue: 'de' });
  });

  it('is refused where a provider does not take it', () => {
    const flux = { ...plain, stt: { provider: 'deepgram', apiKey: key, model: 'flux-general-en' } } as const;
    expect(problemsOf({ language: 'de' }, flux)[0]).toContain('stt.language');
  });

  it('must be a field of the definition', () => {
    const parts = { kind: 'tts', name: 'acme', fields: {}, languageField: 'tongue' } as const;
    expect(() => defineProvider({ ...parts, create: () => null as never })).toThrow(TypeError);
  });
});

describe('the voice of a change', () => {
  it('is one of the same provider, which keeps its other fields', () => {
    expect(changed(cloud, { voice: voiceId }).tts).toEqual([
      { provider: 'elevenlabs', apiKey: key, modelId: 'eleven_flash_v2_5', voiceId },
      { provider: 'local' },
    ]);
  });

  it('is one of the provider that has it, with the fields that a fallback of it has', () => {
    expect(changed(cloud, { voice: 'rms' }).tts).toEqual({ provider: 'local', voice: 'rms' });
    expect(problemsOf({ voice: voiceId })[0]).toContain('tts.apiKey: is missing');
  });

  it('has no effect beside tts, as in an agent', () => {
    const tts = { provider: 'local', voice: 'slt' } as const;
    expect(changed(cloud, { voice: 'rms', tts }).tts).toEqual(tts);
  });
});
