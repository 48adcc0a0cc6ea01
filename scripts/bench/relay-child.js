/** The other end of `relay-process.js` and `talking-relay-process.js`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts a relay in a process of its own. Close it. */
export async function startRelayProcess(file = './relay-process.js') {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)));
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
