import type { Clock, Timer } from '../../core/clock.js';
import type { TransportWarning } from '../transport.js';
import { Budget } from './budget.js';
import { ClockMap } from './clock-map.js';
import type { MediaConnection } from './media-connection.js';
import { parsePageMessage } from './page-messages.js';
import { syncEveryMs, type NumberedEvent, type PageMessage, type RelayMessage } from './page-protocol.js';

/** All messages of the page except clock answers. */
export type PageReport = Exclude<PageMessage, { type: 'sync' }>;

export interface PageChannelListener {
  onReport(report: PageReport): void;
  onWarning(warning: TransportWarning): void;
  /** The page sends far more than the limits: end the call. */
  onIntolerable(message: string): void;
}

export interface PageChannelOptions {
  readonly connection: MediaConnection;
  readonly clock: Clock;
  readonly budgets: PageBudgets;
  readonly listener: PageChannelListener;
}

/** What a page may send in one call. */
export interface PageBudgets {
  readonly messages: Budget;
  readonly typed: Budget;
}

export function pageBudgets(clock: Clock): PageBudgets {
  return {
    messages: new Budget(clock, messagesPerSecond, messagesPerSecond),
    typed: new Budget(clock, maxTypedBurst, typedPerSecond),
  };
}

/** Misuse of the channel; counted in {@link PageChannel.stats}. */
export type PageFault = 'malformed_page_message' | 'page_flood' | 'typed_flood' | 'page_stuck';

/** The first syncs come faster, so that the clock map is good before the first answer. */
const firstSyncs = 5;
const firstSyncEveryMs = 100;
/** Maximum number of events held until the channel opens; a page that comes back may have missed many. */
const maxEarlyEvents = 1200;
/** Above this backlog the page gets no more events until it catches up. */
const maxBacklogBytes = 1024 * 1024;
/** Messages per second that a page may send; also the burst. */
const messagesPerSecond = 100;
/** The call ends after this many messages over the limit. */
const maxDropped = 5000;
/** Burst of typed turns: each calls the model, which costs money. A person in a hurry sends three or four. */
const maxTypedBurst = 10;
/** Sustained typed turns per second. */
const typedPerSecond = 0.5;
/** The call ends after this many typed turns over the limit. */
const maxTypedRefused = 100;

/**
 * The relay's end of the data channel: sends the session's events to the page, polls the page's clock (the answers are
 * its heartbeat), and checks its messages. Starts with {@link opened}; after {@link close} no timer is left.
 */
export class PageChannel {
  readonly clocks = new ClockMap();
  readonly stats: Partial<Record<PageFault, number>> = {};
  readonly #connection: MediaConnection;
  readonly #clock: Clock;
  readonly #listener: PageChannelListener;
  readonly #asked = new Map<number, number>();
  #early: NumberedEvent[] | null = [];
  #syncs = 0;
  #timer: Timer | null = null;
  #heartbeatMs: number | null = null;
  readonly #budgets: PageBudgets;

  constructor({ connection, clock, budgets, listener }: PageChannelOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.#listener = listener;
    this.#budgets = budgets;
  }

  /** When the page last answered; null before the first time. */
  get heartbeatMs(): number | null {
    return this.#heartbeatMs;
  }

  /** Call when the channel is open: sends the held events and starts to sync the clocks. */
  opened(): void {
    if (!this.#early) return;
    const early = this.#early;
    this.#early = null;
    for (const numbered of early) this.show(numbered);
    this.#sync();
  }

  /** Sends an event to the page. */
  show(numbered: NumberedEvent): void {
    if (this.#early) {
      if (this.#early.length < maxEarlyEvents) this.#early.push(numbered);
      return;
    }
    if (this.#connection.bufferedBytes > maxBacklogBytes) this.#note('page_stuck');
    else this.#send({ type: 'event', ...numbered });
  }

  /** Takes a text message from the page. */
  take(text: string): void {
    if (!this.#withinBudget()) return;
    const message = parsePageMessage(text);
    if (!message) this.#note('malformed_page_message');
    else if (message.type === 'sync') this.#answered(message);
    else if (message.type !== 'text' || this.#mayType()) this.#listener.onReport(message);
  }

  /** Counts a message that was dropped before it could be read. */
  dropped(): void {
    this.#withinBudget();
  }

  /** Stops the syncs. Idempotent. */
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
    if (this.#budgets.messages.spend()) return true;
    if (this.#note('page_flood') === maxDropped)
      this.#listener.onIntolerable(`The page sent ${maxDropped} messages too many.`);
    return false;
  }

  #mayType(): boolean {
    if (this.#budgets.typed.spend()) return true;
    if (this.#note('typed_flood') === maxTypedRefused)
      this.#listener.onIntolerable(`The page sent ${maxTypedRefused} typed turns too many.`);
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
  malformed_page_message: 'The page sent a message that is not in the protocol; it was ignored.',
  page_flood: `The page sends more than ${messagesPerSecond} messages a second; the excess is dropped.`,
  typed_flood: `Typed turns arrive faster than a person types: after ${maxTypedBurst} at once, one every ${1 / typedPerSecond} s is accepted, and the rest is dropped.`,
  page_stuck: 'The page does not read its events; it gets no more until it has caught up.',
};
