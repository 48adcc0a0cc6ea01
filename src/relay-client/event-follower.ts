/** Follows a relay's events through restarts and broken connections, until a signal aborts. */
import { delay } from '../core/clock.js';
import { NoRelayError, openEventFeed, type EventFeed, type EventFeedOptions } from './event-feed.js';

export interface FollowOptions extends Omit<EventFeedOptions, 'signal' | 'lastEventId'> {
  /** The stream is open; `again`: after a reconnect. */
  readonly onConnected: (again: boolean) => void;
  /** The stream has ended; it is reopened as soon as the relay answers. */
  readonly onGone: () => void;
  /** Aborting ends the following. */
  readonly signal: AbortSignal;
}

const firstRetryMs = 500;
const longestRetryMs = 10_000;
/** The most past events that a relay gives. After a restart of the relay all of them are new. */
const mostPast = 1000;

/**
 * Reports every event from now on, and the past ones that `tail` asks for. Events that were missed while the stream was
 * broken follow after the reconnect, as far as the relay keeps them. Resolves when the signal aborts. Rejects with an
 * HzRelayError if the relay cannot be reached at first, or refuses a reconnect.
 */
export async function followEvents(relayUrl: string, options: FollowOptions): Promise<void> {
  const { onConnected, onGone, signal } = options;
  try {
    let feed = await openEventFeed(relayUrl, options);
    onConnected(false);
    for (;;) {
      await ended(feed, signal);
      if (signal.aborted) return;
      onGone();
      feed = await openAgain(relayUrl, { ...options, tail: mostPast, lastEventId: feed.lastEventId });
      onConnected(true);
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}

async function openAgain(
  relayUrl: string,
  options: EventFeedOptions & { readonly signal: AbortSignal },
): Promise<EventFeed> {
  for (let waitMs = firstRetryMs; ; waitMs = Math.min(2 * waitMs, longestRetryMs)) {
    await delay(options.clock, waitMs, options.signal);
    try {
      return await openEventFeed(relayUrl, options);
    } catch (thrown) {
      if (!(thrown instanceof NoRelayError)) throw thrown;
    }
  }
}

/** Resolves when the feed has ended; closes it when the signal aborts. */
async function ended(feed: EventFeed, signal: AbortSignal): Promise<void> {
  const close = (): void => feed.close();
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  await feed.ended;
  signal.removeEventListener('abort', close);
}
