// `npm run check`: types, lint, import rules and format, as many at a time as there are cores. Shows what each one found when it
// has ended; the exit code is 1 if any of them found something. If it is stopped, it says which ones had not ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, constants } from 'node:os';
import { delimiter, join } from 'node:path';

/** The longest first. */
const checks = [
  ['lint', 'eslint .'],
  ['format', 'prettier --check .'],
  ['types', 'tsc --noEmit'],
  ['import rules', 'depcruise src test'],
  ['types of the page', 'tsc --noEmit -p tsconfig.web.json'],
];

const bin = join(import.meta.dirname, '..', 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
const running = new Map();

/** Runs one check; resolves with whether it found nothing. */
async function run([title, command]) {
  const [file, ...args] = command.split(' ');
  const child = spawn(file, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  running.set(child, title);
  const written = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => written.push(text));
  const [code] = await once(child, 'close');
  running.delete(child);
  if (process.exitCode !== undefined) return false;
  console.log(`${code === 0 ? 'ok' : 'FAILED'}  ${title} (${command})`);
  if (code !== 0) console.log(written.join('').trimEnd());
  return code === 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    process.exitCode = 128 + constants.signals[signal];
    checks.length = 0;
    for (const [child, title] of running) {
      console.log(`STOPPED  ${title} had not ended`);
      child.kill(signal);
    }
  });

const results = [];
async function runNext() {
  for (let next = checks.shift(); next; next = checks.shift()) results.push(await run(next));
}
console.log('Checking types, lint, import rules and format: about a minute.');
await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, runNext));
process.exitCode ??= results.every(Boolean) ? 0 : 1;
