import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineProvider, type AnyDefinition, type VoiceNames } from '../../providers/provider-definition.js';
import { configForCall, resolveConfig, type ResolvedConfig } from './config.js';
import { defineAgent } from './define-agent.js';

describe('the voice of an agent', () => {
  const resolve = (voice: string, env = {}): ResolvedConfig =>
    resolveConfig(configForCall(defineAgent({ systemPrompt: 'A desk.', voice }), 'twilio'), env);

  it.each(['nope', 'SLT', 'slt2', 'harmony'])(
    'that is unknown, %s, is refused, and the embedded ones are listed',
    (voice) => {
      expect(() => resolve(voice)).toThrow(
        new RegExp(
          `'${voice}' is not an embedded voice.*'slt', 'rms', 'awb', 'kal', 'kal16'.*ELEVENLABS_API_KEY`,
          's',
        ),
      );
    },
  );

  it('is an embedded one by its name, and one of the vendor with a key', () => {
    expect(resolve('kal').tts).toMatchObject([{ config: { provider: 'local', voice: 'kal' } }]);
    const env = { ELEVENLABS_API_KEY: 'key' };
    expect(resolve('nope', env).tts).toMatchObject([{ config: { provider: 'elevenlabs', voiceId: 'nope' } }]);
  });

  describe('of a provider of the user’s own', () => {
    const own = (voice: VoiceNames): AnyDefinition =>
      defineProvider({
        kind: 'tts',
        name: 'acme',
        key: {
          variable: 'ACME_API_KEY',
          baseUrlVariable: 'ACME_URL',
          page: 'https://x',
          service: 'https://x',
        },
        fields: { voice: z.string().optional() },
        voice,
        create: () => null as never,
      });
    const providerOf = (voice: string, names: Omit<VoiceNames, 'field'>): unknown => {
      const providers = [own({ field: 'voice', ...names })];
      const session = defineAgent({ systemPrompt: 'A desk.', voice, providers });
      const env = { ACME_API_KEY: 'ak', ELEVENLABS_API_KEY: 'el' };
      const [tts] = resolveConfig(configForCall(session, 'twilio'), env).tts;
      return tts && 'config' in tts && tts.config.provider;
    };
    const isId = (text: string): boolean => text.startsWith('v_');

    it.each([
      ['ann', { names: ['ann'] }, 'acme'],
      ['bob', { names: ['ann'] }, 'elevenlabs'],
      ['v_1', { isId }, 'acme'],
      ['bob', { isId }, 'elevenlabs'],
      ['bob', {}, 'acme'],
      ['rms', {}, 'local'],
    ])('%s, of %j, is found', (voice, names, expected) => {
      expect(providerOf(voice, names)).toBe(expected);
    });

    it('lacks a key, not a voice, where it is one of its names', () => {
      const providers = [own({ field: 'voice', names: ['ann'] })];
      const session = defineAgent({ systemPrompt: 'A desk.', voice: 'ann', providers });
      expect(() => resolveConfig(configForCall(session, 'twilio'), {})).toThrow(
        /tts\.apiKey: is missing\. Give it, or set ACME_API_KEY/,
      );
    });
  });

  it('that is an id of the vendor lacks its key', () => {
    expect(() => resolve('JBFqnCBsd6RMkjVDRZzb')).toThrow(
      /tts\.apiKey: is missing\. Give it, or set ELEVENLABS/,
    );
  });
});
