import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ProviderError, type ProviderErrorCategory } from '../../core/errors.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { Candidate, Probable } from './candidate.js';
import { FallbackList } from './fallback-list.js';
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

function fallbackListOf<P extends Probable>(providers: readonly P[], slaMs?: number) {
  const clock = new VirtualClock();
  const candidates = providers.map((provider): Candidate<P> => ({ provider, slaMs }));
  const fallbackList = new FallbackList(candidates, { clock, supervision: defaultSupervision });
  const [one, two] = candidates as [Candidate<P>, Candidate<P>];
  return {
    clock,
    fallbackList,
    one,
    two,
    names: () => fallbackList.toAsk().map(({ provider }) => provider.name),
  };
}

function start(slaMs?: number) {
  const providers = [new Provider('one'), new Provider('two')] as const;
  return { ...fallbackListOf(providers, slaMs), providers };
}

describe('a fallback list', () => {
  it('leaves a candidate alone for good where its config was refused, after the first time', () => {
    const { clock, fallbackList, one, names } = fallbackListOf([new Provider('one'), new Provider('two')]);
    const details = { kind: 'stt', provider: 'one', category: 'bad_request', field: 'stt.model' } as const;
    fallbackList.failed(one, new ProviderError('No such model.', details));
    clock.advance(10_000_000);
    expect(names()).toEqual(['two']);
    expect(one.provider.probes).toBe(0);
  });

  it('is in the order of its user as long as all are well', () => {
    const { names, fallbackList } = start();
    expect(names()).toEqual(['one', 'two']);
    expect(fallbackList.candidates.map(({ provider }) => provider.name)).toEqual(['one', 'two']);
  });

  it('needs a candidate', () => {
    expect(() => fallbackListOf([])).toThrow(TypeError);
  });

  it('leaves alone a candidate that failed, and takes it again when a probe succeeds', async () => {
    const { names, fallbackList, one, clock, providers } = start();
    fallbackList.failed(one, failure('server'));
    clock.advance(29_999);
    expect(names()).toEqual(['two']);
    expect(providers[0].probes).toBe(0);
    clock.advance(1);
    // The probe runs in the background: no request waits for it.
    expect(names()).toEqual(['two']);
    expect(names()).toEqual(['two']);
    expect(providers[0].probes).toBe(1);
    await providers[0].answer();
    expect(names()).toEqual(['one', 'two']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('probes it half as often each time that it is still down', async () => {
    const { names, fallbackList, one, clock, providers } = start();
    fallbackList.failed(one, failure('connection'));
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
    const { names, fallbackList, one, clock, providers } = start();
    for (let round = 0; round < 3; round++) {
      fallbackList.failed(one, failure('connection'));
      clock.advance(30_000);
      names();
      await providers[0].answer();
      fallbackList.answered(one, 100);
    }
    expect(names()).toEqual(['one', 'two']);
  });

  it('does not forget it for a probe alone', async () => {
    const { names, fallbackList, one, clock, providers } = start();
    fallbackList.failed(one, failure('connection'));
    clock.advance(30_000);
    names();
    await providers[0].answer();
    fallbackList.failed(one, failure('connection'));
    clock.advance(59_999);
    names();
    expect(providers[0].probes).toBe(1);
    clock.advance(1);
    names();
    expect(providers[0].probes).toBe(2);
  });

  it('counts an outage once, however many calls it hits', () => {
    const { names, fallbackList, one, clock, providers } = start();
    for (let call = 0; call < 50; call++) fallbackList.failed(one, failure('connection'));
    clock.advance(30_000);
    names();
    expect(providers[0].probes).toBe(1);
  });

  it('leaves a candidate alone as long as it asks to be', () => {
    const { names, fallbackList, one, clock, providers } = start();
    fallbackList.failed(one, failure('rate_limit', 100_000));
    clock.advance(99_999);
    names();
    expect(providers[0].probes).toBe(0);
    clock.advance(1);
    names();
    expect(providers[0].probes).toBe(1);
  });

  it('never asks again where the key was refused, be it by a request or by a probe', async () => {
    const { names, fallbackList, one, two, clock, providers } = start();
    fallbackList.failed(one, failure('auth'));
    fallbackList.failed(one, failure('connection'));
    fallbackList.failed(two, failure('connection'));
    clock.advance(30_000);
    expect(names()).toEqual(['two']);
    await providers[1].answer(failure('auth'));
    clock.advance(1e9);
    names();
    expect([providers[0].probes, providers[1].probes]).toEqual([0, 1]);
    // The error that tells of the wrong keys must come from one of them.
    expect(names()).toEqual(['one', 'two']);
  });

  it('asks all where none is well, and takes back the one that answers', () => {
    const { names, fallbackList, one, two } = start();
    fallbackList.failed(one, failure('server'));
    fallbackList.failed(two, failure('timeout'));
    expect(names()).toEqual(['one', 'two']);
    fallbackList.answered(two, 200);
    expect(names()).toEqual(['two']);
  });

  it('does not hold one bad request against a candidate, but several in a row', () => {
    const { names, fallbackList, one } = start();
    for (let call = 0; call < 10; call++) {
      fallbackList.failed(one, failure('bad_request'));
      fallbackList.failed(one, failure('bad_request'));
      fallbackList.answered(one, 100);
    }
    expect(names()).toEqual(['one', 'two']);
    for (let call = 0; call < 3; call++) fallbackList.failed(one, failure('bad_request'));
    expect(names()).toEqual(['two']);
  });

  it('leaves a candidate alone at once whose config was refused, since every call would ask for the same', () => {
    const { names, fallbackList, one } = start();
    const details = { kind: 'tts', provider: 'one', category: 'bad_request', field: 'tts.voiceId' } as const;
    fallbackList.failed(one, new ProviderError('No such voice.', details));
    expect(names()).toEqual(['two']);
  });

  it('takes a candidate that cannot be probed again when its time is over', () => {
    const { names, fallbackList, one, clock } = fallbackListOf([{ name: 'one' }, { name: 'two' }]);
    fallbackList.failed(one, failure('server'));
    clock.advance(30_000);
    expect(names()).toEqual(['one', 'two']);
  });

  it('gives up on a probe that takes too long, though it does not heed its signal', async () => {
    const { names, fallbackList, one, clock, providers } = start();
    fallbackList.failed(one, failure('server'));
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
    const { names, fallbackList, one, two, clock, providers } = start();
    fallbackList.failed(one, failure('server'));
    fallbackList.failed(two, failure('server'));
    clock.advance(30_000);
    names();
    fallbackList.close();
    fallbackList.close();
    await nextTurn();
    expect(providers.map(({ signals }) => signals[0]?.aborted)).toEqual([true, true]);
    expect(clock.pendingTimers).toBe(0);
    clock.advance(1e9);
    names();
    expect(providers.map(({ probes }) => probes)).toEqual([1, 1]);
  });

  it('does not know candidates of another', () => {
    expect(() => start().fallbackList.failed(start().one, failure('server'))).toThrow(TypeError);
  });
});

describe('a fallback list with latencies that its user expects', () => {
  it('changes over when a candidate was too slow three times in a row', () => {
    const { names, fallbackList, one } = start(500);
    const slow = [501, 900, 500, 501, 502].map((latencyMs) => fallbackList.answered(one, latencyMs));
    expect(slow).toEqual([false, false, false, false, false]);
    expect(fallbackList.answered(one, 503)).toBe(true);
    expect(names()).toEqual(['two']);
  });

  it('does not count answers that say nothing of the speed', () => {
    const { fallbackList, one } = start(500);
    fallbackList.answered(one, 501);
    fallbackList.answered(one, 501);
    expect(fallbackList.answered(one, null)).toBe(false);
    expect(fallbackList.answered(one, 501)).toBe(true);
  });

  it('stays with a slow candidate where no better one is left, and leaves it as soon as there is', async () => {
    const { names, fallbackList, one, two, clock, providers } = start(500);
    fallbackList.failed(two, failure('server'));
    for (let turn = 0; turn < 5; turn++) expect(fallbackList.answered(one, 800)).toBe(false);
    expect(names()).toEqual(['one']);
    clock.advance(30_000);
    names();
    await providers[1].answer();
    expect(fallbackList.answered(one, 800)).toBe(true);
    expect(names()).toEqual(['two']);
  });

  it('takes a slow candidate back by a probe', async () => {
    const { names, fallbackList, one, clock, providers } = start(500);
    for (let turn = 0; turn < 3; turn++) fallbackList.answered(one, 800);
    clock.advance(30_000);
    expect(names()).toEqual(['two']);
    await providers[0].answer();
    expect(names()).toEqual(['one', 'two']);
  });
});
