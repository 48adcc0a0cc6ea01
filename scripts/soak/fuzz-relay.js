// A relay in a child process, so that only its own work delays its event loop. Reports the longest delay since the watch began.
// If the model is the attacker, it speaks hostile text in every call.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createRelay } from '../../dist/relay/create.js';
import { HostileInputs } from '../../build/harness/hostile-inputs.js';
import { lightSession, KeepingEar } from '../../build/harness/light-relay.js';

const delay = monitorEventLoopDelay({ resolution: 1 });
let texts = null;

/**
 * The longest processor time of the process between two samples. On a busy machine the event loop is also late without any
 * work of its own.
 */
const work = { longestMs: 0, at: performance.now(), cpu: process.cpuUsage() };
setInterval(() => {
  const now = performance.now();
  const { user, system } = process.cpuUsage(work.cpu);
  work.longestMs = Math.max(work.longestMs, Math.min(now - work.at, (user + system) / 1000));
  work.at = now;
  work.cpu = process.cpuUsage();
}, 1);

const relay = createRelay({
  port: 0,
  twilioAuthToken: process.argv[2],
  maxSessions: 2000,
  session: ({ transport }) => ({ ...lightSession(new KeepingEar()), inbound: { type: transport } }),
  onSession: (session) => {
    if (!texts) return;
    const tokens = texts.tokens();
    session.speak(tokens.values()).catch(() => undefined);
  },
});
await relay.listen();

process.on('message', ({ type, seed, speaks }) => {
  if (type === 'watch') {
    texts = speaks ? new HostileInputs(seed) : null;
    globalThis.gc?.();
    delay.enable();
    delay.reset();
    work.longestMs = 0;
    work.at = performance.now();
    work.cpu = process.cpuUsage();
    process.send({ type: 'watching' });
  } else if (type === 'tell') {
    process.send({
      type: 'told',
      longestMs: Math.min(delay.max / 1e6, work.longestMs),
      sessions: relay.sessions.length,
      residentMb: process.memoryUsage().rss / 2 ** 20,
    });
  }
});
process.on('disconnect', () => process.exit());
process.send({ type: 'ready', url: relay.url });
