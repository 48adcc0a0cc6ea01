import { expect, it } from '@jest/globals';
import { HzRelayError, ProviderError, providerErrorOf } from './errors.js';
import { freePort } from '../../test/harness/free-port.js';

it('recognises provider errors made by another copy of the package', async () => {
  const { ProviderError: Other } = (await import(
    new URL('../../dist/core/errors.js', import.meta.url).href
  )) as { ProviderError: typeof ProviderError };
  const details = { kind: 'tts', provider: 'acme', category: 'auth' } as const;
  const other = new Other('No.', details);
  expect(Other).not.toBe(ProviderError);
  expect(other instanceof ProviderError).toBe(true);
  expect(new ProviderError('No.', details)).toBeInstanceOf(ProviderError);
  for (const value of [new HzRelayError('No.'), new Error('No.'), { ...details }, null, undefined, 'No.'])
    expect(value instanceof ProviderError).toBe(false);
  expect(JSON.stringify(other)).not.toContain('hzrelay.ProviderError');
});

it('tells why a fetch() of a provider got no response, and that it may succeed later', async () => {
  const port = await freePort();
  const thrown: unknown = await fetch(`http://127.0.0.1:${port}`).catch((reason: unknown) => reason);
  expect(providerErrorOf(thrown, 'tts', 'acme')).toMatchObject({
    category: 'connection',
    retryable: true,
    message: `acme failed: fetch failed: connect ECONNREFUSED 127.0.0.1:${port}`,
  });
});

it.each<[unknown, string, string]>([
  [new Error('fetch failed'), 'internal', 'acme failed: fetch failed'],
  [Object.assign(new Error('fetch failed'), { cause: null }), 'internal', 'acme failed: fetch failed'],
  [
    new Error('fetch failed', { cause: Object.assign(new Error(''), { code: 'ETIMEDOUT' }) }),
    'connection',
    'acme failed: fetch failed: ETIMEDOUT',
  ],
  [undefined, 'internal', 'acme failed: undefined'],
])('names what a provider threw (%s) as %s', (thrown, category, message) => {
  expect(providerErrorOf(thrown, 'llm', 'acme')).toMatchObject({ category, message });
});
