import { BlockList, isIP } from 'node:net';
import { getProxyForUrl } from 'proxy-from-env';
import { ConfigError } from '../core/errors.js';

/**
 * The proxy that requests to this URL go through, from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` (upper
 * or lower case), as curl reads them: a proxy without a scheme speaks HTTP, and `NO_PROXY` covers the subdomains of a name
 * and the addresses of a network like 10.0.0.0/8. Null if there is none. WebSockets use the variable of the matching HTTP
 * scheme. Throws a ConfigError if the address is invalid; it does not quote the address, which may contain a password.
 */
export function proxyFor(url: string | URL): URL | null {
  const target = new URL(url);
  // There is no commonly used variable for the `wss` scheme.
  const scheme = /^(wss|https):$/.test(target.protocol) ? 'https' : 'http';
  if (getProxyForUrl(`${scheme}://${target.host}`) === '' || isExempt(target.hostname)) return null;
  const [variable, given] = variableOf(`${scheme}_proxy`) ?? variableOf('all_proxy') ?? [];
  if (variable === undefined || given === undefined) return null;
  const address = given.includes('://') ? given : `http://${given}`;
  const parsed = URL.canParse(address) ? new URL(address) : null;
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed;
  throw new ConfigError([
    {
      field: variable,
      problem: 'is not the address of an HTTP proxy.',
      remedy: `Write it like http://proxy.example.com:3128, or exempt ${target.hostname} in NO_PROXY.`,
    },
  ]);
}

/** A variable's name as it is set, and its value. Lower case comes first, as with curl. */
function variableOf(name: string): readonly [string, string] | null {
  for (const spelt of [name, name.toUpperCase()]) {
    const value = process.env[spelt];
    if (value) return [spelt, value];
  }
  return null;
}

/** Whether `NO_PROXY` exempts a host in one of the forms that `proxy-from-env` does not know. */
function isExempt(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const family = isIP(host);
  const networks = new BlockList();
  for (const entry of (variableOf('no_proxy')?.[1] ?? '').toLowerCase().split(/[\s,]+/)) {
    if (family === 0 && entry !== '' && host.endsWith(`.${entry}`)) return true;
    const [network = '', bits = ''] = entry.split('/');
    const [networkFamily, prefix] = [isIP(network), Number(bits)];
    if (networkFamily === 0 || !/^\d+$/.test(bits) || prefix > (networkFamily === 4 ? 32 : 128)) continue;
    networks.addSubnet(network, prefix, networkFamily === 4 ? 'ipv4' : 'ipv6');
  }
  return family !== 0 && networks.check(host, family === 4 ? 'ipv4' : 'ipv6');
}
