// `npm run check`: types, lint, import rules and format, as many at a time as there are cores. Shows what each one found when it
// has ended; the exit code is 1 if any of them found something.
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
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

function run([title, command]) {
  const [file, ...args] = command.split(' ');
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { env, maxBuffer: 1e8, shell: process.platform === 'win32' },
      (failure, out, err) => {
        console.log(`${failure ? 'FAILED' : 'ok'}  ${title} (${command})`);
        if (failure) console.log(`${out}${err}`.trimEnd() || failure.message);
        resolve(failure === null);
      },
    );
  });
}

const results = [];
async function runNext() {
  for (let next = checks.shift(); next; next = checks.shift()) results.push(await run(next));
}
await Promise.all(Array.from({ length: Math.max(1, availableParallelism()) }, runNext));
process.exitCode = results.every(Boolean) ? 0 : 1;
