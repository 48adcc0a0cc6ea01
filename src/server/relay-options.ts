import { inspect } from 'node:util';
import { z } from 'zod';
import type { OpusComplexity } from '../audio/opus-encoder.js';
import type { Clock } from '../clock.js';
import { ConfigError, type ConfigProblem } from '../errors.js';
import type { Session } from '../session/session.js';
import type { CallInfo, TransportType } from '../transport/transport.js';
import {
  resolveWebRtcOptions,
  type ResolvedWebRtcOptions,
  type WebRtcOptions,
} from '../transport/webrtc/ice-options.js';
import { isLoopback } from './access.js';
import { configForCall, resolveConfig, type RelaySessionConfig } from './config.js';
import { InMemorySessionDirectory, type SessionDirectory } from './session-directory.js';

/** A call that has reached the relay. */
export interface IncomingCall extends CallInfo {
  readonly transport: TransportType;
}

/** Something the relay itself has to say, apart from its sessions' events. */
export interface RelayNotice {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

export interface RelayOptions {
  /**
   * The config of each call's session, or a function that gives it within ten seconds; a call for which it fails is ended.
   * Where it leaves out `inbound`, phone and browser calls get the same. Without one, sessions must be waiting.
   */
  readonly session?:
    RelaySessionConfig | ((call: IncomingCall) => RelaySessionConfig | Promise<RelaySessionConfig>);
  /**
   * Called with every session that gets a call, before the call starts: the place to subscribe to its events. It may be
   * asynchronous, but nobody waits for it. A throw of its is a notice and harms no call.
   */
  readonly onSession?: (session: Session, call: IncomingCall) => unknown;
  /** Called with what the relay itself has to say. */
  readonly onNotice?: (notice: RelayNotice) => void;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes any free one. @default HZRELAY_PORT, else 8787 */
  readonly port?: number;
  /** Where the outside reaches the relay, for example the address of a tunnel (https, no path). */
  readonly publicUrl?: string;
  /** Twilio's auth token; with it, every Twilio request must be signed. @default TWILIO_AUTH_TOKEN */
  readonly twilioAuthToken?: string;
  /** Calls at once. @default 50 */
  readonly maxSessions?: number;
  /** Media sockets that have not said who they are. @default 100 */
  readonly maxPendingSockets?: number;
  /** Largest WebSocket message in bytes. @default 65536 */
  readonly maxMessageBytes?: number;
  /** How long a media socket may take to say who it is. @default 5000 */
  readonly startTimeoutMs?: number;
  /** How browsers reach the relay: addresses, ports, STUN and TURN servers. */
  readonly webrtc?: WebRtcOptions;
  /** How the agent's voice is encoded for browsers. */
  readonly opus?: {
    /** Work that the encoder puts in, 0 to 10. @default 5 */
    readonly complexity?: OpusComplexity;
    /** Bits per second, 6000 to 510000. @default 32000 */
    readonly bitrateBps?: number;
  };
  /**
   * A folder in which every call is recorded: for each session a folder with its events, both sides of its audio, its
   * metrics and its config without secrets. @default nothing is recorded
   */
  readonly record?: string;
  /** Where sessions are made known. @default in memory */
  readonly directory?: SessionDirectory;
  /** @default the machine's monotonic clock */
  readonly clock?: Clock;
}

export interface ResolvedRelayOptions {
  readonly session: RelayOptions['session'];
  readonly onSession: RelayOptions['onSession'];
  readonly onNotice: RelayOptions['onNotice'];
  readonly host: string;
  readonly port: number;
  readonly publicUrl: URL | null;
  readonly twilioAuthToken: string | null;
  readonly maxSessions: number;
  readonly maxPendingSockets: number;
  readonly maxMessageBytes: number;
  readonly startTimeoutMs: number;
  readonly webrtc: ResolvedWebRtcOptions;
  readonly opus: NonNullable<RelayOptions['opus']>;
  readonly record: string | null;
  readonly directory: SessionDirectory;
  readonly clock: Clock | null;
}

const defaultHost = '127.0.0.1';
const defaultPort = 8787;
const opusOptions = z.strictObject({
  complexity: z.number().int().min(0).max(10).optional(),
  bitrateBps: z.number().int().min(6000).max(510_000).optional(),
});
const positive = z.number().int().positive();

/** Fills in environment and defaults. Throws a ConfigError that lists every problem. */
export function resolveRelayOptions(
  options: RelayOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedRelayOptions {
  const problems: ConfigProblem[] = [];
  const number = (
    field: keyof RelayOptions,
    schema: z.ZodType<number>,
    fallback: number,
    remedy: string,
  ): number => {
    const value = options[field];
    if (value === undefined) return fallback;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    problems.push({ field, problem: `is ${inspect(value)}.`, remedy });
    return fallback;
  };
  const count = 'Give a whole number above zero.';
  const resolved = {
    session: options.session,
    onSession: options.onSession,
    onNotice: options.onNotice,
    host: options.host ?? defaultHost,
    port: number(
      'port',
      z.number().int().min(0).max(65_535),
      // An option overrides the environment, even one that is wrong.
      options.port === undefined ? portFromEnv(env, problems) : defaultPort,
      'Give a port, 0 to 65535.',
    ),
    publicUrl: options.publicUrl === undefined ? null : parsePublicUrl(options.publicUrl, problems),
    twilioAuthToken: nonEmpty(options.twilioAuthToken) ?? nonEmpty(env.TWILIO_AUTH_TOKEN) ?? null,
    maxSessions: number('maxSessions', positive, 50, count),
    maxPendingSockets: number('maxPendingSockets', positive, 100, count),
    maxMessageBytes: number('maxMessageBytes', positive, 65_536, count),
    startTimeoutMs: number('startTimeoutMs', positive, 5000, count),
    webrtc: resolveWebRtcOptions(
      options.webrtc,
      isLoopback(options.host ?? defaultHost) && options.publicUrl === undefined,
      problems,
    ),
    opus: parseOpus(options.opus, problems),
    record: parseFolder(options.record, problems),
    directory: options.directory ?? new InMemorySessionDirectory(),
    clock: options.clock ?? null,
  };
  problems.push(...sessionProblems(options.session));
  if (problems.length > 0) throw new ConfigError(problems);
  return resolved;
}

/** What is wrong with the config that every call would get; a function's configs are judged call by call. */
function sessionProblems(session: RelayOptions['session']): ConfigProblem[] {
  if (session === undefined || typeof session === 'function') return [];
  try {
    resolveConfig(configForCall(session, 'twilio'));
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return thrown.problems.map((problem) => ({ ...problem, field: `session.${problem.field}` }));
  }
}

function portFromEnv(env: Readonly<Record<string, string | undefined>>, problems: ConfigProblem[]): number {
  const text = nonEmpty(env.HZRELAY_PORT);
  if (text === undefined) return defaultPort;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  problems.push({
    field: 'HZRELAY_PORT',
    problem: `is '${text}'.`,
    remedy: 'Give a port, 0 to 65535, or unset it.',
  });
  return defaultPort;
}

/** The address of a relay for the outside; null, with the problem told, where it is none. */
export function parsePublicUrl(text: string, problems: ConfigProblem[]): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (url && plain && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  problems.push({
    field: 'publicUrl',
    problem: text.includes('@') ? 'holds credentials.' : `'${text}' is no base address.`,
    remedy: 'Give scheme and host only, for example https://example.ngrok.app.',
  });
  return null;
}

function parseOpus(opus: unknown, problems: ConfigProblem[]): NonNullable<RelayOptions['opus']> {
  const parsed = opusOptions.safeParse(opus ?? {}, { reportInput: true });
  if (parsed.success) {
    const { complexity, bitrateBps } = parsed.data;
    return {
      ...(complexity !== undefined && { complexity: complexity as OpusComplexity }),
      ...(bitrateBps !== undefined && { bitrateBps }),
    };
  }
  for (const { path, input } of parsed.error.issues) {
    const field = ['opus', ...path.map(String)].join('.');
    const remedy = 'Give { complexity: 0 to 10, bitrateBps: 6000 to 510000 }, each optional.';
    problems.push({ field, problem: `is ${inspect(input)}.`, remedy });
  }
  return {};
}

function parseFolder(folder: unknown, problems: ConfigProblem[]): string | null {
  if (folder === undefined) return null;
  if (typeof folder === 'string' && folder !== '') return folder;
  const remedy = 'Give the path of a folder, which is made if need be, or leave it out.';
  problems.push({ field: 'record', problem: `is ${inspect(folder)}.`, remedy });
  return null;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
