import { ConfigError } from '../../errors.js';
import { createRelay } from '../../server/create.js';
import type { Relay } from '../../server/relay.js';
import type { RelayOptions } from '../../server/relay-options.js';
import type { WebRtcOptions } from '../../transport/webrtc/ice-options.js';
import { UsageError } from '../exit.js';

/** What can be said on the command line of `hzrelay dev`. */
export interface DevOptions {
  readonly port?: number;
  readonly host: string;
  readonly publicUrl?: string;
  /** A domain of the user's at ngrok. */
  readonly domain?: string;
  /** False with `--no-webhook`. */
  readonly webhook: boolean;
  readonly webrtcBind?: string;
  readonly webrtcAddress?: string;
  readonly webrtcPorts?: readonly [number, number];
  readonly iceServer?: readonly string[];
  /** A folder for recordings of sessions. */
  readonly record?: string;
  /** A file that gets every line of the log. */
  readonly log?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly verbose?: boolean;
}

/** The relay's options by the names that they have on the command line. */
const flags: Readonly<Record<string, string>> = {
  publicUrl: '--public-url',
  port: '--port',
  record: '--record',
  'webrtc.bindAddress': '--webrtc-bind',
  'webrtc.advertisedAddress': '--webrtc-address',
  'webrtc.portRange': '--webrtc-ports',
  'webrtc.iceServers': '--ice-server',
};

/** Makes the relay; what is wrong with its options is told by the names that they have on the command line. */
export function relayOf(
  { port, host, publicUrl, record, ...webrtc }: DevOptions,
  own: Pick<RelayOptions, 'session' | 'onNotice'>,
): Relay {
  try {
    return createRelay({
      ...own,
      host,
      ...(port !== undefined && { port }),
      ...(publicUrl !== undefined && { publicUrl }),
      ...(record !== undefined && { record }),
      webrtc: webRtcOf(webrtc),
    });
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    const lines = thrown.problems.map(
      ({ field, problem, remedy }) => `${flags[field.replace(/\[\d+\]$/, '')] ?? field} ${problem} ${remedy}`,
    );
    throw new UsageError(lines.join('\n'), { cause: thrown });
  }
}

function webRtcOf({
  webrtcBind,
  webrtcAddress,
  webrtcPorts,
  iceServer,
}: Pick<DevOptions, 'webrtcBind' | 'webrtcAddress' | 'webrtcPorts' | 'iceServer'>): WebRtcOptions {
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
