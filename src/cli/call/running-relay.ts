/** Whether a relay already runs on this machine, and how the internet reaches it. */
import { z } from 'zod';
import { delay, type Clock } from '../../clock.js';

export interface RunningRelay {
  /** Its address as it was asked. */
  readonly url: string;
  /** Where the internet reaches it; null where it stays local. */
  readonly publicUrl: string | null;
}

/** A relay of this machine answers in milliseconds. */
const answerWithinMs = 2000;

const health = z.object({ status: z.string(), sessions: z.number(), publicUrl: z.string().optional() });

/** Asks an address whether a relay is there. Resolves with null for anything else, within two seconds. */
export async function findRelay(
  url: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<RunningRelay | null> {
  const stop = new AbortController();
  const tooLate = delay(clock, answerWithinMs, stop.signal).then(
    () => stop.abort(),
    () => undefined,
  );
  try {
    const response = await fetch(new URL('/healthz', url), {
      signal: AbortSignal.any([stop.signal, signal]),
    });
    const parsed = health.safeParse(await response.json());
    return parsed.success ? { url, publicUrl: parsed.data.publicUrl ?? null } : null;
  } catch {
    signal.throwIfAborted();
    return null;
  } finally {
    stop.abort();
    await tooLate;
  }
}
