import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { workerEntry } from '../../workers/worker-entry.js';

export type SelfTestName = 'opus' | 'webrtc' | 'ngrok';

const resultSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), message: z.string(), code: z.string().optional() }),
]);

/** How a self-test went; `code` is the failing library's own. */
export type SelfTestResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; readonly code?: string | undefined };

/**
 * Runs one of the tests of `self-test.ts` in a process of its own, and tells of its crash as of any other failure. The
 * signal kills it. Never rejects.
 */
export async function runSelfTest(
  name: SelfTestName,
  options: { readonly signal: AbortSignal; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<SelfTestResult> {
  const entry = fileURLToPath(workerEntry(import.meta.url, './self-test.js'));
  const child = spawn(process.execPath, [entry, name], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: options.env,
  });
  const kill = (): void => void child.kill('SIGKILL');
  options.signal.addEventListener('abort', kill, { once: true });
  if (options.signal.aborted) kill();
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => (written[stream] += text));
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    return readResult(written.stdout) ?? { ok: false, message: crash(code, signal, written.stderr) };
  } catch (thrown) {
    return { ok: false, message: `It cannot be started: ${String(thrown)}` };
  } finally {
    options.signal.removeEventListener('abort', kill);
  }
}

function readResult(line: string): SelfTestResult | null {
  try {
    const parsed = resultSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Of what Node writes about a failure, the line that names it. */
function crash(code: number | null, signal: string | null, stderr: string): string {
  if (signal !== null) return `It crashed (${signal}).`;
  const named = /^\S*Error.*$/m.exec(stderr)?.[0] ?? 'nothing was said';
  return `It ended with code ${String(code)}: ${named}`;
}
