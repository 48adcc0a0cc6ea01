import { Worker, type Transferable } from 'node:worker_threads';
import { HzRelayError } from '../core/errors.js';
import type { Argument, Reply, WorkerAnswer, WorkerRequest, WorkerService } from './worker-messages.js';

/** A worker thread crashed. The pool starts another one when work needs it. */
export class WorkerCrashedError extends HzRelayError {}

interface PendingCall {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** One worker thread and its unanswered calls. It keeps the process alive only while a call is unanswered. */
export class WorkerThread<S extends WorkerService<S>> {
  readonly #name: string;
  readonly #worker: Worker;
  readonly #pending = new Map<number, PendingCall>();
  readonly #onSettled: () => void;
  #nextId = 0;
  #endedBy: Error | undefined;

  /** Starts the thread. Calls `onSettled` after each answer and after the thread's end. */
  constructor(name: string, entry: URL, onSettled: () => void) {
    this.#name = name;
    this.#onSettled = onSettled;
    // Do not pass on the main thread's flags, for example a test runner's.
    this.#worker = new Worker(entry, { name, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (answer: WorkerAnswer) => this.#settle(answer));
    this.#worker.on('error', (cause) => this.#end(this.#crashed(cause.message, cause)));
    this.#worker.on('messageerror', (cause) => this.#end(this.#crashed(cause.message, cause)));
    this.#worker.on('exit', (code) => this.#end(this.#crashed(`it ended with code ${code}`)));
  }

  /** Number of unanswered calls. */
  get unanswered(): number {
    return this.#pending.size;
  }

  get alive(): boolean {
    return this.#endedBy === undefined;
  }

  /** Rejects with what the method threw, with a WorkerCrashedError, or with the reason given to `terminate`. */
  call<K extends keyof S>(
    method: K,
    argument: Argument<S, K>,
    transfer: readonly Transferable[] = [],
  ): Promise<Reply<S, K>> {
    if (this.#endedBy) return Promise.reject(this.#endedBy);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#pending.size === 0) this.#worker.ref();
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, argument } satisfies WorkerRequest, transfer);
    });
  }

  /** Stops the thread, even in the middle of a call; unanswered calls reject with `reason`. Idempotent. */
  async terminate(reason: Error): Promise<void> {
    this.#end(reason);
    await this.#worker.terminate();
  }

  #settle(answer: WorkerAnswer): void {
    const call = this.#pending.get(answer.id);
    if (!call) return;
    this.#pending.delete(answer.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if ('error' in answer) {
      const error = new HzRelayError(answer.error.message);
      if (answer.error.stack !== undefined) error.stack = answer.error.stack;
      call.reject(error);
    } else {
      call.resolve(answer.value as never);
    }
    this.#onSettled();
  }

  #end(reason: Error): void {
    if (this.#endedBy) return;
    this.#endedBy = reason;
    this.#worker.unref();
    const calls = [...this.#pending.values()];
    this.#pending.clear();
    for (const call of calls) call.reject(reason);
    this.#onSettled();
  }

  #crashed(what: string, cause?: unknown): WorkerCrashedError {
    return new WorkerCrashedError(`The worker ${this.#name} has crashed: ${what}.`, { cause });
  }
}
