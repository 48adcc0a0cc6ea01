/**
 * What must be seen of sessions beyond the process that runs them: a small port with an in-memory default. A deployment
 * of many processes carries it by a shared store; the engine itself never reads from it.
 */
import type { SessionMetrics } from '../session/session-parts.js';

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
}

/** Keeps the latest sessions of this process. */
export class InMemorySessionDirectory implements SessionDirectory {
  readonly #snapshots = new Map<string, SessionSnapshot>();
  readonly #capacity: number;

  /** `capacity`: how many sessions are kept; the oldest are forgotten first. */
  constructor(capacity = 500) {
    this.#capacity = capacity;
  }

  put(snapshot: SessionSnapshot): Promise<void> {
    this.#snapshots.set(snapshot.sessionId, snapshot);
    if (this.#snapshots.size > this.#capacity) {
      const [oldest] = this.#snapshots.keys();
      if (oldest !== undefined) this.#snapshots.delete(oldest);
    }
    return Promise.resolve();
  }

  get(sessionId: string): Promise<SessionSnapshot | null> {
    return Promise.resolve(this.#snapshots.get(sessionId) ?? null);
  }

  list(): Promise<readonly SessionSnapshot[]> {
    return Promise.resolve([...this.#snapshots.values()].reverse());
  }
}
