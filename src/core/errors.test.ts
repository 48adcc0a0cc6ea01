import { expect, it } from '@jest/globals';
import { HzRelayError, ProviderError } from './errors.js';

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
