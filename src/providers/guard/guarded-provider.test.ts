import { describe, expect, it } from '@jest/globals';
import { ProviderError } from '../../core/errors.js';
import type { LanguageModel } from '../language-model.js';
import type { SpeechToText } from '../speech-to-text.js';
import { guardedProvider } from './guarded-provider.js';

const redact = (text: string): string => text.replaceAll('sk-secret', '[KEY]');
const accepts = { encodings: ['linear16'], sampleRatesHz: 'any' } as const;
const open = (): never => {
  throw new Error('It is not used.');
};

describe('a provider of the user’s own', () => {
  it.each<[string, () => unknown, string]>([
    ['a promise', () => Promise.resolve({ name: 'acme', accepts, open }), 'this is a promise.'],
    ['nothing', () => undefined, 'this is undefined.'],
    ['one without a name', () => ({ accepts, open }), 'its name is undefined.'],
    ['one without its method', () => ({ name: 'acme', accepts }), 'its open is undefined.'],
    ['one without formats', () => ({ name: 'acme', accepts: null, open }), 'its accepts must be {'],
    [
      'one with no rates',
      () => ({ name: 'acme', accepts: { encodings: ['linear16'] }, open }),
      'its accepts',
    ],
    [
      'one that takes mulaw only, which no browser sends',
      () => ({ name: 'acme', accepts: { encodings: ['mulaw'], sampleRatesHz: [8000] }, open }),
      "its accepts must be { encodings: ['linear16'",
    ],
  ])('is not %s', (_, make, problem) => {
    const guard = (): unknown => guardedProvider('stt', make as () => SpeechToText, { name: 'acme', redact });
    expect(guard).toThrow(ProviderError);
    expect(guard).toThrow(
      `acme (stt): a provider of this kind is an object with name, accepts, open(); ${problem}`,
    );
  });

  it('may fail to be made, without its secret', () => {
    const make = (): never => {
      throw new Error('no sk-secret');
    };
    expect(() => guardedProvider('llm', make, { name: 'acme', redact })).toThrow('acme failed: no [KEY]');
  });

  it('has the members that it has, with its own `this`', async () => {
    class Acme implements LanguageModel {
      readonly name = 'acme';
      readonly model = 'large';
      readonly firstTokenTimeoutMs = 7;
      readonly #key = 'sk-secret';
      warmUp = (): Promise<void> => Promise.reject(new Error(`warm ${this.#key}`));
      probe(): Promise<void> {
        const details = { kind: 'llm', provider: 'acme', category: 'auth', requestId: this.#key } as const;
        return Promise.reject(new ProviderError(`probe ${this.#key}`, details));
      }
      async *generate(): AsyncGenerator<never> {
        yield* await Promise.resolve([]);
      }
    }
    const guarded = guardedProvider('llm', () => new Acme(), { name: 'own', redact });
    expect(guarded).toMatchObject({ name: 'acme', model: 'large', firstTokenTimeoutMs: 7 });
    expect(guarded).not.toHaveProperty('close');
    expect(guarded).not.toHaveProperty('preconnect');
    await expect(guarded.warmUp?.()).rejects.toMatchObject({ message: 'acme failed: warm [KEY]' });
    const { signal } = new AbortController();
    await expect(guarded.probe?.(signal)).rejects.toMatchObject({
      ...{ message: 'probe [KEY]', category: 'auth', requestId: '[KEY]' },
    });
  });

  it('gives notices without secrets, and none where it resolves with something else', async () => {
    const notice = { field: 'llm.model', message: 'sk-secret is old.', remedy: 'Renew it.' };
    const withNotices = (notices: unknown): LanguageModel =>
      guardedProvider(
        'llm',
        () => ({ name: 'acme', generate: open, warmUp: () => Promise.resolve(notices as []) }),
        { name: 'acme', redact },
      );
    expect(await withNotices([notice, null]).warmUp?.()).toEqual([{ ...notice, message: '[KEY] is old.' }]);
    expect(await withNotices('ready').warmUp?.()).toEqual([]);
  });
});
