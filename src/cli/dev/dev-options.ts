import { ConfigError } from '../../core/errors.js';
import { createRelay } from '../../relay/create.js';
import type { Relay } from '../../relay/relay.js';
import type { RelayOptions } from '../../relay/relay-options.js';
import type { WebRtcOptions } from '../../transport/webrtc/ice-options.js';
import { UsageError } from '../exit.js';

/** The command-line options of `hzrelay dev`. */
export interface DevOptions {
  readonly port?: number;
  readonly host: string;
  readonly publicUrl?: string;
  /** Origins of the user's own pages. */
  readonly allowOrigin?: readonly string[];
  /** The user's ngrok domain. */
  readonly domain?: string;
  /** False with `--no-webhook`. */
  readonly webhook: boolean;
  readonly webrtcBind?: string;
  readonly webrtcAddress?: string;
  readonly webrtcPorts?: readonly [number, number];
  readonly iceServer?: readonly string[];
  /** False with `--no-speculation`. */
  readonly speculation: boolean;
  /** The folder for session recordings. */
  readonly record?: string;
  /** A file that gets every line of the log. */
  readonly log?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly verbose?: boolean;
}

/** The command-line name of each relay option. */
const flags: Readonly<Record<string, string>> = {
  publicUrl: '--public-url',
  allowedOrigins: '--allow-origin',
  port: '--port',
  record: '--record',
  'webrtc.bindAddress': '--webrtc-bind',
  'webrtc.advertisedAddress': '--webrtc-address',
  'webrtc.portRange': '--webrtc-ports',
  'webrtc.iceServers': '--ice-server',
};

/** Makes the relay. Errors name its options as the command line does. */
export function relayOf(
  { port, host, publicUrl, allowOrigin, record, ...webrtc }: DevOptions,
  own: Pick<RelayOptions, 'session' | 'page' | 'onNotice'>,
): Relay {
  try {
    return createRelay({
      ...own,
      host,
      ...(port !== undefined && { port }),
      ...(publicUrl !== undefined && { publicUrl }),
      ...(allowOrigin !== undefined && { allowedOrigins: allowOrigin }),
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
