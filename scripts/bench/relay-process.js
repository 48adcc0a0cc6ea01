// A relay in a process of its own, so that the cost of the phones is not counted as the relay's. Talks to bench.js.
import { appointmentDeskSession } from '../../dist/cli/appointment-desk-session.js';
import { createRelay } from '../../dist/server/create.js';
import { watchLoopDelay } from '../measuring/loop-delay.js';

const relay = createRelay({ port: 0, session: appointmentDeskSession });
let endLoopWatch = watchLoopDelay();

const answers = {
  /** Processor time so far, in milliseconds, and the delays of the event loop since the last time it was asked. */
  usage() {
    const { user, system } = process.cpuUsage();
    const loopDelay = endLoopWatch();
    endLoopWatch = watchLoopDelay();
    return { cpuMs: (user + system) / 1000, loopDelay, residentMb: process.memoryUsage.rss() / 1e6 };
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
await relay.listen();
process.send({ url: relay.url });
