/** `hzrelay logs`: shows the events of a running relay as they happen. */
import { systemClock } from '../../core/clock.js';
import type { SessionEvent } from '../../events/session-event.js';
import { printable } from '../../events/sys-log.js';
import { followEvents } from '../../relay-client/event-follower.js';
import { exitCodes, UsageError } from '../exit.js';
import { localRelay } from './local-relay.js';
import { logFilter, logLineOf, type LogFilterOptions } from './log-filter.js';
import { relayToken } from '../../relay-client/relay-token.js';
import { relayUrl } from '../replay/replay-inputs.js';
import { jsonLine } from '../json-line.js';
import { note, out, paint, renderLogLine, takesColour } from '../terminal.js';

export interface LogsOptions extends LogFilterOptions {
  /** @default the relay on this machine */
  readonly url?: string;
  /** Only the events of this session. */
  readonly session?: string;
  /** The number of past events to show first. */
  readonly tail: number;
  readonly json?: boolean;
}

const grey = 90;

/** Shows events until the signal aborts. Resolves with the exit code; rejects if no relay answers. */
export async function logs(options: LogsOptions, signal: AbortSignal): Promise<number> {
  const { session, tail, json } = options;
  if (session !== undefined && !/^[0-9a-f]{8}$/.test(session))
    throw new UsageError(`--session ${session} is not a session id: give eight hex digits, as in a3f9b2c1.`);
  const url = relayUrl(options.url ?? (await localRelay({ clock: systemClock, signal })));
  // A program that reads JSON filters for itself.
  const isShown = logFilter({ ...options, verbose: options.verbose === true || json === true });
  await followEvents(url, {
    token: await relayToken(url),
    clock: systemClock,
    sessionId: session,
    tail,
    signal,
    onEvent: (event) => {
      if (isShown(event)) out(json ? jsonLine(event) : lineOf(event, session === undefined));
    },
    onConnected: (again) => note(again ? 'Reconnected.' : `Connected to the relay at ${url}.`),
    onGone: () => note(`The relay at ${url} is gone; waiting for it to come back. Ctrl-C stops.`),
  });
  return exitCodes.ok;
}

/** The line of an event as `hzrelay dev` shows it, after its session id if there may be several. */
function lineOf(event: SessionEvent, withSession: boolean): string {
  const colour = takesColour(process.stdout);
  const line = renderLogLine(logLineOf(event), colour);
  if (!withSession) return line;
  // The relay is not trusted.
  const id = printable(event.sessionId);
  return `${colour ? paint(id, grey) : id}  ${line}`;
}
