/** What all providers' probes share: a timeout, an HTTP request, and the start-up check. */
import type { Clock, Timer } from '../core/clock.js';
import { connectFailureOf, ProviderError, type ProviderKind } from '../core/errors.js';
import type { ProviderNotice } from '../events/provider-notice.js';
import { openHttpClient } from '../network/http-client.js';
import { retryAfterMs } from '../network/retry-after.js';
import { probeTimeoutMs } from './probe-timeout.js';

export interface ProbeOptions {
  readonly kind: ProviderKind;
  /** Name of the provider. */
  readonly provider: string;
  readonly clock: Clock;
  /** Aborts the probe. */
  readonly signal: AbortSignal;
  /** Converts what the request threw to the provider's own error. */
  readonly errorOf: (thrown: unknown) => ProviderError;
}

/** Longest part of an answer that an error message may need. */
const maxBodyChars = 2000;
/** Timeout for checking a key during warm-up, since it delays the start. */
const keyCheckMs = 1000;
/** How often a timeout that counts looks is looked at. */
const looks = 10;

/**
 * Runs a probe's requests with a signal that aborts at the timeout. Throws a ProviderError: `timeout` after {@link
 * probeTimeoutMs}, `aborted` if the caller's signal aborts, else what `errorOf` makes of the failure.
 */
export async function runProbe<T>(
  options: ProbeOptions,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { kind, provider, clock, signal, errorOf } = options;
  const tooLate = new AbortController();
  const asked = request(AbortSignal.any([signal, tooLate.signal]));
  const settled = asked.catch(() => undefined);
  if (!(await withinLooks(clock, probeTimeoutMs, settled))) {
    tooLate.abort();
    throw new ProviderError(`${provider} did not answer within ${probeTimeoutMs} ms.`, {
      kind,
      provider,
      category: 'timeout',
    });
  }
  try {
    return await asked;
  } catch (thrown) {
    if (!signal.aborted) throw errorOf(thrown);
    throw new ProviderError(`The check of ${provider} was aborted.`, { kind, provider, category: 'aborted' });
  }
}

/** The parts of a server's answer that errors need. */
export interface ProbeAnswer {
  readonly status: number;
  readonly body: string;
  /** How long the server asks to wait; undefined if it does not say. */
  readonly retryAfterMs: number | undefined;
}

/**
 * Sends one GET request and keeps the first `maxChars` of the answer. Throws an Error that says why there was no
 * answer.
 */
export async function askFor(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  maxChars = maxBodyChars,
): Promise<ProbeAnswer> {
  const client = await openHttpClient(url);
  try {
    // Following a redirect would send the key to a host that the config does not name.
    const response = await client.fetch(url, { headers, signal, redirect: 'manual' });
    return {
      status: response.status,
      body: (await response.text()).slice(0, maxChars),
      retryAfterMs: retryAfterMs((name) => response.headers.get(name)),
    };
  } catch (thrown) {
    throw new Error(connectFailureOf(causeOf(thrown)), { cause: thrown });
  } finally {
    void client.close();
  }
}

/**
 * Runs a probe for at most a second. Returns its error if the key or the config was refused, else null: a slow, busy or
 * unreachable server may be back by the first call.
 */
export async function refusalBy(
  probe: (signal: AbortSignal) => Promise<unknown>,
  clock: Clock,
): Promise<ProviderError | null> {
  const abort = new AbortController();
  let refusal: ProviderError | null = null;
  const probed = probe(abort.signal).catch((thrown: unknown) => {
    if (thrown instanceof ProviderError && isRefusal(thrown)) refusal = thrown;
  });
  if (!(await withinLooks(clock, keyCheckMs, probed))) abort.abort();
  return refusal;
}

/**
 * The same, for probes with notices: rejects with the refusal; resolves with the notices, or with none if the probe did
 * not succeed.
 */
export async function startupCheck(
  probe: (signal: AbortSignal) => Promise<readonly ProviderNotice[]>,
  clock: Clock,
): Promise<readonly ProviderNotice[]> {
  let notices: readonly ProviderNotice[] = [];
  const refusal = await refusalBy(async (signal) => {
    notices = await probe(signal);
  }, clock);
  if (refusal) throw refusal;
  return notices;
}

/**
 * Resolves true if `promise` resolves within `limitMs`, else false. It counts looks instead of time: a process that
 * loads its libraries on a slow machine does nothing else for seconds, and reads the server's answer only behind them.
 */
export async function withinLooks(
  clock: Clock,
  limitMs: number,
  promise: Promise<unknown>,
): Promise<boolean> {
  let timer: Timer | undefined;
  const isOver = new Promise<boolean>((resolve) => {
    const look = (left: number): void => {
      timer = clock.setTimer(limitMs / looks, () => (left > 1 ? look(left - 1) : resolve(false)));
    };
    look(looks);
  });
  try {
    return await Promise.race([promise.then(() => true), isOver]);
  } finally {
    timer?.cancel();
  }
}

function isRefusal({ category }: ProviderError): boolean {
  return category === 'auth' || category === 'bad_request';
}

/** Fetch reports the reason in its error's cause. */
function causeOf(thrown: unknown): object {
  const { cause } = Object(thrown) as { readonly cause?: unknown };
  return Object(cause ?? thrown) as object;
}
