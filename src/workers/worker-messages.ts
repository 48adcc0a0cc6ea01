/**
 * Messages between a pool and its threads. A service is a set of methods with one argument each. Each request has
 * exactly one answer, so a worker with no unanswered request is idle.
 */

/** The methods of a worker, for example `{ double(n: number): number }`. A method may return a promise. */
export type WorkerService<S> = { readonly [K in keyof S]: (argument: never) => unknown };

export type Argument<S extends WorkerService<S>, K extends keyof S> = Parameters<S[K]>[0];

export type Reply<S extends WorkerService<S>, K extends keyof S> = Awaited<ReturnType<S[K]>>;

export interface WorkerRequest {
  readonly id: number;
  readonly method: PropertyKey;
  readonly argument: unknown;
}

export type WorkerAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly message: string; readonly stack?: string } };
