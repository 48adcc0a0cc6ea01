import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { ProviderError, type ProviderErrorCategory } from '../../core/errors.js';
import { Vendor } from './vendor.js';

const vendor = new Vendor('stt', 'acme', (text) => text.replaceAll('sk-secret', '[KEY]'));
const details = { kind: 'stt', provider: 'acme', category: 'rate_limit' } as const;

describe('the errors of a vendor', () => {
  it('are its own where they tell no secret', () => {
    const error = new ProviderError('Busy.', { ...details, requestId: 'req_9', cause: new Error('why') });
    expect(vendor.errorOf(error)).toBe(error);
  });

  it('keep what they say, without secrets', () => {
    const given = {
      ...details,
      retryable: false,
      retryAfterMs: 5,
      field: 'stt.model',
      requestId: 'id-sk-secret',
    };
    const error = vendor.errorOf(new ProviderError('No: sk-secret', given));
    expect(error).toMatchObject({ ...given, message: 'No: [KEY]', requestId: 'id-[KEY]' });
    expect(inspect(error)).not.toContain('sk-secret');
  });

  it('lose a cause that holds a secret, however deep', () => {
    const cause = Object.assign(new Error('401'), { config: { headers: { authorization: 'sk-secret' } } });
    const error = vendor.errorOf(new ProviderError('No.', { ...details, cause }));
    expect(error.cause).toMatchObject({ message: '401' });
    expect(inspect(error, { depth: 9 })).not.toContain('sk-secret');
  });

  it('quote an id that can be quoted', () => {
    const given = { ...details, requestId: `\u001b[31m${'x'.repeat(1000)}` };
    expect(vendor.errorOf(new ProviderError('No.', given)).requestId).toBe(`[31m${'x'.repeat(124)}`);
  });

  it.each<[string, object]>([
    ['audio', { body: new Int16Array(480_000) }],
    ['a long list', { body: Array.from({ length: 1000 }, () => ({})) }],
    ['a long text', { body: 'a'.repeat(100_000) }],
  ])('lose a cause that is too long to be searched: %s', (_, held) => {
    const cause = Object.assign(new Error('why'), held);
    const error = vendor.errorOf(new ProviderError('No.', { ...details, cause }));
    expect(error).toMatchObject({ ...details, message: 'No.', cause: { message: 'why' } });
    expect(error.cause).not.toHaveProperty('body');
  });

  it('have every field that the contract names, whatever they were given', () => {
    const given = {
      ...{ kind: undefined, provider: undefined, category: 'auth' },
      ...{ retryable: 'yes', retryAfterMs: 'soon', field: 5, requestId: {} },
    };
    const error = vendor.errorOf(new ProviderError('No.', given as unknown as typeof details));
    expect(error).toMatchObject({
      ...{ kind: 'stt', provider: 'acme', category: 'auth', retryable: false },
      ...{ retryAfterMs: undefined, field: undefined, requestId: undefined },
    });
  });

  it('tell no secret as the name of a provider', () => {
    const error = vendor.errorOf(new ProviderError('No.', { ...details, provider: 'acme of sk-secret' }));
    expect(error.provider).toBe('acme of [KEY]');
  });

  it.each<[string, unknown]>([
    ['has no prototype', Object.create(null)],
    [
      'throws where it is read',
      {
        get message() {
          throw new Error('trap');
        },
      },
    ],
  ])('are made of a thing that %s', (_, thrown) => {
    expect(vendor.errorOf(thrown).message).toBe('acme failed: It gave no reason.');
  });

  it.each<[unknown, string]>([
    [new Error('no sk-secret'), 'acme failed: no [KEY]'],
    ['no sk-secret', 'acme failed: no [KEY]'],
    [{ message: 'no sk-secret' }, 'acme failed: no [KEY]'],
    [{}, 'acme failed: It gave no reason.'],
    [undefined, 'acme (stt): failed with undefined in place of an error.'],
    [null, 'acme (stt): failed with null in place of an error.'],
  ])('are made of whatever it throws: %j', (thrown, message) => {
    const error = vendor.errorOf(thrown);
    expect(error).toMatchObject({ kind: 'stt', provider: 'acme', category: 'internal' });
    expect(error.message).toContain(message);
    expect(inspect(error)).not.toContain('sk-secret');
  });

  it('are internal where their category is unknown', () => {
    const category = 'odd' as ProviderErrorCategory;
    expect(vendor.errorOf(new ProviderError('No.', { ...details, category }))).toMatchObject({
      category: 'internal',
      retryable: false,
    });
  });
});
