import { describe, expect, it } from '@jest/globals';
import { callWith, done, failure, lookUp, well } from '../../../test/harness/supervised-model.js';

describe('a supervised language model before the first token', () => {
  it('asks again after a delay, twice as long each time', async () => {
    const { call } = callWith(
      { one: [[failure('connection')], [failure('server')], ...well] },
      { attempts: 3, retryDelayMs: 200 },
    );
    expect(await call.ask()).toBeNull();
    expect(call.told).toEqual([
      'one connection',
      'one again 1',
      'one server',
      'one again 2',
      'one recovered',
    ]);
    expect(call.tookMs).toBe(600);
  });

  it('asks the next one where repeating does not help', async () => {
    const { call } = callWith({ one: [[failure('server')]], two: well });
    expect(await call.ask()).toBeNull();
    expect(call.text).toBe('Sure, I can book that.');
    expect(call.told).toEqual(['one server', 'one again 1', 'one server', 'one to two']);
  });

  it.each(['auth', 'bad_request', 'internal'] as const)('does not repeat after %s', async (category) => {
    const { call, models } = callWith({ one: [[failure(category)]], two: well });
    expect(await call.ask()).toBeNull();
    expect(models[0]?.requests).toHaveLength(1);
    expect(call.told).toEqual([`one ${category}`, 'one to two']);
    expect(call.tookMs).toBe(0);
  });

  it('waits as long as the provider asks to, if the budget allows it', async () => {
    const { call } = callWith({ one: [[failure('rate_limit', 2000)], ...well] });
    expect(await call.ask()).toBeNull();
    expect(call.tookMs).toBe(2000);
  });

  it('passes over a provider that asks for more than the budget', async () => {
    const { call, models } = callWith({ one: [[failure('rate_limit', 60_000)]], two: well });
    expect(await call.ask()).toBeNull();
    expect(call.tookMs).toBe(0);
    expect(models[0]?.requests).toHaveLength(1);
  });

  it('gives up on a model that does not begin, and tells it so, in favour of the next', async () => {
    const { call, models, clock } = callWith(
      { one: [[{ hangs: true }]], two: well },
      { firstResultTimeoutMs: 1500 },
    );
    expect(await call.ask()).toBeNull();
    expect(call.tookMs).toBe(1500);
    expect(call.told).toEqual(['one timeout', 'one to two']);
    expect(models[0]?.requests[0]?.signal.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives the only model a second chance, but not beyond the budget', async () => {
    const { call } = callWith({ one: [[{ hangs: true }]] }, { firstResultTimeoutMs: 1500, budgetMs: 2000 });
    expect(await call.ask()).toMatchObject({ category: 'timeout', provider: 'one' });
    expect(call.tookMs).toBe(2000);
    expect(call.told).toEqual(['one timeout', 'one again 1']);
  });

  it('lets a model take its time over a tool call that it is seen to write', async () => {
    const writing = Array.from({ length: 10 }, () => [{ afterMs: 900 }, { shows: 'answer' } as const]).flat();
    const { call } = callWith({ one: [[...writing, lookUp, done]] }, { firstResultTimeoutMs: 1000 });
    expect(await call.ask()).toBeNull();
    expect(call.events).toEqual([lookUp, done]);
  });

  it('lets keep-alives begin the wait for the first result anew, and no more', async () => {
    const alive = [{ afterMs: 900 }, { shows: 'keep_alive' } as const];
    const { call } = callWith(
      { one: [[...alive, ...alive, ...alive, { hangs: true }]] },
      { firstResultTimeoutMs: 1000, stallTimeoutMs: 300, budgetMs: 1000 },
    );
    expect(await call.ask()).toMatchObject({ category: 'timeout', provider: 'one' });
    expect(call.tookMs).toBe(3700);
    expect(call.told).toEqual([]);
  });

  it('throws the last error where all have failed, and tells of it only so', async () => {
    const { call } = callWith({ one: [[failure('auth')]], two: [[{ fails: new Error('Two broke.') }]] });
    expect(await call.ask()).toMatchObject({
      kind: 'llm',
      provider: 'two',
      category: 'internal',
      cause: new Error('Two broke.'),
    });
    expect(call.told).toEqual(['one auth', 'one to two']);
  });

  it('keeps what a provider said out of the cause', async () => {
    const { call } = callWith({ one: [[{ fails: new Error('sk-secret') }]], two: well });
    await call.ask();
    expect(call.incidents.at(1)).toMatchObject({
      type: 'failover',
      cause: 'It failed with an unexpected error.',
    });
  });

  it('tells the limit that was passed in whole milliseconds', async () => {
    const { call } = callWith({ one: [[{ hangs: true }]], two: well }, { firstResultTimeoutMs: 1827.987 });
    await call.ask();
    expect(call.incidents[0]).toMatchObject({ error: { message: expect.stringMatching(/ 1828 ms\.$/) } });
  });
});
