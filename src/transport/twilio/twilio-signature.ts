import { createHmac, timingSafeEqual } from 'node:crypto';
import { parse, stringify } from 'node:querystring';
import type { WebhookForm } from './webhook-form.js';

/** A request that claims to come from Twilio. */
export interface SignedRequest {
  /** The account's auth token; all valid ones while tokens rotate. */
  readonly authToken: string | readonly string[];
  /** The `X-Twilio-Signature` header. */
  readonly signature: string | undefined;
  /** The URL as configured at Twilio: built from the public address, not from the Host header. */
  readonly url: string;
  /** The form fields of a webhook; left out for a WebSocket upgrade, which has none. */
  readonly params?: WebhookForm;
}

/** Whether a header has the form of a signature: base64 of 20 bytes. Other headers need no further check. */
export function isSignatureShaped(header: string): boolean {
  return /^[A-Za-z0-9+/]{27}=$/.test(header);
}

/**
 * Whether a request was signed with one of the account's tokens. A webhook's URL is tried in the spellings of Twilio's
 * own helper: with and without port, as received and as a parser writes it. A WebSocket upgrade is signed too, but the
 * spelling of its URL is not documented and has varied: the ws and http schemes are tried, with and without a trailing
 * slash and the port. The fields are sorted and joined once for all spellings.
 *
 * Source: https://www.twilio.com/docs/usage/security, `validateRequest` of the package `twilio`, and for streams
 * https://www.twilio.com/docs/global-infrastructure/firewall-configurations/media-streams-configuration
 */
export function isSignedByTwilio({ authToken, signature, url, params }: SignedRequest): boolean {
  if (signature === undefined || !isSignatureShaped(signature) || !URL.canParse(url)) return false;
  const given = Buffer.from(signature);
  const fields = params ? signedFields(params) : '';
  const urls = params ? webhookUrls(url) : upgradeUrls(url);
  return [authToken].flat().some((token) =>
    urls.some((candidate) => {
      const expected = createHmac('sha1', token).update(candidate).update(fields).digest('base64');
      return timingSafeEqual(given, Buffer.from(expected));
    }),
  );
}

/** The fields as Twilio signs them: sorted by name; for a repeated field each different value, also sorted. */
function signedFields(params: WebhookForm): string {
  return Object.keys(params)
    .sort()
    .map((name) => {
      const value = params[name] ?? '';
      if (typeof value === 'string') return name + value;
      return [...new Set(value)]
        .sort()
        .map((one) => name + one)
        .join('');
    })
    .join('');
}

/** Spellings of a webhook's URL: at most six, for most addresses two. */
export function webhookUrls(url: string): readonly string[] {
  const normal = new URL(url).href;
  const asReceived = withAndWithoutPort(url);
  const normalized = withAndWithoutPort(normal);
  return [...new Set([...asReceived, ...normalized, ...normalized.map(withLegacyQuery)])];
}

/** Works on text, since a parser would change the characters that Twilio signed. */
function withAndWithoutPort(url: string): readonly string[] {
  const parts = /^([a-z]+:\/\/)(\[[^\]]*\]|[^/?#:]*)(:\d+)?(.*)$/is.exec(url);
  if (!parts) return [url];
  const [, scheme = '', host = '', port, rest = ''] = parts;
  const standard = scheme.toLowerCase() === 'https://' ? ':443' : ':80';
  return [`${scheme}${host}${rest}`, `${scheme}${host}${port ?? standard}${rest}`];
}

/** Some of Twilio's back ends sign an escaped form of the query. */
function withLegacyQuery(url: string): string {
  const at = url.indexOf('?');
  return at === -1 || at === url.length - 1
    ? url
    : `${url.slice(0, at)}?${stringify(parse(url.slice(at + 1)))}`;
}

function upgradeUrls(url: string): readonly string[] {
  const { protocol, hostname, port, pathname } = new URL(url);
  const isSecure = protocol === 'wss:' || protocol === 'https:';
  const schemes = isSecure ? ['wss', 'https'] : ['ws', 'http'];
  const hosts = [hostname, `${hostname}:${port || (isSecure ? 443 : 80)}`];
  const path = pathname.replace(/\/$/, '');
  return schemes.flatMap((scheme) =>
    hosts.flatMap((at) => [`${scheme}://${at}${path}`, `${scheme}://${at}${path}/`]),
  );
}
