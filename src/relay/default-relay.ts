/**
 * The process's default relay: sessions made without a relay share one. It listens from the next tick on, hands each
 * waiting session the next call of its type, and closes when no session waits or is in a call.
 */
import type { Session } from '../session/session.js';
import type { SessionConfig } from './config/config.js';
import { Relay } from './relay.js';
import type { RelayNotice } from './relay-options.js';

let current: Relay | null = null;
/** Resolves when earlier default relays have closed and freed the port. */
let portFree: Promise<unknown> = Promise.resolve();

/**
 * Makes a session that waits at the default relay. A bind error reaches the session: an `error` event, then
 * `session.end`. Throws a ConfigError that lists every problem.
 */
export function sessionAtDefaultRelay(config: SessionConfig): Session {
  if (current && !current.draining) return current.expectCall(config);
  const relay = new Relay({ onNotice: warnUser });
  // Before the relay is shared, so that an invalid config leaves no relay behind.
  const session = relay.expectCall(config);
  current = relay;
  relay.onIdle = () => retire(relay);
  const free = portFree;
  setImmediate(() => void start(relay, free));
  return session;
}

async function start(relay: Relay, free: Promise<unknown>): Promise<void> {
  await free;
  try {
    // The session may end before its relay has listened.
    if (!relay.draining) await relay.listen();
  } catch {
    // `listen()` has already failed the waiting sessions with the reason.
    retire(relay);
  }
}

function retire(relay: Relay): void {
  if (current === relay) current = null;
  portFree = Promise.all([portFree, relay.close()]);
}

function warnUser({ level, message }: RelayNotice): void {
  if (level !== 'info') process.emitWarning(message, 'HzRelayWarning');
}
