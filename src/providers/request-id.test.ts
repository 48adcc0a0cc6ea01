import { describe, expect, it } from '@jest/globals';
import { ProviderError } from '../core/errors.js';
import { ofRequest, requestIdOf } from './request-id.js';

describe('the id of a request', () => {
  it.each<[unknown, string | undefined]>([
    ['req_9f', 'req_9f'],
    [' 3f7c-11 ', '3f7c-11'],
    ['', undefined],
    [undefined, undefined],
    [['a', 'b'], undefined],
    ['two words', undefined],
    ['a\u001b[2J', undefined],
    ['x'.repeat(201), undefined],
    ['id-of-sk-secret', undefined],
  ])('%j is read as %j', (value, id) => {
    expect(requestIdOf(value, 'sk-secret')).toBe(id);
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
