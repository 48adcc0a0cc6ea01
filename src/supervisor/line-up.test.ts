import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ProviderError, type ProviderErrorCategory } from '../errors.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { LineUp, type Member, type Probable } from './line-up.js';
import { defaultSupervision } from './supervision.js';

/** A provider whose probes end when the test says so. */
class Provider implements Probable {
  readonly name: string;
  readonly signals: AbortSignal[] = [];
  #settle: ((failure: Error | null) => void) | null = null;

  constructor(name: string) {
    this.name = name;
  }

  get probes(): number {
    return this.signals.length;
  }

  probe(signal: AbortSignal): Promise<void> {
    this.signals.push(signal);
    return new Promise((resolve, reject) => {
      this.#settle = (failure) => (failure ? reject(failure) : resolve());
    });
  }

  /** Ends the probe that is under way. */
  async answer(failure: Error | null = null): Promise<void> {
    this.#settle?.(failure);
    await nextTurn();
  }
}

function failure(category: ProviderErrorCategory, retryAfterMs?: number): ProviderError {
  return new ProviderError('No.', {
    kind: 'llm',
    provider: 'one',
    category,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function lineUpOf<P extends Probable>(providers: readonly P[], slaMs?: number) {
  const clock = new VirtualClock();
  const members = providers.map((provider): Member<P> => ({ provider, slaMs }));
  const lineUp = new LineUp(members, { clock, supervision: defaultSupervision });
  const [one, two] = members as [Member<P>, Member<P>];
  return { clock, lineUp, one, two, names: () => lineUp.candidates().map(({ provider }) => provider.name) };
}

function start(slaMs?: number) {
  const providers = [new Provider('one'), new Provider('two')] as const;
  return { ...lineUpOf(providers, slaMs), providers };
}

describe('a line-up', () => {
  it('is in the order of its user as long as all are well', () => {
    const { names, lineUp } = start();
    expect(names()).toEqual(['one', 'two']);
    expect(lineUp.members.map(({ provider }) => provider.name)).toEqual(['one', 'two']);
  });

  it('needs somebody in it', () => {
    expect(() => lineUpOf([])).toThrow(TypeError);
  });

  it('leaves alone a member that failed, and takes it again when a probe succeeds', async () => {
    const { names, lineUp, one, clock, providers } = start();
    lineUp.failed(one, failure('server'));
    clock.advance(29_999);
    expect(names()).toEqual(['two']);
    expect(providers[0].probes).toBe(0);
    clock.advance(1);
    // The probe runs in the background: nobody waits for it.
    expect(names()).toEqual(['two']);
    expect(names()).toEqual(['two']);
    expect(providers[0].probes).toBe(1);
    await providers[0].answer();
    expect(names()).toEqual(['one', 'two']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('probes it half as often each time that it is still down', async () => {
    const { names, lineUp, one, clock, providers } = start();
    lineUp.failed(one, failure('connection'));
    let atMs = 0;
    for (const waitMs of [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]) {
      const before = providers[0].probes;
      clock.advance(waitMs - 1);
      names();
      expect(providers[0].probes).toBe(before);
      clock.advance(1);
      names();
      expect(providers[0].probes).toBe(before + 1);
      await providers[0].answer(failure('connection'));
      atMs += waitMs;
    }
    expect(clock.nowMs()).toBe(atMs);
  });

  it('forgets how long it was down once it does its work', async () => {
    const { names, lineUp, one, clock, providers } = start();
    for (let round = 0; round < 3; round++) {
      lineUp.failed(one, failure('connection'));
      clock.advance(30_000);
      names();
      await providers[0].answer();
      lineUp.answered(one, 100);
    }
    expect(names()).toEqual(['one', 'two']);
  });

  it('does not forget it for a probe alone', async () => {
    const { names, lineUp, one, clock, providers } = start();
    lineUp.failed(one, failure('connection'));
    clock.advance(30_000);
    names();
    await providers[0].answer();
    lineUp.failed(one, failure('connection'));
    clock.advance(59_999);
    names();
    expect(providers[0].probes).toBe(1);
    clock.advance(1);
    names();
    expect(providers[0].probes).toBe(2);
  });

  it('counts an outage once, however many calls it hits', () => {
    const { names, lineUp, one, clock, providers } = start();
    for (let call = 0; call < 50; call++) lineUp.failed(one, failure('connection'));
    clock.advance(30_000);
    names();
    expect(providers[0].probes).toBe(1);
  });

  it('leaves a member alone as long as it asks to be', () => {
    const { names, lineUp, one, clock, providers } = start();
    lineUp.failed(one, failure('rate_limit', 100_000));
    clock.advance(99_999);
    names();
    expect(providers[0].probes).toBe(0);
    clock.advance(1);
    names();
    expect(providers[0].probes).toBe(1);
  });

  it('never asks again where the key was refused, be it by a request or by a probe', async () => {
    const { names, lineUp, one, two, clock, providers } = start();
    lineUp.failed(one, failure('auth'));
    lineUp.failed(one, failure('connection'));
    lineUp.failed(two, failure('connection'));
    clock.advance(30_000);
    expect(names()).toEqual(['two']);
    await providers[1].answer(failure('auth'));
    clock.advance(1e9);
    names();
    expect([providers[0].probes, providers[1].probes]).toEqual([0, 1]);
    // Somebody has to say that the keys are wrong.
    expect(names()).toEqual(['one', 'two']);
  });

  it('asks all where none is well, and takes back whoever answers', () => {
    const { names, lineUp, one, two } = start();
    lineUp.failed(one, failure('server'));
    lineUp.failed(two, failure('timeout'));
    expect(names()).toEqual(['one', 'two']);
    lineUp.answered(two, 200);
    expect(names()).toEqual(['two']);
  });

  it('does not hold one bad request against a member, but several in a row', () => {
    const { names, lineUp, one } = start();
    for (let call = 0; call < 10; call++) {
      lineUp.failed(one, failure('bad_request'));
      lineUp.failed(one, failure('bad_request'));
      lineUp.answered(one, 100);
    }
    expect(names()).toEqual(['one', 'two']);
    for (let call = 0; call < 3; call++) lineUp.failed(one, failure('bad_request'));
    expect(names()).toEqual(['two']);
  });

  it('takes a member that cannot be probed again when its time is over', () => {
    const { names, lineUp, one, clock } = lineUpOf([{ name: 'one' }, { name: 'two' }]);
    lineUp.failed(one, failure('server'));
    clock.advance(30_000);
    expect(names()).toEqual(['one', 'two']);
  });

  it('gives up on a probe that takes too long, though it does not heed its signal', async () => {
    const { names, lineUp, one, clock, providers } = start();
    lineUp.failed(one, failure('server'));
    clock.advance(30_000);
    names();
    clock.advance(5000);
    await nextTurn();
    expect(providers[0].signals[0]?.aborted).toBe(true);
    clock.advance(60_000);
    names();
    expect(providers[0].probes).toBe(2);
  });

  it('leaves nothing running when it is closed, and starts nothing', async () => {
    const { names, lineUp, one, two, clock, providers } = start();
    lineUp.failed(one, failure('server'));
    lineUp.failed(two, failure('server'));
    clock.advance(30_000);
    names();
    lineUp.close();
    lineUp.close();
    await nextTurn();
    expect(providers.map(({ signals }) => signals[0]?.aborted)).toEqual([true, true]);
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1e9);
    names();
    expect(providers.map(({ probes }) => probes)).toEqual([1, 1]);
  });

  it('does not know members of another', () => {
    expect(() => start().lineUp.failed(start().one, failure('server'))).toThrow(TypeError);
  });
});

describe('a line-up with latencies that its user expects', () => {
  it('changes over when a member was too slow three times in a row', () => {
    const { names, lineUp, one } = start(500);
    const slow = [501, 900, 500, 501, 502].map((latencyMs) => lineUp.answered(one, latencyMs));
    expect(slow).toEqual([false, false, false, false, false]);
    expect(lineUp.answered(one, 503)).toBe(true);
    expect(names()).toEqual(['two']);
  });

  it('does not count answers that say nothing of the speed', () => {
    const { lineUp, one } = start(500);
    lineUp.answered(one, 501);
    lineUp.answered(one, 501);
    expect(lineUp.answered(one, null)).toBe(false);
    expect(lineUp.answered(one, 501)).toBe(true);
  });

  it('stays with a slow member where nobody better is left, and leaves it as soon as there is', async () => {
    const { names, lineUp, one, two, clock, providers } = start(500);
    lineUp.failed(two, failure('server'));
    for (let turn = 0; turn < 5; turn++) expect(lineUp.answered(one, 800)).toBe(false);
    expect(names()).toEqual(['one']);
    clock.advance(30_000);
    names();
    await providers[1].answer();
    expect(lineUp.answered(one, 800)).toBe(true);
    expect(names()).toEqual(['two']);
  });

  it('takes a slow member back by a probe', async () => {
    const { names, lineUp, one, clock, providers } = start(500);
    for (let turn = 0; turn < 3; turn++) lineUp.answered(one, 800);
    clock.advance(30_000);
    expect(names()).toEqual(['two']);
    await providers[0].answer();
    expect(names()).toEqual(['one', 'two']);
  });
});
