/** The two ways in: one session for the next call, or a relay that makes a fresh session for every call. */
import type { Session } from '../session/session.js';
import type { SessionConfig } from './config.js';
import { sessionAtDefaultRelay } from './default-relay.js';
import { Relay } from './relay.js';
import type { RelayOptions } from './relay-options.js';

/**
 * Makes a session, which is one call, and returns at once in state `waiting`. It gets the next inbound call of its type:
 * at `relay`, or else at the process's default relay, which listens on HZRELAY_PORT (8787) from the next tick on and
 * closes when no session waits or lives. Throws a ConfigError that lists every problem of the config.
 */
export function createSession(config: SessionConfig, { relay }: { readonly relay?: Relay } = {}): Session {
  return relay ? relay.expectCall(config) : sessionAtDefaultRelay(config);
}

/**
 * Makes a relay; `await relay.listen()` starts it, `await relay.close()` ends it and every call. With `session` each call
 * gets a fresh one. Throws a ConfigError that lists every problem of the options.
 */
export function createRelay(options: RelayOptions = {}): Relay {
  return new Relay(options);
}
