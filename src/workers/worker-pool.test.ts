import { afterEach, describe, expect, it } from '@jest/globals';
import { InvalidStateError } from '../core/errors.js';
import { WorkerPool } from './worker-pool.js';
import { WorkerCrashedError } from './worker-thread.js';

interface TestService {
  double(n: number): number;
  /** Counts this thread's calls. */
  count(by: number): number;
  thread(nothing: null): number;
  fail(message: string): never;
  crash(nothing: null): void;
  /** Never answers: holds the thread until it is terminated. */
  hang(nothing: null): void;
}

const entry = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { threadId } from 'node:worker_threads';
    import { serveWorker } from '${new URL('./serve-worker.js', import.meta.url).href}';
    let total = 0;
    serveWorker({
      double: (n) => 2 * n,
      count: (by) => (total += by),
      thread: () => threadId,
      fail: (message) => { throw new RangeError(message); },
      crash: () => process.exit(7),
      hang: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
    });
  `)}`,
);

describe('a worker pool', () => {
  const pools: WorkerPool<TestService>[] = [];
  const open = (size?: number): WorkerPool<TestService> => {
    const pool = new WorkerPool<TestService>({ name: 'test', entry, ...(size !== undefined && { size }) });
    pools.push(pool);
    return pool;
  };
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });

  it('starts threads when there is work, up to its size', async () => {
    const pool = open(2);
    expect(pool.running).toBe(0);
    await pool.run('double', 1);
    expect(pool.running).toBe(1);
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => pool.run('double', n)));
    expect(answers).toEqual([2, 4, 6, 8, 10, 12]);
    expect(pool.running).toBe(2);
  });

  it('rejects a size that is not a whole number from 1', () => {
    expect(() => open(0)).toThrow(RangeError);
    expect(() => open(1.5)).toThrow(RangeError);
  });

  it('runs tasks by priority, and equal ones in order of arrival', async () => {
    const pool = open(1);
    const order: string[] = [];
    const note = (name: string) => (): void => void order.push(name);
    await Promise.all([
      pool.run('double', 0).then(note('running')),
      pool.run('double', 1, { priority: 2 }).then(note('late')),
      pool.run('double', 2, { priority: 1 }).then(note('first')),
      pool.run('double', 3, { priority: 1 }).then(note('second')),
    ]);
    expect(order).toEqual(['running', 'first', 'second', 'late']);
  });

  it('keeps pinned calls on one thread, in order, and spreads pins over threads', async () => {
    const pool = open(2);
    const [a, b] = [pool.pin(), pool.pin()];
    expect(await Promise.all([a.call('count', 1), a.call('count', 1), a.call('count', 1)])).toEqual([
      1, 2, 3,
    ]);
    expect(await b.call('count', 10)).toBe(10);
    expect(await a.call('thread', null)).not.toBe(await b.call('thread', null));
    a.release();
    a.release();
    expect(await pool.pin().call('count', 1)).toBe(4);
  });

  it('fails only the call whose method throws', async () => {
    const pool = open(1);
    const failing = pool.run('fail', 'no such thing');
    const working = pool.run('double', 4);
    await expect(failing).rejects.toThrow('no such thing');
    expect(await working).toBe(8);
  });

  it('rejects the calls of a crashed thread and starts another thread', async () => {
    const pool = open(1);
    const pin = pool.pin();
    const running = pin.call('crash', null);
    const behind = pool.run('double', 1);
    await expect(running).rejects.toThrow(WorkerCrashedError);
    await expect(running).rejects.toThrow('The worker test-1 has crashed: it ended with code 7.');
    await expect(behind).rejects.toThrow(WorkerCrashedError);
    expect(pin.alive).toBe(false);
    await expect(pin.call('double', 1)).rejects.toThrow(WorkerCrashedError);
    expect(await pool.run('double', 21)).toBe(42);
  });

  it('removes an aborted task from the queue and drops the answer of a running one', async () => {
    const pool = open(1);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = pool.run('count', 1, { signal: running.signal });
    const second = pool.run('count', 10, { signal: waiting.signal });
    running.abort(new Error('not wanted'));
    waiting.abort(new Error('not wanted'));
    await expect(first).rejects.toThrow('not wanted');
    await expect(second).rejects.toThrow('not wanted');
    expect(await pool.run('count', 100)).toBe(101);
  });

  it('is idle when no answer is due, including those to calls that an answer caused', async () => {
    const pool = open(2);
    const answers: number[] = [];
    void pool
      .run('double', 1)
      .then((two) => pool.run('double', two))
      .then((four) => pool.run('double', four))
      .then((eight) => answers.push(eight));
    await pool.idle();
    expect(answers).toEqual([8]);
    await pool.idle();
  });

  it('terminates busy threads on close and rejects work after that', async () => {
    const pool = open(1);
    const hanging = pool.pin().call('hang', null);
    const waiting = pool.run('double', 1);
    const queued = pool.run('double', 2);
    const outcomes = Promise.allSettled([hanging, waiting, queued]);
    await pool.close();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(InvalidStateError) as unknown });
    await pool.close();
    await expect(pool.run('double', 1)).rejects.toThrow('The worker pool test is closed.');
    expect(() => pool.pin()).toThrow(InvalidStateError);
    expect(pool.running).toBe(0);
  });
});
