/** The events of another relay, read from its server-sent event stream. */
import { HzRelayError, messageOf } from '../errors.js';
import type { SessionEvent } from '../events/session-event.js';

export interface EventFeed {
  /** Resolves when the stream has ended, for whatever reason. */
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * Opens the event stream of a relay; resolves once events flow. Throws an HzRelayError that says what to do if it cannot
 * be opened. `token`: what a relay that is reachable from outside printed.
 */
export async function openEventFeed(
  relayUrl: string,
  token: string | undefined,
  onEvent: (event: SessionEvent) => void,
): Promise<EventFeed> {
  const abort = new AbortController();
  const url = new URL('/events', relayUrl);
  const response = await fetch(url, {
    signal: abort.signal,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  }).catch((cause: unknown) => {
    throw new HzRelayError(
      `No relay answers at ${url.origin}: ${reasonOf(cause)}. Is it running, and is this its address?`,
      { cause },
    );
  });
  if (response.status === 401) {
    throw new HzRelayError(
      `The relay at ${url.origin} wants its token: set HZRELAY_TOKEN to what it printed.`,
    );
  }
  if (!response.ok || !response.body) {
    throw new HzRelayError(`${url.href} answered ${response.status}; that is no relay.`);
  }
  const ended = readEvents(response.body, onEvent).catch(() => undefined);
  return { ended, close: () => abort.abort() };
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

/** fetch hides the reason in the cause. */
function reasonOf(thrown: unknown): string {
  return thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause.message : messageOf(thrown);
}
