import { announcedToken } from '../relay/relay-announcement.js';
import { StateError, stateFolder } from '../relay/state-file.js';

/**
 * The token for a relay's private routes: HZRELAY_TOKEN, else the one that the user's relay on this machine has
 * announced.
 */
export async function relayToken(
  url: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  if (env.HZRELAY_TOKEN) return env.HZRELAY_TOKEN;
  try {
    return (await announcedToken(url, stateFolder(env))) ?? undefined;
  } catch (thrown) {
    // Without a usable state folder no relay has announced a token.
    if (thrown instanceof StateError) return undefined;
    throw thrown;
  }
}
