/** The relay on this machine that `hzrelay logs` watches when no address is given. */
import type { Clock } from '../../core/clock.js';
import { announcedRelays } from '../../relay/relay-announcement.js';
import { StateError, stateFolder } from '../../relay/state-file.js';
import { findRelay } from '../call/running-relay.js';
import { UsageError } from '../exit.js';

const usualPort = '8787';

export interface LocalRelayOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The address of the relay on HZRELAY_PORT; without it, of the one on the usual port, else of the user's only relay. If none
 * runs, the usual address. Throws a UsageError if several run, none of them on the usual port.
 */
export async function localRelay({ clock, signal, env = process.env }: LocalRelayOptions): Promise<string> {
  const { HZRELAY_PORT: port } = env;
  if (port !== undefined && port !== '') return `http://127.0.0.1:${port}`;
  const usual = `http://127.0.0.1:${usualPort}`;
  // Relays of a program announce nothing, so ask first.
  if (await findRelay(usual, clock, signal)) return usual;
  const [first, ...more] = await announced(env);
  if (first !== undefined && more.length > 0)
    throw new UsageError(
      `Several relays run on this machine: ${[first, ...more].join(', ')}. Name one, for example: --url ${first}`,
    );
  return first ?? usual;
}

async function announced(env: LocalRelayOptions['env'] & object): Promise<readonly string[]> {
  try {
    return await announcedRelays(stateFolder(env));
  } catch (thrown) {
    // Without a usable state folder no relay has announced itself.
    if (thrown instanceof StateError) return [];
    throw thrown;
  }
}
