import type { SessionEvent } from '../events/session-event.js';
import type { EventSource } from '../replay/replay-call.js';
import type { RelaySessionConfig } from '../server/config.js';
import { createRelay } from '../server/create.js';
import { appointmentDeskSession } from './appointment-desk-session.js';
import { orAborted } from './exit.js';
import { note, progress } from './terminal.js';

/** The relay that a replay calls. */
export interface ReplayTarget {
  readonly url: string;
  readonly events: EventSource;
  close(): Promise<void>;
}

/** Another relay; the token opens its events where it is guarded. */
export function remoteTarget(url: string, token: string | undefined): ReplayTarget {
  return { url, events: { token }, close: () => Promise.resolve() };
}

/** A relay of our own, with the embedded appointment desk or another session, on any free port. Whoever gets it closes it. */
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
