import { proxyFor } from './proxy.js';

/** HTTP to one service over connections that stay open between requests. Close it when no more requests follow. */
export interface HttpClient {
  /** Like the platform's `fetch`, for the service's own URLs. */
  readonly fetch: typeof globalThis.fetch;
  /** Whether an open connection is unused. */
  readonly hasIdleConnection: boolean;
  /** Ends idle connections at once and the others with their request. Idempotent. */
  close(): Promise<void>;
}

/**
 * How long an idle connection is kept. Undici's default of 4 s is shorter than the pause between two turns, so every
 * turn would need a new TCP and TLS handshake. A shorter time announced by the server (`Keep-Alive: timeout=…`) is
 * respected.
 */
export const keepConnectionMs = 120_000;

/** Loads what clients need, for a caller that is about to measure time. */
export async function loadHttp(): Promise<void> {
  await import('undici');
}

/**
 * Makes a client for one service; it connects at the first request. Requests go through the proxy that the environment
 * names for `baseUrl`. Idle connections do not keep the process alive. Throws a ConfigError if the proxy's address is
 * invalid.
 */
export async function openHttpClient(baseUrl: string | URL): Promise<HttpClient> {
  const proxy = proxyFor(baseUrl);
  const { Agent, Pool, ProxyAgent, fetch } = await import('undici');
  const pools = new Set<InstanceType<typeof Pool>>();
  const kept = {
    keepAliveTimeout: keepConnectionMs,
    keepAliveMaxTimeout: keepConnectionMs,
    // Makes the same pools as undici's default, but keeps them in `pools` for their statistics.
    factory: (origin: string | URL, options: object) => {
      for (const pool of pools) if (pool.closed || pool.destroyed) pools.delete(pool);
      const pool = new Pool(origin, options);
      pools.add(pool);
      return pool;
    },
  };
  const dispatcher = proxy ? new ProxyAgent({ uri: proxy.href, ...kept }) : new Agent(kept);
  let closed: Promise<void> | null = null;
  return {
    fetch: ((input: Parameters<typeof fetch>[0], init?: Parameters<typeof fetch>[1]) =>
      fetch(input, { ...init, dispatcher })) as unknown as typeof globalThis.fetch,
    get hasIdleConnection() {
      return [...pools].some(({ stats }) => stats.connected > stats.running);
    },
    close: () => (closed ??= dispatcher.close()),
  };
}
