import type { Clock } from '../../core/clock.js';
import { isPowerOfTen } from '../../events/power-of-ten.js';
import type { RelayNotice } from '../relay-options.js';

/** Reasons to refuse a request before it reaches a call. */
export type RefusalKind =
  'host' | 'token' | 'unsigned' | 'wrong_signature' | 'closed_to_twilio' | 'body' | `media_${string}`;

interface Refusals {
  count: number;
  readonly sinceMs: number;
}

/** After this time the count of a kind starts again. */
const periodMs = 60_000;

/**
 * Logs refused requests, so that a misconfigured proxy shows, without flooding the log: within a minute each kind is
 * logged at its 1st, 10th, 100th, … refusal, later ones with the count.
 */
export class RefusalLog {
  readonly #clock: Clock;
  readonly #notify: (level: RelayNotice['level'], message: string) => void;
  readonly #refusals = new Map<RefusalKind, Refusals>();

  constructor(clock: Clock, notify: (level: RelayNotice['level'], message: string) => void) {
    this.#clock = clock;
    this.#notify = notify;
  }

  /** Counts a refusal and logs it if it is due. `message` is only called then. */
  note(kind: RefusalKind, message: () => string): void {
    const nowMs = this.#clock.nowMs();
    const known = this.#refusals.get(kind);
    const current = known && nowMs - known.sinceMs < periodMs ? known : { count: 0, sinceMs: nowMs };
    current.count++;
    this.#refusals.set(kind, current);
    if (!isPowerOfTen(current.count)) return;
    const often = current.count === 1 ? '' : ` (${current.count} like it within a minute)`;
    this.#notify('warn', `${message()}${often}`);
  }
}
