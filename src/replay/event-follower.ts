/** Follows a relay's events for as long as somebody wants to see them, through restarts and broken connections. */
import { delay } from '../clock.js';
import { NoRelayError, openEventFeed, type EventFeed, type EventFeedOptions } from './event-feed.js';

export interface FollowOptions extends Omit<EventFeedOptions, 'signal' | 'lastEventId'> {
  /** The stream is open: for the first time, or again. */
  readonly onConnected: (again: boolean) => void;
  /** The stream has ended; it is opened again as soon as the relay answers. */
  readonly onGone: () => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

const firstRetryMs = 500;
const longestRetryMs = 10_000;
/** As many past events as a relay gives: of one that has started anew, all are news. */
const mostPast = 1000;

/**
 * Gives every event from now on, and those of before that `tail` asks for; what happened while the stream was broken comes
 * when it is open again, as far as the relay keeps it. Resolves when the signal aborts. Rejects with an HzRelayError if
 * the relay cannot be reached at first, or wants no part of it later.
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

/** Resolves when the feed has ended; the signal ends it. */
async function ended(feed: EventFeed, signal: AbortSignal): Promise<void> {
  const close = (): void => feed.close();
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  await feed.ended;
  signal.removeEventListener('abort', close);
}
