/** The examples that are programs, as a reader runs them: each its own process, which imports the package by its name. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';

/** How long to wait between two looks whether the relay answers: loading it needs the processor, too. */
const lookEveryMs = 50;
const examples = new URL('../../examples/', import.meta.url);
const running = new Set<ChildProcess>();

export interface ExampleProcess {
  /** The address of its relay. */
  readonly url: string;
  /** Resolves once the process has ended by itself. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Runs an example until its relay answers, with these variables only. */
export async function startExample(
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ExampleProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [fileURLToPath(new URL(name, examples))], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HZRELAY_PORT: String(port), ...env },
  });
  running.add(child);
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => (written[stream] += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }));
  // A killed one has no exit code.
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer?.ok) break;
    await setTimeout(lookEveryMs);
  }
  return { url, ended };
}

/** Kills those that still run, for `afterAll`. */
export function killExamples(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}
