import type { EventSource } from '../../replay/replay-call.js';

/** The relay that a replay calls. */
export interface ReplayTarget {
  readonly url: string;
  readonly events: EventSource;
  close(): Promise<void>;
}

/** A running relay; a guarded one needs the token for its events. */
export function remoteTarget(url: string, token: string | undefined): ReplayTarget {
  return { url, events: { token }, close: () => Promise.resolve() };
}
