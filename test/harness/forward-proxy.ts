/** A forward proxy, as in companies: it tunnels connections and records their targets. */
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

export interface ForwardProxy {
  /** For `HTTP_PROXY` or `HTTPS_PROXY`. */
  readonly url: string;
  /** Host and port of every requested tunnel. */
  readonly tunnels: readonly string[];
  close(): Promise<void>;
}

/** Starts a proxy on a free port. It connects only to this machine; other targets get a 502. */
export async function startForwardProxy(): Promise<ForwardProxy> {
  const tunnels: string[] = [];
  const server = createServer();
  server.on('connect', ({ url = '' }, client, head: Buffer) => {
    tunnels.push(url);
    const [host = '', port] = url.split(':');
    client.on('error', () => undefined);
    if (host !== '127.0.0.1') {
      client.end('HTTP/1.1 502 Not this machine\r\n\r\n');
      return;
    }
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
