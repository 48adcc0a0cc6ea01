/** The parent's end of `relay-process.js` and similar files. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts a relay in a child process, with `env` added to its environment. Close it. */
export async function startRelayProcess(file = './relay-process.js', env = {}) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), { env: { ...process.env, ...env } });
  const [{ url }] = await once(child, 'message');
  let asking = Promise.resolve();
  return {
    url,
    /** The child's resource usage so far. */
    usage() {
      // One question after the other, since answers do not name theirs.
      asking = asking.then(async () => {
        child.send('usage');
        const [{ answer }] = await once(child, 'message');
        return answer;
      });
      return asking;
    },
    async close() {
      child.send('close');
      await once(child, 'exit');
    },
  };
}
