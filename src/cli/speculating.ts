import type { RelaySessionConfig } from '../relay/config/config.js';

/** The config; without speculation if the command line forbids it. */
export function speculating(session: RelaySessionConfig, isAllowed: boolean): RelaySessionConfig {
  return isAllowed ? session : { ...session, speculation: false };
}
