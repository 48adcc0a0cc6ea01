import { once } from 'node:events';
import { createServer } from 'node:net';
import { z } from 'zod';
import { messageOf } from '../../core/errors.js';
import type { Check, Finding } from './check.js';

const health = z.object({ status: z.enum(['ok', 'draining']), sessions: z.number() });

const defaultPort = 8787;

/** The port that the environment sets for `hzrelay dev`; null if the value is not a port. */
export function relayPort({
  HZRELAY_PORT: named,
}: Readonly<Record<string, string | undefined>>): number | null {
  if (named === undefined || named === '') return defaultPort;
  return /^\d+$/.test(named) && Number(named) <= 65_535 ? Number(named) : null;
}

/** Whether `hzrelay dev` can listen, or already does. */
export function portCheck(port: number | null, named: string | undefined): Check {
  return {
    name: 'port',
    async run(signal): Promise<Finding> {
      const remedy =
        'Choose another: hzrelay dev --port 0 takes any free one, HZRELAY_PORT sets the default.';
      if (port === null)
        return {
          status: 'problem',
          message: `HZRELAY_PORT is '${String(named)}', which is not a port.`,
          remedy,
        };
      try {
        await listenOnce(port);
        return { status: 'ok', message: `Port ${port} is free.` };
      } catch (thrown) {
        const { code } = thrown as NodeJS.ErrnoException;
        if (code !== 'EADDRINUSE') return { status: 'problem', message: messageOf(thrown), remedy };
      }
      const sessions = await sessionsOf(port, signal);
      if (sessions === null)
        return { status: 'problem', message: `Port ${port} is used by another program.`, remedy };
      return {
        status: 'note',
        message: `hzrelay already runs on port ${port}, with ${sessions === 1 ? '1 call' : `${sessions} calls`}.`,
      };
    },
  };
}

async function listenOnce(port: number): Promise<void> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

/** The number of calls of an hzrelay on that port; null if none answers. */
async function sessionsOf(port: number, signal: AbortSignal): Promise<number | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal });
    return health.parse(await answer.json()).sessions;
  } catch {
    return null;
  }
}
