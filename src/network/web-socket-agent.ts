import type { Agent } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { proxyFor } from './proxy.js';

/**
 * The `agent` for a `ws` client that connects to this URL: a tunnel through the proxy that the environment names, or
 * undefined for a direct connection. Throws a ConfigError if the proxy's address is invalid.
 */
export function webSocketAgent(url: string | URL): Agent | undefined {
  const proxy = proxyFor(url);
  return proxy ? new HttpsProxyAgent(proxy) : undefined;
}
