/** Reads the events of another relay from its server-sent event stream. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { z } from 'zod';
import type { Clock, Timer } from '../core/clock.js';
import { HzRelayError, messageOf } from '../core/errors.js';
import type { SessionEvent } from '../events/session-event.js';
import { routeUrl } from './route-url.js';

/** No relay answers at the address; retry, since it may come back. */
export class NoRelayError extends HzRelayError {}

export interface EventFeed {
  /** Resolves when the stream has ended, whatever ended it. */
  readonly ended: Promise<void>;
  /** The id of the latest event; null until the relay has sent one. */
  readonly lastEventId: string | null;
  close(): void;
}

export interface EventFeedOptions {
  /** The token that a relay prints when it is reachable from outside. */
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly onEvent: (event: SessionEvent) => void;
  /** Only the events of this session. @default all sessions */
  readonly sessionId?: string | undefined;
  /** How many past events to begin with. @default 0 */
  readonly tail?: number | undefined;
  /** Continues after this event of an earlier feed. `tail` applies if the relay no longer knows the event. */
  readonly lastEventId?: string | null;
  /** Aborts the opening. Only `close()` closes an open stream. */
  readonly signal?: AbortSignal;
}

/** Timeout for the response: a server that takes longer hangs or is not a relay. */
const answerWithinMs = 10_000;
/** A relay sends at least a comment every 15 s. A stream without any is broken, even if its socket is open. */
const silentForMs = 45_000;

/**
 * Opens the event stream of a relay and resolves once events flow. Rejects with an HzRelayError that says what to do if the
 * stream does not open within 10 s, or with the signal's reason.
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
  return new OpenFeed(response, close, options);
}

function eventsUrl(relayUrl: string, { sessionId, tail }: EventFeedOptions): URL {
  const url = routeUrl(relayUrl, '/events');
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
  // The relay behind a tunnel or proxy is gone, or it has too many readers.
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

  constructor({ headers, body }: Response, close: AbortController, options: EventFeedOptions) {
    this.#close = close;
    this.#options = options;
    this.lastEventId = headers.get('last-event-id') ?? options.lastEventId ?? null;
    this.ended = this.#read(body ?? new ReadableStream())
      .catch(() => undefined)
      .finally(() => this.#silence?.cancel());
  }

  close(): void {
    this.#close.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    const parser = createParser({
      maxBufferSize: maxEventChars,
      onEvent: (message) => this.#take(message),
      onError: ({ type }) => {
        // No event is this long: the server is not a relay, or tries to exhaust the memory.
        if (type === 'max-buffer-size-exceeded') this.close();
      },
    });
    this.#heardSomething();
    for await (const bytes of body) {
      this.#heardSomething();
      parser.feed(decoder.decode(bytes, { stream: true }));
      if (this.#close.signal.aborted) return;
    }
  }

  #take({ id, data }: EventSourceMessage): void {
    if (id !== undefined) this.lastEventId = id;
    const event = eventIn(data);
    if (event) this.#options.onEvent(event);
  }

  #heardSomething(): void {
    this.#silence?.cancel();
    this.#silence = this.#options.clock.setTimer(silentForMs, () => this.close());
  }
}

/** The event in the data; null if there is none, since a newer relay may send other messages. */
function eventIn(data: string): SessionEvent | null {
  try {
    const parsed: unknown = JSON.parse(data);
    return anyEvent.safeParse(parsed).success ? (parsed as SessionEvent) : null;
  } catch {
    return null;
  }
}

const anyEvent = z.object({ type: z.string(), sessionId: z.string(), turn: z.number(), atMs: z.number() });
const maxEventChars = 4 * 1024 * 1024;

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
};

/** The cause in plain words. fetch wraps it in a TypeError. */
function reasonOf(thrown: unknown): string {
  const cause = field(thrown, 'cause') ?? thrown;
  const code = String(field(cause, 'code'));
  // OpenSSL's own message for "this is not TLS" is a line of internals.
  if (code.startsWith('ERR_SSL')) return 'it does not speak https';
  return reasons[code] ?? messageOf(cause);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
