import { isIP } from 'node:net';
import { inspect } from 'node:util';
import type { IceServer } from 'node-datachannel';
import { z } from 'zod';
import type { ConfigProblem } from '../../core/errors.js';
import { isLoopbackAddress } from './this-machine.js';

/** A STUN or TURN server and its credentials, in the browsers' format. */
export interface IceServerOptions {
  /** `stun:host[:port]` or `turn:host[:port]`; over UDP. */
  readonly urls: string | readonly string[];
  /** Needed for TURN. */
  readonly username?: string;
  /** Needed for TURN. */
  readonly credential?: string;
}

/** How browsers reach the relay. Not needed if browser and relay are on one machine. */
export interface WebRtcOptions {
  /**
   * The only local address to use, an IP address of this machine. Without it, a relay that listens only on loopback
   * serves only browsers of this machine, unless `advertisedAddress` or `iceServers` is given.
   * @default any
   */
  readonly bindAddress?: string;
  /** The public IP address that maps one-to-one to this machine, as in a cloud; it is given to browsers. */
  readonly advertisedAddress?: string;
  /** Lowest and highest UDP port to use; each call takes one. @default any */
  readonly portRange?: readonly [number, number];
  /** STUN and TURN servers, to find this machine's public address or relay its media. @default none */
  readonly iceServers?: readonly (string | IceServerOptions)[];
  /** Longest data-channel message in bytes, 1024 to 262144. @default 65536 */
  readonly maxMessageBytes?: number;
  /** Time for a call to connect, from the answer. @default 15000 */
  readonly connectTimeoutMs?: number;
}

/** Checked options with all defaults. */
export interface ResolvedWebRtcOptions {
  /** Null for any. */
  readonly bindAddress: string | null;
  /**
   * Whether only browsers of this machine are served. They may use its network addresses, since not all browsers use
   * loopback for audio; browsers of other machines are rejected.
   */
  readonly onlyThisMachine: boolean;
  readonly advertisedAddress: string | null;
  readonly portRange: readonly [number, number] | null;
  readonly iceServers: readonly IceServer[];
  readonly maxMessageBytes: number;
  readonly connectTimeoutMs: number;
}

const port = z.number().int().min(1).max(65_535);
const ipAddress = z.string().refine((text) => isIP(text) !== 0);
const iceServer = z.union([
  z.string(),
  z.strictObject({
    urls: z.union([z.string(), z.array(z.string()).min(1)]),
    username: z.string().min(1).optional(),
    credential: z.string().min(1).optional(),
  }),
]);

/** For each field the schema, and the remedy for invalid values. */
const fields = {
  bindAddress: { schema: ipAddress, remedy: 'Give an IP address of this machine, or leave it out.' },
  advertisedAddress: {
    schema: ipAddress,
    remedy: 'Give the public IP address that is mapped to this machine, or leave it out.',
  },
  portRange: {
    schema: z.tuple([port, port]).refine(([lowest, highest]) => lowest <= highest),
    remedy: 'Give [lowest, highest], each 1 to 65535.',
  },
  maxMessageBytes: {
    schema: z.number().int().min(1024).max(262_144),
    remedy: 'Give a whole number, 1024 to 262144.',
  },
  connectTimeoutMs: { schema: z.number().positive(), remedy: 'Give milliseconds above zero.' },
} as const;

const known: readonly string[] = [...Object.keys(fields), 'iceServers'];

/**
 * Checks the options and fills in defaults; adds errors to `problems`, without any credential. `isLocal`: whether only
 * this machine can reach the relay.
 */
export function resolveWebRtcOptions(
  options: WebRtcOptions | undefined,
  isLocal: boolean,
  problems: ConfigProblem[],
): ResolvedWebRtcOptions {
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) {
      problems.push({
        field: `webrtc.${name}`,
        problem: 'is not an option.',
        remedy: `The options are ${known.join(', ')}.`,
      });
    }
  }
  const take = <K extends keyof typeof fields>(
    name: K,
  ): z.infer<(typeof fields)[K]['schema']> | undefined => {
    const value = given[name];
    if (value === undefined) return undefined;
    const { schema, remedy } = fields[name];
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data as z.infer<(typeof fields)[K]['schema']>;
    problems.push({ field: `webrtc.${name}`, problem: `is ${inspect(value)}.`, remedy });
    return undefined;
  };
  const advertisedAddress = take('advertisedAddress') ?? null;
  const iceServers = readIceServers(given.iceServers, problems);
  const bindAddress = take('bindAddress') ?? null;
  return {
    bindAddress,
    onlyThisMachine:
      bindAddress === null
        ? isLocal && advertisedAddress === null && iceServers.length === 0
        : isLoopbackAddress(bindAddress) && advertisedAddress === null,
    advertisedAddress,
    portRange: take('portRange') ?? null,
    iceServers,
    maxMessageBytes: take('maxMessageBytes') ?? 65_536,
    connectTimeoutMs: take('connectTimeoutMs') ?? 15_000,
  };
}

function readIceServers(value: unknown, problems: ConfigProblem[]): IceServer[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) {
    problems.push({
      field: 'webrtc.iceServers',
      problem: 'is not a list.',
      remedy: "Give a list, for example ['stun:stun.example.com'].",
    });
    return [];
  }
  return value.flatMap((entry: unknown, index) => {
    const field = `webrtc.iceServers[${index}]`;
    const parsed = iceServer.safeParse(entry);
    if (!parsed.success) {
      problems.push({
        field,
        problem: 'cannot be read.',
        remedy: 'Give a URL, or {urls, username, credential}.',
      });
      return [];
    }
    const { urls, username, credential } =
      typeof parsed.data === 'string'
        ? { urls: parsed.data, username: undefined, credential: undefined }
        : parsed.data;
    return (typeof urls === 'string' ? [urls] : urls).flatMap((url) => {
      const server = readIceUrl(url, username, credential);
      if (!('problem' in server)) return [server];
      problems.push({ field, ...server });
      return [];
    });
  });
}

/** RFC 7064 and 7065: `stun:host[:port]`, `turn:host[:port][?transport=udp]`; an IPv6 address in brackets. */
const iceUrl = /^(stuns?|turns?):(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?(?:\?transport=(\w+))?$/i;

function readIceUrl(
  url: string,
  username: string | undefined,
  credential: string | undefined,
): IceServer | { readonly problem: string; readonly remedy: string } {
  const [, scheme, host, portText = '3478', transport = 'udp'] = iceUrl.exec(url) ?? [];
  const portNumber = Number(portText);
  // Do not quote the URL: some contain user and password.
  if (scheme === undefined || host === undefined || !port.safeParse(portNumber).success) {
    return {
      problem: 'is not a STUN or TURN URL.',
      remedy:
        'Give stun:host[:port] or turn:host[:port], and credentials in the fields username and credential.',
    };
  }
  if (scheme.toLowerCase().endsWith('s') || transport.toLowerCase() !== 'udp') {
    return { problem: 'requires TCP or TLS.', remedy: 'Only UDP is supported: use stun: or turn:.' };
  }
  const server = { hostname: host.replace(/^\[|\]$/g, ''), port: portNumber };
  if (scheme.toLowerCase() === 'stun') return server;
  if (username === undefined || credential === undefined) {
    return { problem: 'has no credentials.', remedy: 'TURN needs username and credential.' };
  }
  return { ...server, username, password: credential, relayType: 'TurnUdp' };
}
