/** What a relay's process tells about itself to `relay-child.js`. */
import { watchLoopDelay } from '../measuring/loop-delay.js';

/** Answers questions until it is told to close; `more` adds figures of its own. */
export function serveUsage(relay, more = () => ({})) {
  let endLoopWatch = watchLoopDelay();
  const answers = {
    /** Processor time so far, in milliseconds, and the delays of the event loop since the last time it was asked. */
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
