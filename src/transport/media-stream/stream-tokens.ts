import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.js';

export interface StreamTokensOptions {
  readonly clock: Clock;
  /** How long a token is valid. @default 30000 */
  readonly timeToLiveMs?: number;
  /** Maximum number of valid tokens; the oldest is dropped. @default 1000 */
  readonly maxTokens?: number;
}

interface Issued<Grant> {
  readonly callId: string;
  readonly grant: Grant;
  readonly expiresAtMs: number;
}

/**
 * One-time tokens that tie a media stream to its webhook: the answer to the carrier contains a token, and the stream's
 * `start` must return it. A token is 128 random bits, belongs to one call, is spent by the first attempt to use it,
 * right or wrong, and expires. Expired tokens are removed without timers.
 *
 * Tokens are looked up by hash, not compared byte by byte. The time of a look-up does not depend on how much of a guess
 * is right, so no constant-time comparison is needed.
 */
export class StreamTokens<Grant> {
  readonly #clock: Clock;
  readonly #timeToLiveMs: number;
  readonly #maxTokens: number;
  /** In order of issue, which is also the order of expiry. */
  readonly #issued = new Map<string, Issued<Grant>>();

  constructor(options: StreamTokensOptions) {
    this.#clock = options.clock;
    this.#timeToLiveMs = options.timeToLiveMs ?? 30_000;
    this.#maxTokens = options.maxTokens ?? 1000;
  }

  /** Number of valid tokens. */
  get size(): number {
    this.#dropExpired();
    return this.#issued.size;
  }

  /** Issues a token of 32 hex digits for a call; redeeming it returns `grant`. */
  issue(callId: string, grant: Grant): string {
    this.#dropExpired();
    for (const oldest of this.#issued.keys()) {
      if (this.#issued.size < this.#maxTokens) break;
      this.#issued.delete(oldest);
    }
    const token = randomBytes(16).toString('hex');
    this.#issued.set(token, { callId, grant, expiresAtMs: this.#clock.nowMs() + this.#timeToLiveMs });
    return token;
  }

  /** Spends a token and returns its grant; null if it is unknown, spent, expired, or for another call. */
  redeem(token: string, callId: string): Grant | null {
    this.#dropExpired();
    const issued = this.#issued.get(token);
    this.#issued.delete(token);
    return issued?.callId === callId ? issued.grant : null;
  }

  #dropExpired(): void {
    const nowMs = this.#clock.nowMs();
    for (const [token, { expiresAtMs }] of this.#issued) {
      if (expiresAtMs > nowMs) return;
      this.#issued.delete(token);
    }
  }
}
