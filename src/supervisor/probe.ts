/** What the probes of all providers have in common: a time limit, an HTTP request, and what a warm-up makes of them. */
import { within, type Clock } from '../clock.js';
import { messageOf, ProviderError, type ProviderKind } from '../errors.js';
import { StreamWatchdog } from './stream-watchdog.js';

export interface ProbeOptions {
  readonly kind: ProviderKind;
  /** Name of the provider. */
  readonly provider: string;
  readonly clock: Clock;
  /** Ends the probe. */
  readonly signal: AbortSignal;
  /** The provider's own error for whatever its request threw. */
  readonly errorOf: (thrown: unknown) => ProviderError;
}

/** A probe that takes longer than this has failed, in milliseconds. */
const probeTimeoutMs = 4000;
/** As much of an answer as an error may need. */
const maxBodyChars = 2000;
/** How long a warm-up waits for a key to be checked: start-up waits for it. */
const keyCheckMs = 1000;

/**
 * Carries out a probe's requests, which end with the signal that they are given. Throws a ProviderError: `timeout` after
 * 4 s, `aborted` where the caller's signal aborts, else what `errorOf` makes of the failure.
 */
export async function runProbe(
  options: ProbeOptions,
  request: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { kind, provider, clock, signal, errorOf } = options;
  const watchdog = new StreamWatchdog(clock, signal);
  watchdog.expect(probeTimeoutMs);
  try {
    await request(watchdog.signal);
  } catch (thrown) {
    if (signal.aborted)
      throw new ProviderError(`The check of ${provider} was called off.`, {
        kind,
        provider,
        category: 'aborted',
      });
    if (watchdog.expiredMs !== null)
      throw new ProviderError(`${provider} did not answer within ${watchdog.expiredMs} ms.`, {
        kind,
        provider,
        category: 'timeout',
      });
    throw errorOf(thrown);
  } finally {
    watchdog.stop();
  }
}

/** What a server answered, in the words that errors are made of. */
export interface ProbeAnswer {
  readonly status: number;
  readonly body: string;
  /** The `Retry-After` header as it came. */
  readonly retryAfter: string | null;
}

/** One GET request. Throws an Error that says why there was no answer. */
export async function askFor(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  try {
    // A redirection would carry the key to a host that nobody has named.
    const response = await fetch(url, { headers, signal, redirect: 'manual' });
    return {
      status: response.status,
      body: (await response.text()).slice(0, maxBodyChars),
      retryAfter: response.headers.get('retry-after'),
    };
  } catch (thrown) {
    throw new Error(reasonOf(thrown), { cause: thrown });
  }
}

/**
 * What a warm-up learns from a probe within a second: the error where the key, or what the config asks for, was refused.
 * Null where all is well, and where nothing can be said yet: a server that is slow, busy or away may be back by the first
 * call.
 */
export async function refusalBy(
  probe: (signal: AbortSignal) => Promise<void>,
  clock: Clock,
): Promise<ProviderError | null> {
  const abort = new AbortController();
  let refusal: ProviderError | null = null;
  const probed = probe(abort.signal).catch((thrown: unknown) => {
    if (thrown instanceof ProviderError && isRefusal(thrown)) refusal = thrown;
  });
  if (!(await within(clock, keyCheckMs, probed))) abort.abort();
  return refusal;
}

function isRefusal({ category }: ProviderError): boolean {
  return category === 'auth' || category === 'bad_request';
}

/** Fetch says what happened in its error's cause; several attempts to connect are an error without a message. */
function reasonOf(thrown: unknown): string {
  const cause = (thrown as { readonly cause?: unknown } | null)?.cause ?? thrown;
  const { code } = cause as { readonly code?: unknown };
  const message = messageOf(cause);
  return message === '' && typeof code === 'string' ? code : message;
}
