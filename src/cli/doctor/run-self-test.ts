import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export type SelfTestName = 'opus' | 'webrtc' | 'ngrok';

const resultSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), message: z.string(), code: z.string().optional() }),
]);

/** The result of a self-test; `code` is the failing library's error code. */
export type SelfTestResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; readonly code?: string | undefined };

/**
 * Runs a test of `self-test.ts` in its own process. A crash counts as a failed test. The signal kills the process.
 * Never rejects.
 */
export async function runSelfTest(
  name: SelfTestName,
  options: { readonly signal: AbortSignal; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<SelfTestResult> {
  const entry = fileURLToPath(new URL('./self-test.js', import.meta.url));
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
    return { ok: false, message: `The test could not be started: ${String(thrown)}` };
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

/** How the process ended, with the error's line from stderr. */
function crash(code: number | null, signal: string | null, stderr: string): string {
  if (signal !== null) return `The test crashed (${signal}).`;
  const named = /^\S*Error.*$/m.exec(stderr)?.[0] ?? 'no error message';
  return `The test exited with code ${String(code)}: ${named}`;
}
