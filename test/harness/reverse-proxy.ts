/**
 * A reverse proxy in front of a relay. It may strip a path and replace the Host. It passes upgrades on.
 */
import { createServer, request, type IncomingMessage, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReverseProxyOptions {
  /** Prefix to strip from every path, like nginx with `location /voice/ { proxy_pass http://relay:8787/; }`. */
  readonly strips?: string;
  /** The Host that the relay gets, for example `relay:8787`. @default the client's */
  readonly host?: string;
}

export interface ReverseProxy {
  /** Its origin: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Sets the target; without it requests get a 502. */
  leadTo(relayUrl: string): void;
  close(): Promise<void>;
}

/** Starts a proxy on a free port. */
export async function startReverseProxy({ strips = '', host }: ReverseProxyOptions): Promise<ReverseProxy> {
  let target: URL | null = null;
  const passedOn = (incoming: IncomingMessage): RequestOptions => {
    const { method, url = '/', headers } = incoming;
    const path = url.startsWith(strips) ? url.slice(strips.length) || '/' : url;
    const to = { hostname: target?.hostname, port: target?.port, agent: false } as const;
    return { ...to, method, path, headers: { ...headers, ...(host !== undefined && { host }) } };
  };
  const server = createServer((incoming, answer) => {
    const asking = request(passedOn(incoming), (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    asking.on('error', () => answer.writeHead(502).end());
    incoming.pipe(asking);
  });
  server.on('upgrade', (incoming: IncomingMessage, client, head: Buffer) => {
    const asking = request(passedOn(incoming));
    client.on('error', () => asking.destroy());
    asking.on('error', () => client.destroy());
    asking.on('response', ({ statusCode = 502 }) => client.end(`HTTP/1.1 ${statusCode} Refused\r\n\r\n`));
    asking.on('upgrade', ({ rawHeaders }, relay, first) => {
      const lines = rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1] ?? ''}`] : [],
      );
      client.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      client.write(first);
      relay.write(head);
      relay.on('error', () => client.destroy());
      client.on('error', () => relay.destroy());
      client.pipe(relay).pipe(client);
    });
    asking.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: (relayUrl) => {
      target = new URL(relayUrl);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
