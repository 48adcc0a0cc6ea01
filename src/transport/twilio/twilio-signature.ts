/** A request that claims to come from Twilio. */
export interface SignedRequest {
  readonly authToken: string;
  /** The `X-Twilio-Signature` header. */
  readonly signature: string | undefined;
  /** The URL as Twilio was given it: built from the configured public origin, not from the Host header. */
  readonly url: string;
  /** The form fields of a webhook; left out for a WebSocket upgrade, which has none. */
  readonly params?: Readonly<Record<string, string>>;
}

/**
 * Whether a request was signed with the account's token. For a webhook the URL is taken as it is (Twilio's helper allows
 * for the default port). A WebSocket upgrade is signed too; which spelling of its URL is not documented and has varied, so
 * there the ws and the http scheme, with and without a trailing slash and the default port, all count.
 *
 * Source: https://www.twilio.com/docs/usage/security, and for streams
 * https://www.twilio.com/docs/global-infrastructure/firewall-configurations/media-streams-configuration
 */
export async function isSignedByTwilio({
  authToken,
  signature,
  url,
  params,
}: SignedRequest): Promise<boolean> {
  if (!signature || !URL.canParse(url)) return false;
  // The module alone, and only when it is needed: the whole package takes 100 ms to load, this takes 8.
  const { validateRequest } = await import('twilio/lib/webhooks/webhooks.js');
  const candidates = params ? [url] : upgradeUrls(url);
  return candidates.some((candidate) => validateRequest(authToken, signature, candidate, { ...params }));
}

function upgradeUrls(url: string): readonly string[] {
  const { protocol, host, hostname, port, pathname } = new URL(url);
  const isSecure = protocol === 'wss:' || protocol === 'https:';
  const schemes = isSecure ? ['wss', 'https'] : ['ws', 'http'];
  const hosts = port === '' ? [host, `${hostname}:${isSecure ? 443 : 80}`] : [host];
  const path = pathname.replace(/\/$/, '');
  return schemes.flatMap((scheme) =>
    hosts.flatMap((at) => [`${scheme}://${at}${path}`, `${scheme}://${at}${path}/`]),
  );
}
