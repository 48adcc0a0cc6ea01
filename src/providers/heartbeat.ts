import type { Clock, Timer } from '../core/clock.js';

export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Sends a WebSocket ping. */
  readonly ping: () => void;
  /** Whether earlier data, and the ping behind it, are still buffered in this process. */
  readonly isSending: () => boolean;
  /** The server does not answer pings. Called at most once, and never after `stop()`. */
  readonly onDead: () => void;
}

/**
 * Interval of pings. They also keep a Flux connection open, which is closed after 60 s without data:
 * https://github.com/deepgram/deepgram-python-sdk/issues/618, https://github.com/livekit/agents/pull/3648.
 */
const pingEveryMs = 5000;
/** How long to wait for a pong: after a regular ping, and after one that a pending flush depends on. */
const pongWaits = {
  usual: { lookEveryMs: 1000, looks: 5 },
  urgent: { lookEveryMs: 200, looks: 4 },
} as const;

/**
 * Detects a dead connection by pings, which every WebSocket server must answer (RFC 6455 section 5.5.2). It counts
 * checks instead of time: if this process itself was blocked, the pong is read before the next check.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer | null = null;
  #awaits: keyof typeof pongWaits | null = null;
  #silentLooks = 0;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Whether an urgent ping has not been answered yet. */
  get isInDoubt(): boolean {
    return this.#awaits === 'urgent';
  }

  /** Starts the regular pings. */
  start(): void {
    this.#set(pingEveryMs, () => this.#ping('usual'));
  }

  /** Sends an urgent ping at once. */
  check(): void {
    if (this.#timer && this.#awaits !== 'urgent') this.#ping('urgent');
  }

  /** A pong has arrived. */
  answered(): void {
    this.#awaits = null;
  }

  /** Another message has arrived. Right after an urgent ping it proves nothing: it may have been sent before. Cheap. */
  heard(): void {
    if (this.#awaits === 'usual' || this.#silentLooks > 0) this.#awaits = null;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#awaits = null;
  }

  #ping(kind: keyof typeof pongWaits): void {
    this.#awaits = kind;
    this.#silentLooks = 0;
    this.#look(kind);
    this.#options.ping();
  }

  #look(kind: keyof typeof pongWaits): void {
    const { lookEveryMs, looks } = pongWaits[kind];
    this.#set(lookEveryMs, () => {
      if (this.#awaits === null) return this.start();
      if (!this.#options.isSending()) this.#silentLooks++;
      if (this.#silentLooks < looks) return this.#look(kind);
      this.stop();
      this.#options.onDead();
    });
  }

  #set(delayMs: number, act: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(delayMs, act);
  }
}
