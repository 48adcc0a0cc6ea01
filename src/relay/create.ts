/** The two entry points: one session for the next call, or a relay that makes a new session for every call. */
import type { ToolSchemas } from '../session/agent-tools.js';
import type { Session } from '../session/session.js';
import type { SessionConfig } from './config/config.js';
import { sessionAtDefaultRelay } from './default-relay.js';
import { Relay } from './relay.js';
import type { RelayOptions } from './relay-options.js';

/**
 * Makes a session (one call) and returns it at once in state `waiting`. It gets the next inbound call of its type at
 * `relay`, by default the process's own relay, which listens on HZRELAY_PORT (8787) from the next tick on and closes
 * when no session waits or is in a call. Throws a ConfigError that lists every problem of the config, and a ProviderError
 * where a provider of your own cannot be made.
 */
export function createSession<Schemas extends ToolSchemas>(
  config: SessionConfig<Schemas>,
  { relay }: { readonly relay?: Relay } = {},
): Session {
  const plain = config as SessionConfig;
  return relay ? relay.expectCall(plain) : sessionAtDefaultRelay(plain);
}

/**
 * Makes a relay; `await relay.listen()` starts it, `await relay.close()` ends it and every call. With `session` each
 * call gets a new session. Throws a ConfigError that lists every problem of the options.
 */
export function createRelay<Schemas extends ToolSchemas>(options: RelayOptions<Schemas> = {}): Relay {
  return new Relay(options);
}
