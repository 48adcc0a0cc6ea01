import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface ExampleEnd {
  readonly code: number | null;
  /** The results, as TAP. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the tests of an example with `node --test`, as its readers do, without any key. `path` is relative to `examples/`.
 * With `names`, only tests and groups whose name matches one of these patterns run.
 */
export async function runExampleTests(path: string, names: readonly string[] = []): Promise<ExampleEnd> {
  const example = fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));
  const only = names.map((name) => `--test-name-pattern=${name}`);
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', ...only, example], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => (written[stream] += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...written };
}
