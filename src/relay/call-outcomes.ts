/**
 * Why calls ended, for the carrier's request for its next instruction. The request arrives over HTTP just after the
 * media socket closed, so a relay that stops must wait for it; otherwise the caller hears an error.
 */
import { within, type Clock } from '../core/clock.js';
import type { SessionEndReason } from '../events/session-event.js';

/** How many ended calls are remembered; the carrier's request follows within seconds. */
const maxOutcomes = 1000;
/** How long to wait for the carrier's request after the media socket closed. */
const carrierRequestTimeoutMs = 1000;

export class CallOutcomes {
  readonly #clock: Clock;
  /** Why calls ended, by the carrier's call id. */
  readonly #outcomes = new Map<string, SessionEndReason>();
  /** Ended calls whose carrier has not asked yet. */
  readonly #awaited = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A call begins: forgets the outcome of an earlier stream of the same call. */
  begun(callId: string): void {
    this.#outcomes.delete(callId);
  }

  /**
   * A call has ended; `closed` resolves when its connection is down. Resolves when the carrier has sent its request or
   * its time is up, and without that wait if the caller hung up.
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
    await within(this.#clock, carrierRequestTimeoutMs, asked);
    this.#awaited.delete(callId);
  }

  /** Handles the carrier's request: why the call ended, or null for an unknown call. */
  asked(callId: string): SessionEndReason | null {
    this.#awaited.get(callId)?.();
    return this.#outcomes.get(callId) ?? null;
  }
}
