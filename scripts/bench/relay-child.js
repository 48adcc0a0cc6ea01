/** The other end of `relay-process.js` and its like. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts a relay in a process of its own, with `env` added to its environment. Close it. */
export async function startRelayProcess(file = './relay-process.js', env = {}) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { env: { ...process.env, ...env } });
  const [{ url }] = await once(child, 'message');
  return {
    url,
    /** What it has used so far. */
    async usage() {
      child.send('usage');
      const [{ answer }] = await once(child, 'message');
      return answer;
    },
    async close() {
      child.send('close');
      await once(child, 'exit');
    },
  };
}
