/** Whether a relay already runs on this machine, and how the internet reaches it. */
import { z } from 'zod';
import { delay, type Clock } from '../../core/clock.js';
import { routeUrl } from '../../relay-client/route-url.js';

export interface RunningRelay {
  /** The address that was asked. */
  readonly url: string;
  /** Its public address; null if it is local. */
  readonly publicUrl: string | null;
}

/** A relay on this machine answers in milliseconds. */
const answerWithinMs = 2000;

/** Any server may answer here: accept only a URL, which cannot contain terminal control characters. */
const address = z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).href.replace(/\/$/, ''));
const health = z.object({ status: z.string(), sessions: z.number(), publicUrl: address.optional() });

/** Asks whether a relay answers at an address. Resolves with null if not, within two seconds. */
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
    const response = await fetch(routeUrl(url, '/healthz'), {
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
