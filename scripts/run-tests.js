// `npm test`: both projects of Jest, one after the other, since calls in real time must not be late. `npm test -- FILE…` runs
// only the suites whose path has one of these in it; other arguments go to Jest as they are.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, constants } from 'node:os';

const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];
let running = null;

/** Runs Jest; resolves with its exit code. */
async function run(args) {
  running = spawn(process.execPath, [...jest, ...args], { stdio: 'inherit' });
  const [code, signal] = await once(running, 'close');
  running = null;
  return code ?? 128 + (constants.signals[signal] ?? 0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    process.exitCode = 128 + constants.signals[signal];
    running?.kill(signal);
  });

const chosen = process.argv.slice(2);
if (chosen.length > 0) {
  process.exitCode ||= await run(chosen);
} else {
  // One more than there are cores: where one suite waits for a socket or a worker thread, another computes.
  const unit = await run(['--selectProjects=unit', `--maxWorkers=${availableParallelism() + 1}`]);
  // Calls mostly wait, so one for each core still leaves time to spare; more would be late.
  const isStopped = process.exitCode !== undefined;
  const calls = isStopped
    ? 0
    : await run(['--selectProjects=call', `--maxWorkers=${Math.min(2, availableParallelism())}`]);
  process.exitCode ||= unit || calls;
}
