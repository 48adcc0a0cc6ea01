/** Checks that run concurrently, each with a time limit and one finding. */
import { within, type Clock } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';

/** `note`: nothing is wrong, but worth knowing; `problem`: something that is configured does not work. */
export type CheckStatus = 'ok' | 'note' | 'problem';

export interface Finding {
  readonly status: CheckStatus;
  /** One sentence or two. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export interface Check {
  readonly name: string;
  /** A thrown error counts as a problem. The signal aborts the check. */
  run(signal: AbortSignal): Promise<Finding>;
}

export interface CheckResult extends Finding {
  readonly name: string;
}

export interface CheckRun {
  readonly clock: Clock;
  /** Aborts all running checks. */
  readonly signal: AbortSignal;
  /** The time limit of each check, in milliseconds. */
  readonly limitMs: number;
  /** Called with each result as soon as it is known. */
  readonly onResult: (result: CheckResult) => void;
}

/** Runs the checks concurrently. Resolves with their results in the order of the checks; never rejects. */
export async function runChecks(checks: readonly Check[], options: CheckRun): Promise<CheckResult[]> {
  const running = checks.map((check) => ({ check, abort: new AbortController() }));
  const stopAll = (): void => {
    for (const { abort } of running) abort.abort();
  };
  options.signal.addEventListener('abort', stopAll, { once: true });
  try {
    return await Promise.all(
      running.map(async ({ check, abort }) => {
        const result = { name: check.name, ...(await runCheck(check, abort, options)) };
        options.onResult(result);
        return result;
      }),
    );
  } finally {
    options.signal.removeEventListener('abort', stopAll);
  }
}

async function runCheck(
  check: Check,
  abort: AbortController,
  { clock, limitMs }: CheckRun,
): Promise<Finding> {
  const finding = check
    .run(abort.signal)
    .catch((thrown: unknown): Finding => ({ status: 'problem', message: messageOf(thrown) }));
  const aborted = new Promise<Finding>((resolve) => {
    const result: Finding = { status: 'problem', message: 'The check was aborted.' };
    abort.signal.addEventListener('abort', () => resolve(result), { once: true });
  });
  const first = Promise.race([finding, aborted]);
  if (await within(clock, limitMs, first)) return first;
  abort.abort();
  return { status: 'problem', message: `The check timed out after ${limitMs / 1000} s.` };
}
