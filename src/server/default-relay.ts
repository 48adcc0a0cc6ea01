/**
 * The process's default relay: sessions made without a relay share one. It listens from the next tick on, hands each
 * waiting session the next call of its type, and closes when no session waits or lives.
 */
import type { Session } from '../session/session.js';
import type { SessionConfig } from './config.js';
import { Relay } from './relay.js';

let current: Relay | null = null;

/**
 * Makes a session that waits at the default relay. A bind error reaches the session: an `error` event, then
 * `session.end`. Throws a ConfigError that lists every problem.
 */
export function sessionAtDefaultRelay(config: SessionConfig): Session {
  const known = current;
  if (known) return waitingSession(known, config);
  const relay = new Relay({ onNotice: ({ message }) => process.emitWarning(message, 'HzRelayWarning') });
  // Composed before the relay is shared, so that a config that cannot be used leaves nothing behind.
  const session = waitingSession(relay, config);
  current = relay;
  relay.onIdle = () => retire(relay);
  setImmediate(() => {
    // A relay that cannot listen has told its waiting sessions why.
    relay.listen().catch(() => retire(relay));
  });
  return session;
}

function waitingSession(relay: Relay, config: SessionConfig): Session {
  const session = relay.makeSession(config);
  relay.expect(session);
  return session;
}

function retire(relay: Relay): void {
  if (current === relay) current = null;
  void relay.close();
}
