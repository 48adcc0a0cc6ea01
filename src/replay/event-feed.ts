/** The events of another relay, read from its server-sent event stream. */
import type { Clock, Timer } from '../clock.js';
import { HzRelayError, messageOf } from '../errors.js';
import type { SessionEvent } from '../events/session-event.js';

/** No relay answers at the address: it may come back. */
export class NoRelayError extends HzRelayError {}

export interface EventFeed {
  /** Resolves when the stream has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** The latest event's name in its relay's stream; null before the first. */
  readonly lastEventId: string | null;
  close(): void;
}

export interface EventFeedOptions {
  /** What a relay that is reachable from outside printed. */
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly onEvent: (event: SessionEvent) => void;
  /** The events of this session alone. @default every session's */
  readonly sessionId?: string | undefined;
  /** Past events to begin with. @default 0 */
  readonly tail?: number | undefined;
  /** Goes on behind this event of an earlier feed, if the relay still knows it; else `tail` counts. */
  readonly lastEventId?: string | null;
  /** Gives up opening the stream; one that is open is closed by `close()` alone. */
  readonly signal?: AbortSignal;
}

/** A relay that has not answered after this time is none, or hangs. */
const answerWithinMs = 10_000;
/** A relay shows a sign of life every 15 s. A stream without any has been cut off, and nobody said so. */
const silentForMs = 45_000;

/**
 * Opens the event stream of a relay; resolves once events flow. Rejects with an HzRelayError that says what to do if it
 * cannot be opened within 10 s, or with the signal's reason.
 */
export async function openEventFeed(relayUrl: string, options: EventFeedOptions): Promise<EventFeed> {
  const { token, clock, signal, lastEventId = null } = options;
  const url = eventsUrl(relayUrl, options);
  const close = new AbortController();
  const giveUp = (): void => close.abort(signal?.reason);
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  const timer = clock.setTimer(answerWithinMs, () =>
    close.abort(new HzRelayError(`it did not answer within ${answerWithinMs / 1000} s`)),
  );
  const headers: Record<string, string> = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(lastEventId !== null && { 'last-event-id': lastEventId }),
  };
  const response = await fetch(url, { signal: close.signal, headers })
    .catch((thrown: unknown) => {
      signal?.throwIfAborted();
      throw new NoRelayError(
        `No relay answers at ${url.origin}: ${reasonOf(thrown)}. Is it running (hzrelay dev), and is this its address?`,
        { cause: thrown },
      );
    })
    .finally(() => {
      timer.cancel();
      signal?.removeEventListener('abort', giveUp);
    });
  const problem = problemOf(response, url);
  if (problem) {
    close.abort();
    throw problem;
  }
  return new OpenFeed(response.body ?? new ReadableStream(), close, options);
}

function eventsUrl(relayUrl: string, { sessionId, tail }: EventFeedOptions): URL {
  const url = new URL('/events', relayUrl);
  if (sessionId !== undefined) url.searchParams.set('session_id', sessionId);
  if (tail !== undefined && tail > 0) url.searchParams.set('tail', String(tail));
  return url;
}

function problemOf({ status, headers, body }: Response, { origin, pathname }: URL): HzRelayError | null {
  if (status === 200 && body && headers.get('content-type')?.startsWith('text/event-stream')) return null;
  if (status === 401) {
    return new HzRelayError(
      `The relay at ${origin} wants its token: set HZRELAY_TOKEN to what it printed when it started.`,
    );
  }
  // A tunnel or proxy whose relay is gone, or a relay that has enough readers.
  if (status >= 502 && status <= 504)
    return new NoRelayError(
      `The relay at ${origin} takes no readers just now: ${origin}${pathname} answered ${status}.`,
    );
  const what = status === 200 ? 'is no event stream' : `answered ${status}`;
  return new HzRelayError(
    `${origin}${pathname} ${what}: this is no hzrelay. Give the address that hzrelay dev printed.`,
  );
}

class OpenFeed implements EventFeed {
  readonly ended: Promise<void>;
  lastEventId: string | null;
  readonly #close: AbortController;
  readonly #options: EventFeedOptions;
  #silence: Timer | null = null;

  constructor(body: ReadableStream<Uint8Array>, close: AbortController, options: EventFeedOptions) {
    this.#close = close;
    this.#options = options;
    this.lastEventId = options.lastEventId ?? null;
    this.ended = this.#read(body)
      .catch(() => undefined)
      .finally(() => this.#silence?.cancel());
  }

  close(): void {
    this.#close.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let buffer = '';
    this.#heardSomething();
    for await (const bytes of body) {
      this.#heardSomething();
      buffer += decoder.decode(bytes, { stream: true });
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        this.#take(buffer.slice(0, end).split('\n'));
        buffer = buffer.slice(end + 2);
      }
    }
  }

  #take(lines: readonly string[]): void {
    const [id] = fieldsOf(lines, 'id');
    if (id !== undefined) this.lastEventId = id;
    const data = fieldsOf(lines, 'data').join('\n');
    if (data !== '') this.#options.onEvent(JSON.parse(data) as SessionEvent);
  }

  #heardSomething(): void {
    this.#silence?.cancel();
    this.#silence = this.#options.clock.setTimer(silentForMs, () => this.close());
  }
}

function fieldsOf(lines: readonly string[], name: string): string[] {
  const start = `${name}: `;
  return lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
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
