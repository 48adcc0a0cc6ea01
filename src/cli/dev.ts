/** `hzrelay dev`: the relay on this machine, with every event on the terminal. */
import { once } from 'node:events';
import { ConfigError } from '../errors.js';
import { sysLogLine, type LogLine } from '../events/sys-log.js';
import { createRelay } from '../server/create.js';
import type { Relay } from '../server/relay.js';
import type { RelayNotice, RelayOptions } from '../server/relay-options.js';
import type { WebRtcOptions } from '../transport/webrtc/ice-options.js';
import { appointmentDeskSession } from './appointment-desk-session.js';
import { exitCodes, orAborted, UsageError } from './exit.js';
import { introduction, recordingToTry, type RelayFacts } from './introduction.js';
import { note, out, progress, renderLogLine, takesColour } from './terminal.js';

export interface DevOptions {
  readonly port?: number;
  readonly host: string;
  readonly publicUrl?: string;
  readonly webrtcBind?: string;
  readonly webrtcAddress?: string;
  readonly webrtcPorts?: readonly [number, number];
  readonly iceServer?: readonly string[];
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly verbose?: boolean;
}

/** Runs until the signal aborts, then ends the calls politely. Resolves with the exit code. */
export async function dev(
  options: DevOptions & { readonly version: string },
  signal: AbortSignal,
): Promise<number> {
  const { port, host, publicUrl, json = false, verbose = false, version } = options;
  progress('Starting the relay and loading its speech models.');
  const say = json ? note : out;
  const colour = takesColour(json ? process.stderr : process.stdout);
  const relay = relayOf({
    session: appointmentDeskSession,
    host,
    ...(port !== undefined && { port }),
    ...(publicUrl !== undefined && { publicUrl }),
    webrtc: webRtcOf(options),
    onNotice: (notice) => say(renderLogLine(logLineOf(notice), colour)),
  });
  relay.on('*', (event) => {
    const line = sysLogLine(event);
    if (json) out(JSON.stringify(event));
    else if (verbose || !line.detail) out(renderLogLine(line));
  });
  await orAborted(relay.listen(), signal);
  for (const line of introduction(factsOf(relay, version))) say(line);
  if (!signal.aborted) await once(signal, 'abort');
  const calls = relay.sessions.length;
  if (calls > 0)
    say(`Ending ${calls} ${calls === 1 ? 'call' : 'calls'}; press Ctrl-C again to stop at once.`);
  await relay.close();
  say('Stopped.');
  return exitCodes.ok;
}

/** The relay's options by the names that they have on the command line. */
const flags: Readonly<Record<string, string>> = {
  publicUrl: '--public-url',
  port: '--port',
  'webrtc.bindAddress': '--webrtc-bind',
  'webrtc.advertisedAddress': '--webrtc-address',
  'webrtc.portRange': '--webrtc-ports',
  'webrtc.iceServers': '--ice-server',
};

function webRtcOf({ webrtcBind, webrtcAddress, webrtcPorts, iceServer }: DevOptions): WebRtcOptions {
  const { HZRELAY_TURN_USERNAME: username, HZRELAY_TURN_CREDENTIAL: credential } = process.env;
  return {
    ...(webrtcBind !== undefined && { bindAddress: webrtcBind }),
    ...(webrtcAddress !== undefined && { advertisedAddress: webrtcAddress }),
    ...(webrtcPorts && { portRange: webrtcPorts }),
    ...(iceServer && {
      iceServers: iceServer.map((urls) =>
        urls.startsWith('turn')
          ? { urls, ...(username && { username }), ...(credential && { credential }) }
          : urls,
      ),
    }),
  };
}

/** Makes the relay; what is wrong with its options is told by the names that they have on the command line. */
function relayOf(options: RelayOptions): Relay {
  try {
    return createRelay(options);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const lines = thrown.problems.map(
      ({ field, problem, remedy }) => `${flags[field.replace(/\[\d+\]$/, '')] ?? field} ${problem} ${remedy}`,
    );
    throw new UsageError(lines.join('\n'), { cause: thrown });
  }
}

function factsOf(relay: Relay, version: string): RelayFacts {
  return {
    version,
    readyMs: process.uptime() * 1000,
    url: relay.url,
    publicUrl: relay.publicUrl,
    checksSignatures: relay.options.twilioAuthToken !== null,
    token: relay.access.guarded ? relay.access.token : null,
    recording: recordingToTry(),
  };
}

function logLineOf({ level, message }: RelayNotice): LogLine {
  const tag = level === 'info' ? 'INFO' : level === 'warn' ? 'WARN' : 'ERR';
  return { tag, text: message, detail: false };
}
