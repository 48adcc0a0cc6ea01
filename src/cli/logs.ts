/** `hzrelay logs`: the events of a relay that runs elsewhere, as they happen. */
import { systemClock } from '../clock.js';
import type { SessionEvent } from '../events/session-event.js';
import { sysLogLine } from '../events/sys-log.js';
import { followEvents } from '../replay/event-follower.js';
import { exitCodes, UsageError } from './exit.js';
import { logFilter, type LogFilterOptions } from './log-filter.js';
import { relayToken } from './relay-token.js';
import { relayUrl } from './replay-inputs.js';
import { note, out, paint, renderLogLine, takesColour } from './terminal.js';

export interface LogsOptions extends LogFilterOptions {
  /** @default the relay on this machine */
  readonly url?: string;
  /** The events of this session alone. */
  readonly session?: string;
  /** Past events to begin with. */
  readonly tail: number;
  readonly json?: boolean;
}

const defaultPort = '8787';
const grey = 90;

/** Shows events until the signal aborts. Resolves with the exit code; throws where no relay answers. */
export async function logs(options: LogsOptions, signal: AbortSignal): Promise<number> {
  const { session, tail, json } = options;
  if (session !== undefined && !/^[0-9a-f]{8}$/.test(session))
    throw new UsageError(`--session ${session} is no session: its id has eight hex digits, as in a3f9b2c1.`);
  const url = relayUrl(options.url ?? localRelay());
  // A program that reads events picks for itself.
  const isShown = logFilter({ ...options, verbose: options.verbose === true || json === true });
  await followEvents(url, {
    token: await relayToken(url),
    clock: systemClock,
    sessionId: session,
    tail,
    signal,
    onEvent: (event) => {
      if (isShown(event)) out(json ? JSON.stringify(event) : lineOf(event, session === undefined));
    },
    onConnected: (again) => note(again ? 'Connected again.' : `Connected to the relay at ${url}.`),
    onGone: () => note(`The relay at ${url} is gone; waiting for it to come back. Ctrl-C stops.`),
  });
  return exitCodes.ok;
}

function localRelay(): string {
  const { HZRELAY_PORT: port } = process.env;
  return `http://127.0.0.1:${port === undefined || port === '' ? defaultPort : port}`;
}

/** The line of an event as `hzrelay dev` shows it, behind its session where there may be several. */
function lineOf(event: SessionEvent, withSession: boolean): string {
  const colour = takesColour(process.stdout);
  const line = renderLogLine(sysLogLine(event), colour);
  if (!withSession) return line;
  return `${colour ? paint(event.sessionId, grey) : event.sessionId}  ${line}`;
}
