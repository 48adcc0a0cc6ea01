/** Reports a relay process's resource usage to `relay-child.js`. */
import { watchLoopDelay } from '../measuring/loop-delay.js';

/** Answers requests until it is closed; `more` adds figures. */
export function serveUsage(relay, more = () => ({})) {
  let endLoopWatch = watchLoopDelay();
  const answers = {
    /** Processor time so far in milliseconds, and the event loop's delays since the last request. */
    usage() {
      const { user, system } = process.cpuUsage();
      const loopDelay = endLoopWatch();
      endLoopWatch = watchLoopDelay();
      const residentMb = process.memoryUsage.rss() / 1e6;
      return { cpuMs: (user + system) / 1000, loopDelay, residentMb, ...more() };
    },
    async close() {
      await relay.close();
      process.disconnect();
      return {};
    },
  };
  process.on('message', async (question) => {
    const answer = await answers[question]();
    if (process.connected) process.send({ answer });
  });
}
