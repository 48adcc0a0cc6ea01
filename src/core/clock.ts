/** A timer set on a {@link Clock}. */
export interface Timer {
  /** Cancels the timer; a no-op once it has fired. */
  cancel(): void;
}

/**
 * The engine's only source of time: monotonic milliseconds and one-shot timers. Tests inject a virtual clock and move
 * it by hand.
 */
export interface Clock {
  /** Milliseconds since an arbitrary origin, with a fraction; never goes back. */
  nowMs(): number;
  /**
   * The time of day, in whole milliseconds since 1970 (UTC). It jumps when the machine's clock is set, so it is only for people
   * and other logs; durations come from `nowMs`. @default the machine's
   */
  wallMs?(): number;
  /** Calls `callback` once after `delayMs`; never synchronously, even if `delayMs` is zero or negative. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** The machine's monotonic clock. Its timers keep the process alive, as `setTimeout` does. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, Math.max(0, delayMs));
    return { cancel: () => clearTimeout(handle) };
  },
};

/** The time of day by this clock, else by the machine's; milliseconds since 1970 (UTC). */
export function wallMsOf(clock: Clock): number {
  return clock.wallMs?.() ?? Date.now();
}

/** Resolves after `delayMs`; rejects with the signal's reason when the signal aborts. */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Resolves true if `promise` resolves within `limitMs`, else false; rejects if `promise` rejects first. Leaves no timer
 * behind.
 */
export async function within(clock: Clock, limitMs: number, promise: Promise<unknown>): Promise<boolean> {
  const done = new AbortController();
  const timedOut = delay(clock, limitMs, done.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([promise.then(() => true), timedOut]);
  } finally {
    done.abort();
  }
}
