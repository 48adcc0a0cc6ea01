import { inspect } from 'node:util';
import { z } from 'zod';
import type { OpusComplexity } from '../audio/opus-encoder.js';
import type { PageIntroduction } from '../call-view/introduction.js';
import type { Clock } from '../core/clock.js';
import { ConfigError, type ConfigProblem } from '../core/errors.js';
import type { AnyDefinition } from '../providers/provider-definition.js';
import type { ToolSchemas } from '../session/agent-tools.js';
import type { Session } from '../session/session.js';
import type { CallInfo, TransportType } from '../transport/transport.js';
import {
  resolveWebRtcOptions,
  type ResolvedWebRtcOptions,
  type WebRtcOptions,
} from '../transport/webrtc/ice-options.js';
import { maxTypedLength } from '../transport/webrtc/page-protocol.js';
import { isLoopback } from './http/access.js';
import { configForAnyCall, resolveConfig, type RelaySessionConfig } from './config/config.js';
import { spellingRemedy } from './config/field-suggestion.js';
import { readPublicUrl } from './http/public-url.js';
import { twilioAccountOf, type TwilioCallAccount } from './twilio-call-account.js';
import { InMemorySessionDirectory, type SessionDirectory } from './session-directory.js';

/** A call that has reached the relay. */
export interface IncomingCall extends CallInfo {
  readonly transport: TransportType;
}

/** A message of the relay itself, apart from its sessions' events. */
export interface RelayNotice {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

export interface RelayOptions<Schemas extends ToolSchemas = ToolSchemas> {
  /**
   * The config of each call's session, or a function that returns it within ten seconds; if it fails, the call is
   * ended. Without `inbound` it serves phone and browser calls alike. Without `session`, calls go to waiting sessions.
   */
  readonly session?:
    RelaySessionConfig<Schemas> | ((call: IncomingCall) => RelaySessionConfig | Promise<RelaySessionConfig>);
  /**
   * Called with every session that gets a call, before the call starts: subscribe to its events here. A returned
   * promise is not awaited. An error is reported as a notice and does not affect the call.
   */
  readonly onSession?: (session: Session, call: IncomingCall) => unknown;
  /** Your own providers, made by `defineProvider()`; every session's config may name them. @default none */
  readonly providers?: readonly AnyDefinition[];
  /** Called with the relay's own messages. */
  readonly onNotice?: (notice: RelayNotice) => void;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 picks any free port. @default HZRELAY_PORT, else 8787 */
  readonly port?: number;
  /**
   * The relay's public address: that of a tunnel or proxy (https), optionally with a path under which the relay is
   * served.
   */
  readonly publicUrl?: string;
  /**
   * Origins of your own pages that may use the relay, for example `http://localhost:5173`, in addition to the page that
   * it serves. They need the token when any other client does. @default none
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * Twilio's auth token; with it, every Twilio request must be signed. While tokens are rotated, two are valid: give
   * both.
   * @default TWILIO_AUTH_TOKEN and TWILIO_AUTH_TOKEN_SECONDARY
   */
  readonly twilioAuthToken?: string | readonly string[];
  /**
   * Opens another media stream for a call that has lost its own, where Twilio does not ask the relay to; null for
   * never.
   * @default the account in the environment: TWILIO_ACCOUNT_SID with the auth token or an API key
   */
  readonly twilioAccount?: TwilioCallAccount | null;
  /** How many calls may run at once. @default 50 */
  readonly maxSessions?: number;
  /** How many media sockets may be open before they sent their token. @default 100 */
  readonly maxPendingSockets?: number;
  /** Largest WebSocket message in bytes. @default 65536 */
  readonly maxMessageBytes?: number;
  /** How long a media socket may take to send its token. @default 5000 */
  readonly startTimeoutMs?: number;
  /** How long the headers and body of a request may take to arrive. @default 15000 */
  readonly requestTimeoutMs?: number;
  /** How browsers reach the relay: addresses, ports, STUN and TURN servers. */
  readonly webrtc?: WebRtcOptions;
  /** How the agent's voice is encoded for browsers. */
  readonly opus?: {
    /** Encoder complexity, 0 to 10: more CPU for better quality. @default 5 */
    readonly complexity?: OpusComplexity;
    /** Bits per second, 6000 to 510000. @default 32000 */
    readonly bitrateBps?: number;
  };
  /**
   * Records every call in this folder: one folder per session with its events, both sides of its audio, its metrics and
   * its config without secrets. @default nothing is recorded
   */
  readonly record?: string;
  /** What the test page tells a visitor before the call, or a function that returns it. */
  readonly page?: PageIntroduction | (() => PageIntroduction);
  /** Where snapshots of sessions are stored. @default in memory */
  readonly directory?: SessionDirectory;
  /** @default the machine's monotonic clock */
  readonly clock?: Clock;
}

export interface ResolvedRelayOptions {
  readonly session: RelayOptions['session'];
  readonly onSession: RelayOptions['onSession'];
  readonly onNotice: RelayOptions['onNotice'];
  readonly providers: readonly AnyDefinition[];
  readonly host: string;
  readonly port: number;
  readonly publicUrl: URL | null;
  /** Tokens that Twilio may sign with; empty if signatures cannot be checked. */
  readonly twilioAuthTokens: readonly string[];
  readonly twilioAccount: TwilioCallAccount | null;
  readonly allowedOrigins: readonly string[];
  readonly maxSessions: number;
  readonly maxPendingSockets: number;
  readonly maxMessageBytes: number;
  readonly startTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly webrtc: ResolvedWebRtcOptions;
  readonly opus: NonNullable<RelayOptions['opus']>;
  readonly record: string | null;
  readonly page: () => PageIntroduction;
  readonly directory: SessionDirectory;
  readonly clock: Clock | null;
}

const defaultHost = '127.0.0.1';
const defaultPort = 8787;
const opusOptions = z.strictObject({
  complexity: z.number().int().min(0).max(10).optional(),
  bitrateBps: z.number().int().min(6000).max(510_000).optional(),
});
const pageIntroduction = z.strictObject({
  agent: z.string().optional(),
  providers: z.strictObject({ stt: z.string(), llm: z.string(), tts: z.string() }).optional(),
  suggestions: z.array(z.string().min(1).max(maxTypedLength)).optional(),
});
const positive = z.number().int().positive();

const fields: Readonly<Record<keyof RelayOptions, true>> = {
  session: true,
  onSession: true,
  providers: true,
  onNotice: true,
  host: true,
  port: true,
  publicUrl: true,
  allowedOrigins: true,
  twilioAuthToken: true,
  twilioAccount: true,
  maxSessions: true,
  maxPendingSockets: true,
  maxMessageBytes: true,
  startTimeoutMs: true,
  requestTimeoutMs: true,
  webrtc: true,
  opus: true,
  record: true,
  page: true,
  directory: true,
  clock: true,
};
/** What people write here that belongs to a session's config. */
const sessionFields: ReadonlySet<string> = new Set(['agent', 'stt', 'llm', 'tts', 'inbound', 'turnTaking']);

function unknownFields(options: object): ConfigProblem[] {
  return Object.entries(options).flatMap(([field, value]) => {
    if (value === undefined || Object.hasOwn(fields, field)) return [];
    const remedy = sessionFields.has(field)
      ? `It belongs to a session's config: write session: { ${field}: … }.`
      : spellingRemedy(field, Object.keys(fields));
    return [{ field, problem: 'is not an option of a relay.', remedy }];
  });
}

/** Fills in environment and defaults. Throws a ConfigError that lists every problem. */
export function resolveRelayOptions(
  options: RelayOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedRelayOptions {
  const problems: ConfigProblem[] = unknownFields(options);
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
    providers: options.providers ?? [],
    host: options.host ?? defaultHost,
    port: number(
      'port',
      z.number().int().min(0).max(65_535),
      // An option overrides the environment, even an invalid variable.
      options.port === undefined ? portFromEnv(env, problems) : defaultPort,
      'Give a port, 0 to 65535.',
    ),
    publicUrl: options.publicUrl === undefined ? null : parsePublicUrl(options.publicUrl, problems),
    twilioAuthTokens: authTokens(options.twilioAuthToken, env),
    twilioAccount: parseAccount(options.twilioAccount, env, problems),
    allowedOrigins: parseOrigins(options.allowedOrigins, problems),
    maxSessions: number('maxSessions', positive, 50, count),
    maxPendingSockets: number('maxPendingSockets', positive, 100, count),
    maxMessageBytes: number('maxMessageBytes', positive, 65_536, count),
    startTimeoutMs: number('startTimeoutMs', positive, 5000, count),
    requestTimeoutMs: number('requestTimeoutMs', positive, 15_000, count),
    webrtc: resolveWebRtcOptions(
      options.webrtc,
      isLoopback(options.host ?? defaultHost) && options.publicUrl === undefined,
      problems,
    ),
    opus: parseOpus(options.opus, problems),
    record: parseFolder(options.record, problems),
    page: parsePage(options.page, problems),
    directory: options.directory ?? new InMemorySessionDirectory(),
    clock: parseClock(options.clock, problems),
  };
  problems.push(...sessionProblems(options.session, resolved.providers));
  if (problems.length > 0) throw new ConfigError(problems);
  return resolved;
}

/** Problems of the config that every call would get; a function's configs are checked at each call. */
function sessionProblems(
  session: RelayOptions['session'],
  providers: readonly AnyDefinition[],
): ConfigProblem[] {
  if (session === undefined || typeof session === 'function') return [];
  try {
    resolveConfig(configForAnyCall(session), process.env, providers);
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

/** Parses a relay's public address; if it is invalid, adds the problem and returns null. */
export function parsePublicUrl(text: string, problems: ConfigProblem[]): URL | null {
  const reading = readPublicUrl(text);
  if (reading.ok) return reading.url;
  const { problem, remedy } = reading;
  problems.push({ field: 'publicUrl', problem, remedy });
  return null;
}

function authTokens(
  given: RelayOptions['twilioAuthToken'],
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const tokens = [given ?? []].flat().filter((token) => token !== '');
  if (tokens.length > 0) return tokens;
  return [env.TWILIO_AUTH_TOKEN, env.TWILIO_AUTH_TOKEN_SECONDARY].filter(
    (token) => nonEmpty(token) !== undefined,
  ) as string[];
}

function parseAccount(
  account: unknown,
  env: Readonly<Record<string, string | undefined>>,
  problems: ConfigProblem[],
): TwilioCallAccount | null {
  if (account === undefined) return twilioAccountOf(env);
  if (account === null) return null;
  const { accountSid, redirectCall } = Object(account) as Readonly<Record<string, unknown>>;
  if (typeof accountSid === 'string' && typeof redirectCall === 'function')
    return account as TwilioCallAccount;
  const remedy = 'Give { accountSid, redirectCall(callSid, twiml) }, null, or leave it out.';
  problems.push({ field: 'twilioAccount', problem: 'is not an account.', remedy });
  return null;
}

/**
 * Origins as browsers send them (RFC 6454, section 6.2): scheme, host, and the port unless it is the scheme's default.
 */
function parseOrigins(given: unknown, problems: ConfigProblem[]): readonly string[] {
  if (given === undefined) return [];
  const remedy = 'Give scheme, host and port of your page, for example http://localhost:5173.';
  if (!Array.isArray(given)) {
    problems.push({ field: 'allowedOrigins', problem: 'is not a list.', remedy });
    return [];
  }
  return given.flatMap((text: unknown, index) => {
    const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : null;
    const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
    if (url && isWeb && url.href === `${url.origin}/`) return [url.origin];
    problems.push({ field: `allowedOrigins[${index}]`, problem: `is ${inspect(text)}.`, remedy });
    return [];
  });
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

function parseClock(clock: unknown, problems: ConfigProblem[]): Clock | null {
  if (clock === undefined) return null;
  const { nowMs, setTimer, wallMs } = Object(clock) as Readonly<Record<string, unknown>>;
  const wrong = [
    ...(typeof nowMs === 'function' ? [] : ['nowMs']),
    ...(typeof setTimer === 'function' ? [] : ['setTimer']),
    ...(wallMs === undefined || typeof wallMs === 'function' ? [] : ['wallMs']),
  ];
  if (wrong.length === 0) return clock as Clock;
  const remedy =
    'Give { nowMs(), setTimer(delayMs, callback) }, optionally with wallMs(), or leave it out for the clock of the machine.';
  problems.push({ field: 'clock', problem: `has no function ${wrong.join(' and ')}.`, remedy });
  return null;
}

function parseFolder(folder: unknown, problems: ConfigProblem[]): string | null {
  if (folder === undefined) return null;
  if (typeof folder === 'string' && folder !== '') return folder;
  const remedy = 'Give the path of a folder, which is made if it is missing, or leave it out.';
  problems.push({ field: 'record', problem: `is ${inspect(folder)}.`, remedy });
  return null;
}

function parsePage(page: RelayOptions['page'], problems: ConfigProblem[]): () => PageIntroduction {
  if (typeof page === 'function') return () => pageIntroduction.parse(page());
  const given = page ?? {};
  if (pageIntroduction.safeParse(given).success) return () => given;
  const remedy =
    "Give { agent: 'an appointment desk', suggestions: ['book my appointment'] }, each optional, or a function that returns it.";
  problems.push({ field: 'page', problem: `is ${inspect(page)}.`, remedy });
  return () => ({});
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
