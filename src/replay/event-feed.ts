/** The events of another relay, read from its server-sent event stream. */
import type { Clock } from '../clock.js';
import { HzRelayError, messageOf } from '../errors.js';
import type { SessionEvent } from '../events/session-event.js';

export interface EventFeed {
  /** Resolves when the stream has ended, for whatever reason. */
  readonly ended: Promise<void>;
  close(): void;
}

export interface EventFeedOptions {
  /** What a relay that is reachable from outside printed. */
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly onEvent: (event: SessionEvent) => void;
  /** Gives up opening the stream; one that is open is closed by `close()` alone. */
  readonly signal?: AbortSignal;
}

/** A relay that has not answered after this time is none, or hangs. */
const answerWithinMs = 10_000;

/**
 * Opens the event stream of a relay; resolves once events flow. Rejects with an HzRelayError that says what to do if it
 * cannot be opened within 10 s, or with the signal's reason.
 */
export async function openEventFeed(relayUrl: string, options: EventFeedOptions): Promise<EventFeed> {
  const { token, clock, onEvent, signal } = options;
  const url = new URL('/events', relayUrl);
  const close = new AbortController();
  const giveUp = (): void => close.abort(signal?.reason);
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  const timer = clock.setTimer(answerWithinMs, () =>
    close.abort(new HzRelayError(`it did not answer within ${answerWithinMs / 1000} s`)),
  );
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { signal: close.signal, headers })
    .catch((thrown: unknown) => {
      signal?.throwIfAborted();
      throw new HzRelayError(
        `No relay answers at ${url.origin}: ${reasonOf(thrown)}. Is it running (hzrelay dev), and is this its address?`,
        { cause: thrown },
      );
    })
    .finally(() => {
      timer.cancel();
      signal?.removeEventListener('abort', giveUp);
    });
  const problem = problemOf(response, url);
  if (problem !== null || !response.body) {
    close.abort();
    throw new HzRelayError(problem ?? `${url.href} answered with nothing.`);
  }
  const ended = readEvents(response.body, onEvent).catch(() => undefined);
  return { ended, close: () => close.abort() };
}

function problemOf({ status, headers }: Response, { href, origin }: URL): string | null {
  if (status === 401) {
    return `The relay at ${origin} wants its token: set HZRELAY_TOKEN to what it printed when it started.`;
  }
  if (status === 200 && headers.get('content-type')?.startsWith('text/event-stream')) return null;
  const what = status === 200 ? 'is no event stream' : `answered ${status}`;
  return `${href} ${what}: this is no hzrelay. Give the address that hzrelay dev printed.`;
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (event: SessionEvent) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let buffer = '';
  for await (const bytes of body) {
    buffer += decoder.decode(bytes, { stream: true });
    for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
      const data = buffer
        .slice(0, end)
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice('data: '.length))
        .join('\n');
      buffer = buffer.slice(end + 2);
      if (data !== '') onEvent(JSON.parse(data) as SessionEvent);
    }
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
};

/** What went wrong, in words. fetch hides it in the cause of a TypeError. */
function reasonOf(thrown: unknown): string {
  const cause = field(thrown, 'cause') ?? thrown;
  const code = String(field(cause, 'code'));
  // OpenSSL's words for "this is not TLS" are a line of internals.
  if (code.startsWith('ERR_SSL')) return 'it does not speak https';
  return reasons[code] ?? messageOf(cause);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
