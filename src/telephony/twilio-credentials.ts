/** The Twilio account in the environment, the logins for its REST API, and the API's address. */
import { ConfigError, type ConfigProblem } from '../core/errors.js';

/** A user name and password of the REST API. */
export interface TwilioLogin {
  /** The account's SID, or that of an API key. */
  readonly user: string;
  readonly secret: string;
}

export interface TwilioCredentials {
  readonly accountSid: string;
  /**
   * The logins that are set, in this order: API key, auth token, secondary auth token. The next is tried when one is refused:
   * tokens rotate, and some API keys have limited permissions.
   */
  readonly logins: readonly TwilioLogin[];
  /** The account's data centre (edge) and region; empty for Twilio's defaults. */
  readonly edge: string;
  readonly region: string;
  /** An origin that replaces Twilio's own, such as a proxy or a simulator; null for Twilio's. */
  readonly baseUrl: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

const consoleUrl = 'https://console.twilio.com';

/** Whether the environment has an account and a login, valid or not. */
export function hasTwilioCredentials(env: Environment = process.env): boolean {
  const hasLogin = env.TWILIO_AUTH_TOKEN || env.TWILIO_AUTH_TOKEN_SECONDARY || env.TWILIO_API_KEY;
  return Boolean(env.TWILIO_ACCOUNT_SID) && Boolean(hasLogin);
}

/** The account in the environment. Throws a ConfigError that lists every missing or invalid variable. */
export function twilioCredentials(env: Environment = process.env): TwilioCredentials {
  const { TWILIO_ACCOUNT_SID: accountSid = '', TWILIO_API_KEY: key = '' } = env;
  const problems: ConfigProblem[] = [];
  const missing = (field: string): void =>
    void problems.push({ field, problem: 'is not set.', remedy: `Copy it from ${consoleUrl}.` });
  if (accountSid === '') missing('TWILIO_ACCOUNT_SID');
  else if (!/^AC[0-9a-f]{32}$/i.test(accountSid))
    problems.push({
      field: 'TWILIO_ACCOUNT_SID',
      problem: accountSid.startsWith('SK') ? 'is the SID of an API key.' : 'is not an account SID.',
      remedy: `Copy it from ${consoleUrl}: AC and 32 hex digits. API keys go into TWILIO_API_KEY and TWILIO_API_KEY_SECRET.`,
    });
  const logins: TwilioLogin[] = [];
  if (key !== '') {
    const secret = env.TWILIO_API_KEY_SECRET ?? '';
    if (!/^SK[0-9a-f]{32}$/i.test(key))
      problems.push({
        field: 'TWILIO_API_KEY',
        problem: 'is no SID of an API key.',
        remedy: `Copy it from ${consoleUrl}: SK and 32 hex digits. Set TWILIO_API_KEY_SECRET too.`,
      });
    if (secret === '') missing('TWILIO_API_KEY_SECRET');
    logins.push({ user: key, secret });
  }
  for (const token of [env.TWILIO_AUTH_TOKEN, env.TWILIO_AUTH_TOKEN_SECONDARY])
    if (token) logins.push({ user: accountSid, secret: token });
  if (logins.length === 0) missing('TWILIO_AUTH_TOKEN');
  const edge = placeFrom('TWILIO_EDGE', env, problems);
  const region = placeFrom('TWILIO_REGION', env, problems);
  const baseUrl = baseUrlFrom(env.TWILIO_BASE_URL ?? '', problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { accountSid, logins, edge, region, baseUrl };
}

/**
 * The address of the REST API, such as `https://api.dublin.ie1.twilio.com` for an edge and a region.
 *
 * Source: https://www.twilio.com/docs/global-infrastructure/using-the-twilio-rest-api-in-a-non-us-region
 */
export function apiOrigin({
  baseUrl,
  edge,
  region,
}: Pick<TwilioCredentials, 'baseUrl' | 'edge' | 'region'>): string {
  if (baseUrl !== null) return baseUrl;
  // Without a region, the edge belongs to the default region.
  const place = [edge, region || (edge && 'us1')].filter((part) => part !== '');
  return `https://${['api', ...place, 'twilio.com'].join('.')}`;
}

/** Reads an edge or a region, which becomes part of Twilio's host name. */
function placeFrom(
  field: 'TWILIO_EDGE' | 'TWILIO_REGION',
  env: Environment,
  problems: ConfigProblem[],
): string {
  const place = env[field] ?? '';
  if (/^[a-z0-9-]*$/i.test(place)) return place;
  const example = field === 'TWILIO_EDGE' ? 'dublin' : 'ie1';
  problems.push({ field, problem: `is not a name such as ${example}.`, remedy: 'Correct or unset it.' });
  return '';
}

function baseUrlFrom(text: string, problems: ConfigProblem[]): string | null {
  if (text === '') return null;
  const url = URL.canParse(text) ? new URL(text.replace(/^ws/, 'http')) : null;
  if (url && /^https?:$/.test(url.protocol) && url.username === '') return url.href.replace(/\/$/, '');
  problems.push({
    field: 'TWILIO_BASE_URL',
    problem: 'is not a server address.',
    remedy: 'Set one such as https://api.dublin.ie1.twilio.com, or unset it.',
  });
  return null;
}
