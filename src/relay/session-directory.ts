/**
 * What must be seen of sessions beyond the process that runs them: a small port with an in-memory default. A deployment
 * of many processes carries it by a shared store; the engine itself never reads from it.
 */
import type { SessionMetrics } from '../session/session-parts.js';
import type { SessionTrace } from '../session/trace/session-trace.js';

/** A session as others see it. */
export interface SessionSnapshot {
  readonly sessionId: string;
  readonly callId: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly metrics: SessionMetrics;
}

export interface SessionDirectory {
  /** Adds a session, or replaces what was known of it. */
  put(snapshot: SessionSnapshot): Promise<void>;
  get(sessionId: string): Promise<SessionSnapshot | null>;
  /** The sessions known, the latest first. */
  list(): Promise<readonly SessionSnapshot[]>;
  /**
   * Keeps what the state machine of a session did, told once, at its end: plain data, up to some hundred kilobytes as JSON. A
   * directory that keeps no traces leaves it out, and {@link trace} too.
   */
  putTrace?(trace: SessionTrace): Promise<void>;
  /** What {@link putTrace} was told of a session; null where it is not kept. */
  trace?(sessionId: string): Promise<SessionTrace | null>;
}

/** A trace takes far more memory than a snapshot, so fewer are kept. */
const keptTraces = 50;

/** Keeps the latest sessions of this process. */
export class InMemorySessionDirectory implements SessionDirectory {
  readonly #snapshots = new Map<string, SessionSnapshot>();
  readonly #traces = new Map<string, SessionTrace>();
  readonly #capacity: number;

  /** `capacity`: how many sessions are kept; the oldest are forgotten first. */
  constructor(capacity = 500) {
    this.#capacity = capacity;
  }

  put(snapshot: SessionSnapshot): Promise<void> {
    keep(this.#snapshots, snapshot, this.#capacity);
    return Promise.resolve();
  }

  get(sessionId: string): Promise<SessionSnapshot | null> {
    return Promise.resolve(this.#snapshots.get(sessionId) ?? null);
  }

  list(): Promise<readonly SessionSnapshot[]> {
    return Promise.resolve([...this.#snapshots.values()].reverse());
  }

  putTrace(trace: SessionTrace): Promise<void> {
    keep(this.#traces, trace, keptTraces);
    return Promise.resolve();
  }

  trace(sessionId: string): Promise<SessionTrace | null> {
    return Promise.resolve(this.#traces.get(sessionId) ?? null);
  }
}

/** Adds or replaces what is known of a session; beyond `capacity` the oldest is forgotten. */
function keep<T extends { readonly sessionId: string }>(
  kept: Map<string, T>,
  known: T,
  capacity: number,
): void {
  kept.set(known.sessionId, known);
  if (kept.size <= capacity) return;
  const [oldest] = kept.keys();
  if (oldest !== undefined) kept.delete(oldest);
}
