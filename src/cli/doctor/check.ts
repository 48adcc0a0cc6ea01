/** What a check-up is made of: checks that run side by side, each within its time, each with one finding. */
import { within, type Clock } from '../../clock.js';
import { messageOf } from '../../errors.js';

/** `note`: nothing is wrong, but there is something to know; `problem`: something that is configured does not work. */
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
  /** What it throws is a problem too. The signal ends it. */
  run(signal: AbortSignal): Promise<Finding>;
}

export interface CheckResult extends Finding {
  readonly name: string;
}

export interface CheckRun {
  readonly clock: Clock;
  /** Ends all checks that still run. */
  readonly signal: AbortSignal;
  /** Each check's time, in milliseconds. */
  readonly limitMs: number;
  /** Hears of each result as soon as it is there. */
  readonly onResult: (result: CheckResult) => void;
}

/** Runs the checks side by side. Resolves with their results in the order of the checks; never rejects. */
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
  const calledOff = new Promise<Finding>((resolve) => {
    const result: Finding = { status: 'problem', message: 'It was called off.' };
    abort.signal.addEventListener('abort', () => resolve(result), { once: true });
  });
  const first = Promise.race([finding, calledOff]);
  if (await within(clock, limitMs, first)) return first;
  abort.abort();
  return { status: 'problem', message: `It takes longer than ${limitMs / 1000} s.` };
}
