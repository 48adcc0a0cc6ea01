/** All of Jest's tests with every case and every run of the properties, and those of *.soak.test.ts. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { jestCommand } from '../jest/command.js';

/** The most workers of a project: browsers and calls run in real time. */
const most = { browser: 1, call: 2 };

/** Resolves with problems and figures. Jest's own lines go to stderr unless `silent`. */
export async function everyTest({ silent }) {
  const folder = await mkdtemp(join(tmpdir(), 'hzrelay-tests-'));
  try {
    const results = [];
    // Calls in real time must not be late, so browsers and calls run by themselves.
    for (const projects of [['browser'], ['unit', 'soak'], ['call']])
      results.push(await jest(projects, join(folder, `${projects[0]}.json`), silent));
    const failed = results.flatMap(({ testResults }) =>
      testResults.filter(({ status }) => status === 'failed'),
    );
    const sum = (name) => results.reduce((total, result) => total + result[name], 0);
    return {
      problems: failed.map(({ name, message }) => `${name}: ${message.slice(0, 2000)}`),
      figures: { passed: sum('numPassedTests'), failed: sum('numFailedTests') },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function jest(projects, outputFile, silent) {
  const child = spawn(
    process.execPath,
    [
      ...jestCommand,
      `--selectProjects`,
      ...projects,
      `--maxWorkers=${Math.min(most[projects[0]] ?? Infinity, availableParallelism())}`,
      '--json',
      `--outputFile=${outputFile}`,
    ],
    {
      env: { ...process.env, HZRELAY_TEST: 'thorough' },
      stdio: ['ignore', 'ignore', silent ? 'ignore' : 'inherit'],
    },
  );
  const stop = () => child.kill();
  process.on('exit', stop);
  const [code] = await once(child, 'close');
  process.off('exit', stop);
  try {
    return JSON.parse(await readFile(outputFile, 'utf8'));
  } catch {
    throw new Error(`Jest ended with ${code} and without results.`);
  }
}
