import type { SessionEvent } from '../../events/session-event.js';
import type { EventSource } from '../../replay/replay-call.js';
import type { RelaySessionConfig } from '../../relay/config/config.js';
import { createRelay } from '../../relay/create.js';
import { appointmentDeskSession } from '../appointment-desk-session.js';
import { orAborted } from '../exit.js';
import { note, progress } from '../terminal.js';

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

/** A new relay on a free port, by default with the embedded appointment desk. The caller closes it. */
export async function ownTarget(
  signal: AbortSignal,
  session: RelaySessionConfig = appointmentDeskSession,
): Promise<ReplayTarget> {
  progress('Starting a relay and loading its speech models.');
  const relay = createRelay({
    session,
    port: 0,
    onNotice: ({ level, message }) => {
      if (level !== 'info') note(`${level === 'warn' ? 'warning' : level}: ${message}`);
    },
  });
  await orAborted(relay.listen(), signal);
  const subscribe = (listener: (event: SessionEvent) => void): (() => void) => {
    relay.on('*', listener);
    return () => relay.off('*', listener);
  };
  return { url: relay.url, events: { subscribe }, close: () => relay.close() };
}
