/** A timer that was set on a {@link Clock}. */
export interface Timer {
  /** Cancels the timer; a no-op once it has fired. */
  cancel(): void;
}

/**
 * Where the engine gets its time: monotonic milliseconds and one-shot timers. Tests inject a virtual clock and move it
 * by hand; nothing else in the engine asks the machine for the time.
 */
export interface Clock {
  /** Milliseconds since an arbitrary origin, with a fraction; never goes back. */
  nowMs(): number;
  /** Calls `callback` once, `delayMs` from now (at once, but never synchronously, where it is not positive). */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** The machine's monotonic clock. Its timers keep the process alive, as `setTimeout` does. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const handle = setTimeout(callback, Math.max(0, delayMs));
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves `delayMs` from now, or rejects with the signal's reason as soon as that aborts. */
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

/** Resolves true when `promise` resolves within `limitMs`, false when the time is up first; leaves no timer behind. */
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
