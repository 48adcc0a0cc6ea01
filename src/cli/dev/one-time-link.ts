/**
 * A local address that redirects to another one, once. All users of a machine can read the arguments of its processes,
 * so the browser is started with this address and gets the secret one by the redirect.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../core/clock.js';

export interface OneTimeLink {
  readonly url: string;
  /** Resolves when the link was used or has expired. */
  readonly ended: Promise<void>;
  close(): void;
}

export interface OneTimeLinkOptions {
  readonly clock: Clock;
  /** How long a browser may take to start. @default 60000 */
  readonly lifetimeMs?: number;
  /** Whether a connection comes from this user. @default {@link isOwnConnection} */
  readonly isOwn?: (socket: Socket) => Promise<boolean>;
}

const defaultLifetimeMs = 60_000;

/** Opens a link to `target`. It closes itself after its first use, and does not keep the process alive. */
export async function openOneTimeLink(
  target: string,
  { clock, lifetimeMs = defaultLifetimeMs, isOwn = isOwnConnection }: OneTimeLinkOptions,
): Promise<OneTimeLink> {
  const path = `/${randomBytes(24).toString('base64url')}`;
  const server = createServer((request, response) => {
    void (async () => {
      const isMeant = request.method === 'GET' && request.url === path && (await isOwn(request.socket));
      // Another request may have used the link while isOwn() was pending.
      if (!isMeant || used) {
        response.writeHead(404, { connection: 'close' }).end();
        return;
      }
      used = true;
      response
        .writeHead(302, { location: target, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
        .end(close);
    })();
  });
  let used = false;
  const ended = new Promise<void>((resolve) => server.once('close', resolve));
  const close = (): void => {
    timer.cancel();
    server.close();
    server.closeAllConnections();
  };
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  const timer = clock.setTimer(lifetimeMs, close);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}${path}`, ended, close };
}

/**
 * Whether the other end of a connection on this machine belongs to this user, or to root, who can read everything anyway.
 * Only Linux can tell; elsewhere, and if the connection is not listed, it counts as the user's.
 *
 * Source: https://docs.kernel.org/networking/proc_net_tcp.html
 */
export async function isOwnConnection({ remotePort, localPort }: Socket): Promise<boolean> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const hex = (port = 0): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of tables.join('\n').split('\n')) {
    const [, local = '', remote = '', , , , , uid] = line.trim().split(/\s+/);
    if (local.endsWith(hex(remotePort)) && remote.endsWith(hex(localPort)))
      return [0, process.getuid?.() ?? 0].includes(Number(uid));
  }
  return true;
}
