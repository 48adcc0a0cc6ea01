import { describe, expect, it } from '@jest/globals';
import { ProviderError } from '../core/errors.js';
import { ofRequest, quotableId, requestIdOf } from './request-id.js';

describe('the id of a request', () => {
  it.each<[unknown, string | undefined]>([
    ['req_9f', 'req_9f'],
    [' 3f7c-11 ', '3f7c-11'],
    ['', undefined],
    [undefined, undefined],
    [['a', 'b'], undefined],
    ['two words', undefined],
    ['a\u001b[2J', undefined],
    ['x'.repeat(129), undefined],
    ['id-of-sk-secret', undefined],
  ])('%j is read as %j', (value, id) => {
    expect(requestIdOf(value, 'sk-secret')).toBe(id);
  });

  it.each<[unknown, string | undefined]>([
    ['req_9f', 'req_9f'],
    [17, '17'],
    ['a\u001b[31m\nb', 'a[31mb'],
    ['id of sk-secret', 'id of [KEY]'],
    ['sk-\u0000secret', '[KEY]'],
    ['x'.repeat(1000), 'x'.repeat(128)],
    [`${'x'.repeat(124)}sk-secret`, `${'x'.repeat(124)}[KEY`],
    ['\u0007', undefined],
    [{ a: 1 }, undefined],
    [undefined, undefined],
  ])('of a vendor of the user’s own, %j, is quoted as %j', (value, id) => {
    expect(quotableId(value, (text) => text.replaceAll('sk-secret', '[KEY]'))).toBe(id);
  });

  it('is put on an error without changing what else it says', () => {
    const error = new ProviderError('It failed.', {
      ...{ kind: 'tts', provider: 'acme', category: 'bad_request', field: 'tts.voice', retryAfterMs: 5 },
      cause: 'why',
    });
    const { message, kind, provider, category, retryable, retryAfterMs, field, cause } = error;
    expect(ofRequest(error, 'a')).toMatchObject({
      ...{ message, kind, provider, category, retryable, retryAfterMs, field, cause },
      requestId: 'a',
    });
    expect(ofRequest(error, undefined)).toBe(error);
    expect(ofRequest(ofRequest(error, 'a'), 'b').requestId).toBe('a');
  });
});
