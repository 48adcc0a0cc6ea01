/**
 * What the carrier is told when it asks what comes next for a call that has ended here. It asks over HTTP, a moment after
 * its media socket went down, so a relay that stops has to stay for the question; otherwise callers hear an error.
 */
import { within, type Clock } from '../clock.js';
import type { SessionEndReason } from '../events/session-event.js';

/** How many ended calls are remembered; the question follows within seconds. */
const maxOutcomes = 1000;
/** How long the question is waited for, from the moment when the media socket is down. */
const farewellMs = 1000;

export class Farewells {
  readonly #clock: Clock;
  /** Why calls ended, by the carrier's call id. */
  readonly #outcomes = new Map<string, SessionEndReason>();
  /** Ended calls whose carrier has not asked yet. */
  readonly #awaited = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A call begins; what is known of an earlier stream of the same call no longer counts. */
  begun(callId: string): void {
    this.#outcomes.delete(callId);
  }

  /**
   * A call has ended; `closed` resolves when its connection is down. Resolves when nothing more is to be expected from the
   * carrier: it has asked, or has had time to, or the caller hung up and there is nothing to ask.
   */
  async ended(callId: string, reason: SessionEndReason, closed: Promise<void>): Promise<void> {
    this.#outcomes.set(callId, reason);
    if (this.#outcomes.size > maxOutcomes) {
      const [oldest] = this.#outcomes.keys();
      if (oldest !== undefined) this.#outcomes.delete(oldest);
    }
    if (reason === 'hangup') return closed;
    const asked = new Promise<void>((resolve) => this.#awaited.set(callId, resolve));
    await closed;
    await within(this.#clock, farewellMs, asked);
    this.#awaited.delete(callId);
  }

  /** The carrier asks: why the call ended, or null where nothing is known of its end. */
  asked(callId: string): SessionEndReason | null {
    this.#awaited.get(callId)?.();
    return this.#outcomes.get(callId) ?? null;
  }
}
