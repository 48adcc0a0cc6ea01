/** Decides which calls a relay takes. A call needs a free place and a session, waiting or newly made. */
import type { Session } from '../session/session.js';
import type { TransportType } from '../transport/transport.js';
import type { IncomingCall, ResolvedRelayOptions } from './relay-options.js';
import { ReservedPlaces, type Reservation } from './reserved-places.js';

const stopping = 'the relay is shutting down.';

export interface AdmissionOptions {
  readonly options: Pick<ResolvedRelayOptions, 'maxSessions' | 'session'>;
  /** How many sessions are in a call. */
  readonly inCalls: () => number;
  /**
   * Makes the session of a call from the relay's `session` option; null if that fails, after the failure was reported.
   */
  readonly makeSession: (call: IncomingCall) => Promise<Session | null>;
  /** Called with the reason when a call is refused. */
  readonly onRefused: (why: string) => void;
  /** Called when a place or a waiting session is freed. */
  readonly onFreed: () => void;
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #reserved: ReservedPlaces;
  readonly #waiting: Session[] = [];
  /** Calls whose session is being made. */
  #arriving = 0;
  #closed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#reserved = new ReservedPlaces(options.onFreed);
  }

  /** Whether new calls are refused. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Sessions that wait for a call, the longest waiting first. */
  get waiting(): readonly Session[] {
    return this.#waiting;
  }

  /** How many sessions wait and calls are arriving. */
  get pending(): number {
    return this.#waiting.length + this.#coming;
  }

  get #coming(): number {
    return this.#arriving + this.#reserved.total;
  }

  /** Refuses new calls from now on. */
  close(): void {
    this.#closed = true;
  }

  /** Keeps the session for the next call of its transport, until it gets one or ends. */
  expect(session: Session): void {
    this.#waiting.push(session);
    void session.closed.then(() => {
      const index = this.#waiting.indexOf(session);
      if (index >= 0) this.#waiting.splice(index, 1);
      this.#options.onFreed();
    });
  }

  /**
   * Whether a call of this transport would get a session. Reports the reason of a refusal.
   */
  canTake(transport: TransportType): boolean {
    if (this.#closed) return this.#refuse(stopping);
    const { maxSessions, session } = this.#options.options;
    if (this.#options.inCalls() + this.#coming >= maxSessions)
      return this.#refuse(`${maxSessions} sessions are in calls already (maxSessions).`);
    if (typeof session === 'object' && session.inbound && session.inbound.type !== transport)
      return this.#refuse(
        `it is a ${transport} call, but sessions are for ${session.inbound.type} calls only.`,
      );
    if (session) return true;
    const waiting = this.#waiting.filter(({ transportType }) => transportType === transport);
    if (waiting.length > this.#reserved.of(transport)) return true;
    return this.#refuse(
      `no session waits for a ${transport} call. createRelay({ session, onSession }) makes a new one for every call.`,
    );
  }

  /**
   * Keeps a place for a call that is connecting, and one of the waiting sessions; null where {@link canTake} is false.
   * Release it just before the call is admitted.
   */
  reserve(transport: TransportType): Reservation | null {
    return this.canTake(transport) ? this.#reserved.take(transport) : null;
  }

  /**
   * Gives the call its session and passes it to `enter`, which must count it as in a call: from then on the session
   * occupies the place. Null if the call gets no session.
   */
  async admit(call: IncomingCall, enter: (session: Session) => void): Promise<Session | null> {
    if (!this.canTake(call.transport)) return null;
    this.#arriving++;
    const session = await this.#sessionFor(call);
    this.#arriving--;
    if (!session) {
      this.#options.onFreed();
      return null;
    }
    if (this.#closed) {
      await session.end('shutdown');
      this.#refuse(stopping);
      return null;
    }
    enter(session);
    return session;
  }

  async #sessionFor(call: IncomingCall): Promise<Session | null> {
    const { options, makeSession } = this.#options;
    if (options.session) return makeSession(call);
    const index = this.#waiting.findIndex(({ transportType }) => transportType === call.transport);
    return this.#waiting.splice(index, 1)[0] ?? null;
  }

  #refuse(why: string): false {
    this.#options.onRefused(why);
    return false;
  }
}
