import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.js';

export interface StreamTokensOptions {
  readonly clock: Clock;
  /** How long a token is valid. @default 30000 */
  readonly timeToLiveMs?: number;
  /** How many may be valid at once; the oldest makes room. @default 1000 */
  readonly maxTokens?: number;
}

interface Issued<Grant> {
  readonly callSid: string;
  readonly grant: Grant;
  readonly expiresAtMs: number;
}

/**
 * One-time tokens that tie a media stream to the webhook that asked for it: the TwiML answer carries one, and the
 * stream's `start` must show it. Each is 128 random bits, belongs to one CallSid, is spent by the first attempt to use it,
 * right or wrong, and expires. Only the count of live tokens takes memory; there are no timers.
 *
 * Tokens are looked up by hash, not compared byte by byte: the time a look-up takes says nothing about how much of a
 * guess was right, so no constant-time comparison is needed.
 */
export class StreamTokens<Grant> {
  readonly #clock: Clock;
  readonly #timeToLiveMs: number;
  readonly #maxTokens: number;
  /** In order of issue, which is the order in which they expire. */
  readonly #issued = new Map<string, Issued<Grant>>();

  constructor(options: StreamTokensOptions) {
    this.#clock = options.clock;
    this.#timeToLiveMs = options.timeToLiveMs ?? 30_000;
    this.#maxTokens = options.maxTokens ?? 1000;
  }

  /** Tokens that could still be redeemed. */
  get size(): number {
    this.#dropExpired();
    return this.#issued.size;
  }

  /** A new token for a call; `grant` is what redeeming it gives. 32 hex digits. */
  issue(callSid: string, grant: Grant): string {
    this.#dropExpired();
    for (const oldest of this.#issued.keys()) {
      if (this.#issued.size < this.#maxTokens) break;
      this.#issued.delete(oldest);
    }
    const token = randomBytes(16).toString('hex');
    this.#issued.set(token, { callSid, grant, expiresAtMs: this.#clock.nowMs() + this.#timeToLiveMs });
    return token;
  }

  /** Spends a token: what it stands for, or null if it is unknown, spent, expired, or was issued for another call. */
  redeem(token: string, callSid: string): Grant | null {
    this.#dropExpired();
    const issued = this.#issued.get(token);
    this.#issued.delete(token);
    return issued?.callSid === callSid ? issued.grant : null;
  }

  #dropExpired(): void {
    const nowMs = this.#clock.nowMs();
    for (const [token, { expiresAtMs }] of this.#issued) {
      if (expiresAtMs > nowMs) return;
      this.#issued.delete(token);
    }
  }
}
