import { isLoopback } from '../access.js';

/**
 * The origin of an address at which the internet reaches a relay, or what is wrong with it as a sentence with its remedy.
 * Twilio's streams want https; http is for this machine alone, where a simulator may stand for Twilio.
 */
export function readPublicOrigin(
  text: string,
): { readonly ok: true; readonly origin: string } | { readonly ok: false; readonly problem: string } {
  const remedy = 'Give scheme and host only, for example https://example.ngrok.app.';
  const wrong = (what: string): { ok: false; problem: string } => ({
    ok: false,
    problem: `${what} ${remedy}`,
  });
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.username !== '' || url.password !== '')) return wrong('It holds credentials.');
  if (!url?.host) return wrong(`'${text}' is no address.`);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return wrong(`'${text}' is more than an origin.`);
  const isSecure = url.protocol === 'https:';
  if (!isSecure && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    return wrong(`'${text}' does not begin with https://.`);
  if (isSecure && url.port !== '' && url.port !== '443')
    return wrong(`'${text}' names a port, and Twilio’s streams use 443 only.`);
  return { ok: true, origin: url.origin };
}
