/** Calls from this process to a relay in another: for tests of that relay, which need no process for its callers. */
import { systemClock } from '#src/core/clock.js';
import type { SessionEvent, SessionEventType } from '#src/events/session-event.js';
import type { CallerBehaviour } from '#src/replay/conversation.js';
import { replayCall, type ReplayResult } from '#src/replay/replay-call.js';
import { relayToken } from '#src/relay-client/relay-token.js';
import { fixtures } from './recordings.js';

export interface RelayCallerOptions {
  /** What the caller says: recordings by name. @default friday */
  readonly says?: readonly string[];
  readonly behaviour?: Partial<CallerBehaviour>;
  /** Where the relay's user has its token and the account's: as in the relay's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A phone call that has been placed. */
export class RelayCaller {
  /** Resolves once the call has ended and the relay has said so; rejects if there is no call. */
  readonly ended: Promise<ReplayResult>;
  readonly #events: SessionEvent[] = [];
  readonly #look = new Set<() => void>();
  readonly #hangingUp = new AbortController();

  private constructor(url: string, { says = ['friday'], behaviour = {}, env = {} }: RelayCallerOptions) {
    this.ended = this.#call(url, says, behaviour, env);
    // A test that waits for an event learns of a failure there.
    this.ended.catch(() => undefined);
  }

  static call(url: string, options: RelayCallerOptions = {}): RelayCaller {
    return new RelayCaller(url, options);
  }

  /** Resolves with the call's first event of this type; rejects if the call ends before. */
  async until<T extends SessionEventType>(type: T): Promise<SessionEvent<T>> {
    let look = (): void => undefined;
    const found = new Promise<SessionEvent<T>>((resolve) => {
      look = () => {
        const event = this.#events.find((one) => one.type === type);
        if (event) resolve(event as SessionEvent<T>);
      };
      look();
      this.#look.add(look);
    });
    const missed = this.ended.then(({ events }) => {
      throw new Error(`The call ended without ${type}: ${JSON.stringify(events)}`);
    });
    try {
      return await Promise.race([found, missed]);
    } finally {
      this.#look.delete(look);
    }
  }

  /** Hangs up; resolves as {@link ended}. */
  hangUp(): Promise<ReplayResult> {
    this.#hangingUp.abort();
    return this.ended;
  }

  async #call(
    url: string,
    says: readonly string[],
    behaviour: Partial<CallerBehaviour>,
    env: Readonly<Record<string, string>>,
  ): Promise<ReplayResult> {
    const { TWILIO_AUTH_TOKEN: authToken } = env;
    return replayCall({
      url,
      events: { token: await relayToken(url, { XDG_STATE_HOME: '', HOME: '', ...env }) },
      recordings: await fixtures(...says),
      clock: systemClock,
      behaviour,
      signal: this.#hangingUp.signal,
      onEvent: (event) => {
        this.#events.push(event);
        for (const look of this.#look) look();
      },
      ...(authToken !== undefined && { authToken }),
    });
  }
}
