import { getProxyForUrl } from 'proxy-from-env';
import { ConfigError } from '../core/errors.js';

/**
 * The proxy that requests to this URL go through, from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` (upper
 * or lower case), as curl and npm read them; null if there is none. WebSockets use the variable of the matching HTTP
 * scheme. Throws a ConfigError if the address is invalid; it does not quote the address, which may contain a password.
 */
export function proxyFor(url: string | URL): URL | null {
  const target = new URL(url);
  // There is no commonly used variable for the `wss` scheme.
  const scheme = /^(wss|https):$/.test(target.protocol) ? 'https' : 'http';
  const proxy = getProxyForUrl(`${scheme}://${target.host}`);
  if (proxy === '') return null;
  const parsed = URL.canParse(proxy) ? new URL(proxy) : null;
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed;
  const variable = scheme === 'https' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  throw new ConfigError([
    {
      field: variable,
      problem: 'is not the address of an HTTP proxy.',
      remedy: `Write it like http://proxy.example.com:3128, or exempt ${target.hostname} in NO_PROXY.`,
    },
  ]);
}
