// `npm test`: the browsers, then the calls, in real time: what they need must not be late. Beside both the unit tests, which wait for
// events and not for the clock, get what time is left. `npm test -- FILE…` runs only the suites whose path has one of these in it;
// other arguments go to Jest as they are.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, constants, setPriority } from 'node:os';
import buildTests from './jest/build-tests.js';
import { jestCommand } from './jest/command.js';

/** The niceness of the unit tests: they get what time the others leave. */
const unitNiceness = 19;
const running = new Set();

/** Runs Jest; resolves with its exit code. */
async function run(args, { niceness = 0, stdio = 'inherit' } = {}) {
  // Jest colours what it writes to a terminal, and this process may stand between the two.
  const env = process.stdout.isTTY ? { FORCE_COLOR: '1', ...process.env } : process.env;
  const child = spawn(process.execPath, [...jestCommand, ...args], { stdio, env });
  if (niceness > 0) setPriority(child.pid, niceness);
  running.add(child);
  for (const name of ['stdout', 'stderr']) child[name]?.pipe(process[name], { end: false });
  const [code, signal] = await once(child, 'close');
  running.delete(child);
  return code ?? 128 + (constants.signals[signal] ?? 0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    process.exitCode = 128 + constants.signals[signal];
    for (const child of running) child.kill(signal);
  });

// Each Jest does so, too, but finds nothing left to do: two at once would disturb each other.
await buildTests();
const chosen = process.argv.slice(2);
if (chosen.length > 0) {
  process.exitCode ||= await run(chosen);
} else {
  const cores = availableParallelism();
  // The output of the projects mixes; Jest names the project in each line about a suite.
  const stdio = ['ignore', 'pipe', 'pipe'];
  const unit = run(['--selectProjects=unit', `--maxWorkers=${cores + 1}`], { stdio, niceness: unitNiceness });
  // One browser at a time: two on two cores are late with their audio, and together take as long as one after the other.
  const browsers = await run(['--selectProjects=browser', '--maxWorkers=1'], { stdio });
  // Calls mostly wait, so one for each core still leaves time to spare; more would be late. A signal may have ended it all.
  const calls =
    process.exitCode === undefined
      ? await run(['--selectProjects=call', `--maxWorkers=${Math.min(2, cores)}`], { stdio })
      : 0;
  process.exitCode ||= (await unit) || calls || browsers;
}
