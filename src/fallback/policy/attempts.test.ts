import { describe, expect, it } from '@jest/globals';
import { ProviderError, type ProviderErrorCategory } from '../../core/errors.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { Attempts } from './attempts.js';
import { FallbackList } from './fallback-list.js';
import { defaultSupervision, type Supervision } from './supervision.js';

function failure(category: ProviderErrorCategory, retryAfterMs?: number): ProviderError {
  const details = { kind: 'tts', provider: 'any', category } as const;
  return new ProviderError('No.', { ...details, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

function start(names: readonly string[], options: Partial<Supervision> = {}) {
  const clock = new VirtualClock();
  const supervision = { ...defaultSupervision, ...options };
  const candidates = names.map((name) => ({ provider: { name } }));
  const fallbackList = new FallbackList(candidates, { clock, supervision });
  const begin = () => new Attempts(fallbackList, { clock, supervision, random: () => 0.5 });
  /** What follows a failure, in short. */
  const after = (attempts: Attempts<{ readonly name: string }>, error: ProviderError): string | null => {
    const next = attempts.after(error);
    return next && `${next.candidate.provider.name} ${next.repetition} in ${next.waitMs}`;
  };
  return { clock, fallbackList, candidates, begin, after };
}

describe('the attempts of one request', () => {
  it('are repeated with growing waits, then made with the next candidate', () => {
    const { begin, after } = start(['one', 'two'], { attempts: 3, retryDelayMs: 100 });
    const attempts = begin();
    expect(attempts.candidate.provider.name).toBe('one');
    expect(after(attempts, failure('server'))).toBe('one 1 in 100');
    expect(after(attempts, failure('connection'))).toBe('one 2 in 200');
    expect(after(attempts, failure('server'))).toBe('two 0 in 0');
    expect(attempts.candidate.provider.name).toBe('two');
    expect(after(attempts, failure('internal'))).toBeNull();
  });

  it('are not repeated where repeating does not help', () => {
    const { begin, after } = start(['one', 'two', 'three']);
    const attempts = begin();
    expect(after(attempts, failure('auth'))).toBe('two 0 in 0');
    expect(after(attempts, failure('bad_request'))).toBe('three 0 in 0');
  });

  it('are repeated after a time limit only where no other candidate is left', () => {
    const { begin, after } = start(['one', 'two']);
    const attempts = begin();
    expect(after(attempts, failure('timeout'))).toBe('two 0 in 0');
    expect(after(attempts, failure('timeout'))).toBe('two 1 in 150');
  });

  it('wait as long as they are asked to, within the budget', () => {
    const { begin, after, clock } = start(['one', 'two'], { budgetMs: 3000, attempts: 3 });
    const attempts = begin();
    expect(after(attempts, failure('rate_limit', 2000))).toBe('one 1 in 2000');
    clock.advance(2000);
    expect(after(attempts, failure('rate_limit', 2000))).toBe('two 0 in 0');
  });

  it('have the whole budget again when something new has come', () => {
    const { begin, after, clock } = start(['one'], { budgetMs: 1000 });
    const attempts = begin();
    clock.advance(5000);
    attempts.progressed();
    expect(after(attempts, failure('server'))).toBe('one 1 in 150');
  });

  it('give a repetition no more time than the budget has left', () => {
    const { begin, after, clock } = start(['one'], { budgetMs: 5000, firstResultTimeoutMs: 4000 });
    const attempts = begin();
    expect(attempts.firstResultTimeoutMs).toBe(4000);
    clock.advance(4000);
    after(attempts, failure('timeout'));
    clock.advance(150);
    expect(attempts.firstResultTimeoutMs).toBe(850);
  });

  it('are made with a candidate that is left alone where the others have failed, but not twice', () => {
    const { begin, after, fallbackList, candidates } = start(['one', 'two']);
    fallbackList.failed(candidates[0]!, failure('server'));
    const attempts = begin();
    expect(attempts.candidate.provider.name).toBe('two');
    expect(after(attempts, failure('internal'))).toBe('one 0 in 0');
    expect(after(attempts, failure('internal'))).toBeNull();
  });

  it('are never made with a candidate whose key was refused, as long as there is another', () => {
    const { begin, after, fallbackList, candidates } = start(['one', 'two']);
    fallbackList.failed(candidates[0]!, failure('auth'));
    const attempts = begin();
    expect(after(attempts, failure('internal'))).toBeNull();
  });
});
