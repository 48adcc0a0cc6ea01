import type { Clock, Timer } from '../../clock.js';
import type { SessionEvent } from '../../events/session-event.js';
import type { TransportWarning } from '../transport.js';
import { ClockMap } from './clock-map.js';
import type { MediaConnection } from './media-connection.js';
import { parsePageMessage } from './page-messages.js';
import { syncEveryMs, type PageMessage, type RelayMessage } from './page-protocol.js';

/** What the page says, apart from what its clock shows. */
export type PageReport = Exclude<PageMessage, { type: 'sync' }>;

export interface PageChannelListener {
  onReport(report: PageReport): void;
  onWarning(warning: TransportWarning): void;
  /** The page sends more than anyone can mean. */
  onIntolerable(message: string): void;
}

export interface PageChannelOptions {
  readonly connection: MediaConnection;
  readonly clock: Clock;
  readonly listener: PageChannelListener;
}

/** How a client may misuse the channel; counted in {@link PageChannel.stats}. */
export type PageFault = 'malformed_page_message' | 'page_flood' | 'page_stuck';

/** At the beginning the clock is asked more often: the first answer must not wait for a good figure. */
const firstSyncs = 5;
const firstSyncEveryMs = 100;
/** Events that wait for the channel to open. */
const maxEarlyEvents = 200;
/** A page that falls this far behind gets no more events until it has caught up. */
const maxBacklogBytes = 1024 * 1024;
/** Messages a second that a page may send, and as many at once. */
const messagesPerSecond = 100;
/** After so many messages beyond that it is no page any more. */
const maxDropped = 5000;

/**
 * The relay's end of the data channel: shows the page its session's events, keeps asking for its clock (the answers are its
 * heartbeat), and judges what it says. Begins with {@link opened}; after {@link close} no timer is left.
 */
export class PageChannel {
  readonly clocks = new ClockMap();
  readonly stats: Partial<Record<PageFault, number>> = {};
  readonly #connection: MediaConnection;
  readonly #clock: Clock;
  readonly #listener: PageChannelListener;
  readonly #asked = new Map<number, number>();
  #early: SessionEvent[] | null = [];
  #syncs = 0;
  #timer: Timer | null = null;
  #heartbeatMs: number | null = null;
  #budget = messagesPerSecond;
  #budgetMs: number;

  constructor({ connection, clock, listener }: PageChannelOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.#listener = listener;
    this.#budgetMs = clock.nowMs();
  }

  /** When the page last answered; null before the first time. */
  get heartbeatMs(): number | null {
    return this.#heartbeatMs;
  }

  /** The channel is open: what waited is sent, and the clocks are compared from now on. */
  opened(): void {
    if (!this.#early) return;
    const early = this.#early;
    this.#early = null;
    for (const event of early) this.show(event);
    this.#sync();
  }

  /** Shows the page an event. */
  show(event: SessionEvent): void {
    if (this.#early) {
      if (this.#early.length < maxEarlyEvents) this.#early.push(event);
      return;
    }
    if (this.#connection.bufferedBytes > maxBacklogBytes) this.#note('page_stuck');
    else this.#send({ type: 'event', event });
  }

  /** Takes a text from the page. */
  take(text: string): void {
    if (!this.#withinBudget()) return;
    const message = parsePageMessage(text);
    if (!message) this.#note('malformed_page_message');
    else if (message.type === 'sync') this.#answered(message);
    else this.#listener.onReport(message);
  }

  /** Stops asking. Idempotent. */
  close(): void {
    this.#early = null;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #sync(): void {
    const id = ++this.#syncs;
    const relayMs = this.#clock.nowMs();
    this.#asked.set(id, relayMs);
    this.#asked.delete(id - 8);
    this.#send({ type: 'sync', id, relayMs });
    const inMs = id < firstSyncs ? firstSyncEveryMs : syncEveryMs;
    this.#timer = this.#clock.setTimer(inMs, () => this.#sync());
  }

  #answered({ id, receivedPageMs, sentPageMs }: PageMessage & { type: 'sync' }): void {
    const askedMs = this.#asked.get(id);
    const answeredMs = this.#clock.nowMs();
    this.#asked.delete(id);
    if (askedMs === undefined || !this.clocks.add({ askedMs, receivedPageMs, sentPageMs, answeredMs }))
      this.#note('malformed_page_message');
    else this.#heartbeatMs = answeredMs;
  }

  #send(message: RelayMessage): void {
    this.#connection.sendText(JSON.stringify(message));
  }

  #withinBudget(): boolean {
    const nowMs = this.#clock.nowMs();
    const earned = ((nowMs - this.#budgetMs) / 1000) * messagesPerSecond;
    this.#budget = Math.min(messagesPerSecond, this.#budget + earned);
    this.#budgetMs = nowMs;
    if (this.#budget >= 1) {
      this.#budget--;
      return true;
    }
    if (this.#note('page_flood') === maxDropped)
      this.#listener.onIntolerable(`The page sent ${maxDropped} messages too many.`);
    return false;
  }

  #note(fault: PageFault): number {
    const count = (this.stats[fault] ?? 0) + 1;
    this.stats[fault] = count;
    if (count === 1) this.#listener.onWarning({ code: fault, message: explanations[fault] });
    return count;
  }
}

const explanations: Readonly<Record<PageFault, string>> = {
  malformed_page_message: 'The page sent what is no message of the protocol; it was ignored.',
  page_flood: `The page sends over ${messagesPerSecond} messages a second; what is more is dropped.`,
  page_stuck: 'The page does not read its events; it gets none until it has caught up.',
};
