import { describe, expect, it } from '@jest/globals';
import { AnswerError } from './answer-error.js';
import { Refusal } from './error-body.js';
import { googleError } from './google-errors.js';

const apiKey = 'gm-secret-12345678';
const context = { provider: 'google', apiKey, model: 'gemini-9-tiny' };

/** An error of Google's, as its APIs write it. */
function body(code: number, status: string, message: string, details: readonly object[] = []): object {
  return { error: { code, message, status, details } };
}

function errorOf(status: number, sent: unknown, headerMs?: number): ReturnType<typeof googleError> {
  return googleError(Refusal.of(status, sent, headerMs), context);
}

const invalidKey = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];
const retryInfo = (retryDelay: string): object => ({
  '@type': 'type.googleapis.com/google.rpc.RetryInfo',
  retryDelay,
});
const quota = (quotaId: string): object => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId }],
});

describe('an error of the Gemini API', () => {
  it.each<[string, number, unknown, object]>([
    [
      'an invalid key',
      400,
      body(400, 'INVALID_ARGUMENT', 'API key not valid.', invalidKey),
      { category: 'auth' },
    ],
    [
      'an invalid key without details',
      400,
      body(400, 'INVALID_ARGUMENT', 'API key not valid.'),
      { category: 'auth' },
    ],
    [
      'an expired key',
      400,
      body(400, 'INVALID_ARGUMENT', 'API key expired. Please renew.'),
      { category: 'auth' },
    ],
    ['a refused token', 401, body(401, 'UNAUTHENTICATED', 'Bad credentials.'), { category: 'auth' }],
    ['a leaked key', 403, body(403, 'PERMISSION_DENIED', 'Reported as leaked.'), { category: 'auth' }],
    ['no credit', 402, body(402, 'UNKNOWN', 'Payment required.'), { category: 'auth' }],
    ['a bad request', 400, body(400, 'INVALID_ARGUMENT', 'Bad field.'), { category: 'bad_request' }],
    ['a wrong place', 400, body(400, 'FAILED_PRECONDITION', 'User location.'), { category: 'bad_request' }],
    [
      'a rate limit',
      429,
      body(429, 'RESOURCE_EXHAUSTED', 'Slow down.', [retryInfo('34.4s')]),
      { category: 'rate_limit', retryAfterMs: 34_400, retryable: true },
    ],
    [
      'a rate limit in a list',
      429,
      [body(429, 'RESOURCE_EXHAUSTED', 'Slow down.', [retryInfo('12s')])],
      { category: 'rate_limit', retryAfterMs: 12_000 },
    ],
    [
      'the quota of a day',
      429,
      body(429, 'RESOURCE_EXHAUSTED', 'Quota.', [quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier')]),
      { category: 'rate_limit', retryable: false },
    ],
    [
      'used up credits',
      429,
      body(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'),
      { category: 'rate_limit', retryable: false },
    ],
    ['an internal error', 500, body(500, 'INTERNAL', 'Oops.'), { category: 'server', retryable: true }],
    ['an overload', 503, body(503, 'UNAVAILABLE', 'The model is overloaded.'), { category: 'server' }],
    ['a proxy without a word', 502, '', { category: 'server' }],
  ])('has its category: %s', (_what, status, sent, expected) => {
    expect(errorOf(status, sent)).toMatchObject({ kind: 'llm', provider: 'google', ...expected });
  });

  it('names the variable for a refused key, and never the key', () => {
    const error = errorOf(400, body(400, 'INVALID_ARGUMENT', `API key not valid: ${apiKey}`, invalidKey));
    expect(error.message).toBe(
      'The API key for google was refused (HTTP 400): API key not valid: [key]. Check GEMINI_API_KEY, or the apiKey in the config.',
    );
    expect(String(error.cause)).not.toContain(apiKey);
  });

  it('names what looks like any key of Google only as a key', () => {
    const error = errorOf(500, `AIzaSyA1234567890 and AQ.Ab8RN6abcdefgh`);
    expect(error.message).toBe('The language model google failed: [key] and [key]');
  });

  it('names the field and another model for an unknown one', () => {
    const error = errorOf(404, body(404, 'NOT_FOUND', 'models/gemini-9-tiny is not found'));
    expect(error).toMatchObject({ category: 'bad_request', field: 'llm.model' });
    expect(error.message).toContain("'gemini-3.5-flash-lite'");
  });

  it('suspects the address if a 404 is not from Google', () => {
    const error = errorOf(404, '<!doctype html><title>Not here</title>');
    expect(error.field).toBeUndefined();
    expect(error.message).toBe('The language model google failed: Not here. Check the base URL.');
  });

  it('takes the wait from a header if the body has none', () => {
    expect(errorOf(429, '', 2000).retryAfterMs).toBe(2000);
    expect(errorOf(503, body(503, 'UNAVAILABLE', 'x', [retryInfo('soon')])).retryAfterMs).toBeUndefined();
  });

  it('is judged by its code within a stream', () => {
    const error = googleError(Refusal.of(null, body(429, 'RESOURCE_EXHAUSTED', 'Later.')), context);
    expect(error.category).toBe('rate_limit');
  });

  it('shows why a connection failed, and keeps the category of an incomplete answer', () => {
    const thrown = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    expect(googleError(thrown, context)).toMatchObject({
      category: 'connection',
      message: 'The connection to google failed: fetch failed: connect ECONNREFUSED',
    });
    expect(googleError(new AnswerError('Late.', 'timeout'), context).category).toBe('timeout');
  });
});
