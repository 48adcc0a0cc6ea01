import { announcedToken } from '../server/relay-announcement.js';
import { stateFolder } from '../server/state-file.js';

/** What opens the private routes of a relay: what the user says, else what a relay of theirs on this machine has left. */
export async function relayToken(
  url: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  return env.HZRELAY_TOKEN || ((await announcedToken(url, stateFolder(env))) ?? undefined);
}
