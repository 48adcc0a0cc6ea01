import { parentPort, type Transferable } from 'node:worker_threads';
import { InvalidStateError, messageOf } from '../core/errors.js';
import type { WorkerAnswer, WorkerRequest, WorkerService } from './worker-messages.js';

const transfers = new WeakMap<object, readonly Transferable[]>();

/** Marks `items` of `reply` to be transferred to the main thread, not copied. Returns `reply`. */
export function transferring<T extends object>(reply: T, ...items: readonly Transferable[]): T {
  transfers.set(reply, items);
  return reply;
}

/**
 * Answers a pool's calls with the methods of `service`. A method that throws fails only its own call. Call this once,
 * in a worker's entry file. Throws an InvalidStateError on the main thread.
 */
export function serveWorker<S extends WorkerService<S>>(service: S): void {
  const port = parentPort;
  if (!port) throw new InvalidStateError('Only a worker thread can serve a worker pool.');
  const methods = service as unknown as Readonly<Record<PropertyKey, (argument: unknown) => unknown>>;

  const answer = async ({ id, method, argument }: WorkerRequest): Promise<void> => {
    try {
      const called = methods[method];
      if (!called) throw new InvalidStateError(`The worker has no method ${String(method)}.`);
      const value: unknown = await called.call(service, argument);
      const items = typeof value === 'object' && value !== null ? transfers.get(value) : undefined;
      port.postMessage({ id, value } satisfies WorkerAnswer, items);
    } catch (thrown) {
      const stack = thrown instanceof Error ? thrown.stack : undefined;
      const error = { message: messageOf(thrown), ...(stack !== undefined && { stack }) };
      port.postMessage({ id, error } satisfies WorkerAnswer);
    }
  };
  port.on('message', (request: WorkerRequest) => void answer(request));
}
