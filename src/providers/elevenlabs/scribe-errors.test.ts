import { describe, expect, it } from '@jest/globals';
import { scribeConnectionError } from './scribe-errors.js';

const asked = { apiKey: 'el-very-secret-key', model: 'scribe_v2_realtime', language: undefined };

describe('a close of Scribe with 1008', () => {
  it.each([
    ['rate_limit_exceeded: wait', 'rate_limit', true],
    ['too_many_concurrent_requests', 'rate_limit', true],
    ['system_busy', 'server', true],
    ['input_timeout_exceeded', 'connection', true],
    ['something_new', 'bad_request', false],
  ])('and %s is of category %s', (reason, category, retryable) => {
    const error = scribeConnectionError({ type: 'close', code: 1008, reason }, asked);
    expect(error).toMatchObject({ category, retryable });
    expect(error.message).toContain(reason);
  });
});
