/**
 * A bounded set of worker threads for work that would block the main thread. There are two kinds of work: tasks wait in
 * one queue for a free worker; pins stay with one worker, which holds their state.
 */
import { availableParallelism } from 'node:os';
import type { Transferable } from 'node:worker_threads';
import { InvalidStateError } from '../core/errors.js';
import { WorkerThread } from './worker-thread.js';
import type { Argument, Reply, WorkerService } from './worker-messages.js';

export interface WorkerPoolOptions {
  /** The pool's name in thread names and errors. */
  readonly name: string;
  /** The file that the threads run. It calls `serveWorker`. */
  readonly entry: URL;
  /**
   * Maximum number of threads. A thread starts when work needs it and stays.
   * @default two, or one on a machine with a single core
   */
  readonly size?: number;
}

export interface TaskOptions {
  /** Smaller runs first; equal ones run in order of arrival. @default 0 */
  readonly priority?: number;
  /** Aborting removes the task from the queue; if it already runs, its answer is dropped. */
  readonly signal?: AbortSignal;
}

/** A place on one worker, for calls that need state from earlier calls. The caller of `pin()` releases it. */
export interface PinnedWorker<S extends WorkerService<S>> {
  /** False once the worker has crashed or the pool was closed: its state is gone, and calls reject. */
  readonly alive: boolean;
  /**
   * Sends the call at once; calls on one pin start in order. Rejects with what the method threw or with a
   * WorkerCrashedError.
   */
  call<K extends keyof S>(
    method: K,
    argument: Argument<S, K>,
    transfer?: readonly Transferable[],
  ): Promise<Reply<S, K>>;
  /** Gives the place back. Idempotent. */
  release(): void;
}

interface Slot<S extends WorkerService<S>> {
  readonly thread: WorkerThread<S>;
  pins: number;
  runsTask: boolean;
}

interface Task<S extends WorkerService<S>> {
  readonly priority: number;
  readonly reject: (error: Error) => void;
  readonly start: (thread: WorkerThread<S>) => Promise<void>;
}

/** A pool of worker threads. The constructor starts none; `close()` terminates all. */
export class WorkerPool<S extends WorkerService<S>> {
  readonly size: number;
  readonly #name: string;
  readonly #entry: URL;
  readonly #slots: Slot<S>[] = [];
  readonly #queue: Task<S>[] = [];
  #waitingForIdle: (() => void)[] = [];
  #started = 0;
  #closed = false;

  constructor({ name, entry, size = Math.min(2, availableParallelism()) }: WorkerPoolOptions) {
    if (!Number.isInteger(size) || size < 1)
      throw new RangeError(`The size of a worker pool must be a whole number from 1, not ${size}.`);
    this.#name = name;
    this.#entry = entry;
    this.size = size;
  }

  /** Number of running threads. */
  get running(): number {
    return this.#slots.length;
  }

  /**
   * Calls a method on the next worker that has no task. Rejects with what the method threw, with a WorkerCrashedError,
   * with the signal's reason, or with an InvalidStateError after `close()`.
   */
  run<K extends keyof S>(
    method: K,
    argument: Argument<S, K>,
    { priority = 0, signal }: TaskOptions = {},
  ): Promise<Reply<S, K>> {
    if (this.#closed) return Promise.reject(this.#closedError());
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#queue.indexOf(task);
        if (index >= 0) this.#queue.splice(index, 1);
        reject(signal?.reason as Error);
        this.#checkIdle();
      };
      const task: Task<S> = {
        priority,
        reject,
        start: (thread) =>
          thread
            .call(method, argument)
            .then(resolve, reject)
            .finally(() => signal?.removeEventListener('abort', onAbort)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const behind = this.#queue.findIndex((other) => other.priority > priority);
      this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, task);
      this.#pump();
    });
  }

  /** Starts all workers and calls a method on each, for example to load data before it is needed. */
  async runOnEach<K extends keyof S>(method: K, argument: Argument<S, K>): Promise<Reply<S, K>[]> {
    if (this.#closed) throw this.#closedError();
    while (this.#slots.length < this.size) this.#startThread();
    return Promise.all(this.#slots.map(({ thread }) => thread.call(method, argument)));
  }

  /** Pins a place on the worker with the fewest pins. Throws an InvalidStateError after `close()`. */
  pin(): PinnedWorker<S> {
    if (this.#closed) throw this.#closedError();
    const slot = this.#leastLoaded(this.#slots);
    slot.pins++;
    let released = false;
    return {
      get alive() {
        return slot.thread.alive;
      },
      call: (method, argument, transfer) => slot.thread.call(method, argument, transfer),
      release: () => {
        if (!released) slot.pins--;
        released = true;
      },
    };
  }

  /** Resolves when no task waits and no call is unanswered, including calls that an answer caused. */
  async idle(): Promise<void> {
    // An answer's handlers run in microtasks and may make new calls: check again after them.
    for (let quiet = false; !quiet; quiet = !this.#busy) {
      if (this.#busy) await new Promise<void>((resolve) => this.#waitingForIdle.push(resolve));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Terminates all threads; waiting tasks and unanswered calls reject. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#queue.splice(0)) task.reject(this.#closedError());
    await Promise.all([...this.#slots].map(({ thread }) => thread.terminate(this.#closedError())));
  }

  get #busy(): boolean {
    return this.#queue.length > 0 || this.#slots.some(({ thread }) => thread.unanswered > 0);
  }

  #pump(): void {
    while (this.#queue.length > 0 && !this.#closed) {
      if (this.#slots.length === this.size && this.#slots.every(({ runsTask }) => runsTask)) return;
      const slot = this.#leastLoaded(this.#slots.filter(({ runsTask }) => !runsTask));
      const task = this.#queue.shift();
      slot.runsTask = true;
      void task?.start(slot.thread).then(() => {
        slot.runsTask = false;
        this.#pump();
      });
    }
  }

  /** The slot with the least load; a new one if all have load and the pool may grow. */
  #leastLoaded(slots: readonly Slot<S>[]): Slot<S> {
    const [least] = [...slots].sort((a, b) => load(a) - load(b));
    const mayStart = this.#slots.length < this.size;
    return least && (load(least) === 0 || !mayStart) ? least : this.#startThread();
  }

  #startThread(): Slot<S> {
    const name = `${this.#name}-${++this.#started}`;
    const slot: Slot<S> = {
      thread: new WorkerThread<S>(name, this.#entry, () => {
        const index = this.#slots.indexOf(slot);
        if (!slot.thread.alive && index >= 0) this.#slots.splice(index, 1);
        this.#checkIdle();
      }),
      pins: 0,
      runsTask: false,
    };
    this.#slots.push(slot);
    return slot;
  }

  #checkIdle(): void {
    if (this.#busy) return;
    const waiting = this.#waitingForIdle;
    this.#waitingForIdle = [];
    for (const resolve of waiting) resolve();
  }

  #closedError(): InvalidStateError {
    return new InvalidStateError(`The worker pool ${this.#name} is closed.`);
  }
}

/** A worker's load: its pins, its unanswered calls and its task. */
function load<S extends WorkerService<S>>({ pins, thread, runsTask }: Slot<S>): number {
  return pins + thread.unanswered + (runsTask ? 1 : 0);
}
