/**
 * Tells when a page is gone: a crashed tab sends nothing, and ICE takes half a minute to notice. A client that never answered
 * a sync is not a page and may be silent for any time: ICE keeps checking its consent, and the connection fails when that
 * expires (RFC 7675, section 5.1: 30 s).
 */
import type { Clock, Timer } from '../../core/clock.js';
import { mediaStoppedAfterMs } from '../media-watch.js';

/** How often it looks. */
const lookEveryMs = 500;
/** A page that cannot come back counts as gone after this long without heartbeat and audio. */
const goneAfterMs = 8000;
/** The connection of a page that can come back counts as lost after this long without a packet or message. */
const lostAfterMs = 2000;
/** Without a sign of such a page for this long, it is not known that it hears what is sent. A page answers twice a second. */
const doubtAfterMs = 750;

/** What a warning says when a page is there but its audio has stopped. */
export const noAudioMessage = `No audio has arrived from the browser for ${mediaStoppedAfterMs / 1000} s although its connection is up. Browsers send audio all the time, also during silence: check that the microphone is on and the page is awake.`;

export interface PageLivenessOptions {
  readonly clock: Clock;
  /** Whether the page can come back after its connection was lost. */
  readonly isResumable: () => boolean;
  /** When the page last answered a sync; null if it never did. */
  readonly heartbeatMs: () => number | null;
  /** Whether the page sends audio. */
  readonly sendsAudio: () => boolean;
  /** Called at every look while it lasts. */
  readonly onSilent: (why: string) => void;
}

export class PageLiveness {
  readonly #options: PageLivenessOptions;
  #timer: Timer | null = null;
  #audioMs = 0;
  #signMs = 0;

  constructor(options: PageLivenessOptions) {
    this.#options = options;
  }

  /** When the page last sent anything. */
  get lastSignMs(): number {
    return this.#signMs;
  }

  /** Whether the page may be gone: then it is not known what it hears. */
  get isDoubted(): boolean {
    const { clock, isResumable, heartbeatMs } = this.#options;
    return isResumable() && heartbeatMs() !== null && clock.nowMs() - this.#signMs > doubtAfterMs;
  }

  /** Starts to look, until {@link stop}. */
  start(): void {
    this.sign('audio');
    this.#look();
  }

  /** The page sent something. */
  sign(what: 'audio' | 'message'): void {
    this.#signMs = this.#options.clock.nowMs();
    if (what === 'audio') this.#audioMs = this.#signMs;
  }

  /** Idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #look(): void {
    this.#timer = this.#options.clock.setTimer(lookEveryMs, () => this.#look());
    const why = this.#silence();
    if (why !== null) this.#options.onSilent(why);
  }

  #silence(): string | null {
    const { clock, isResumable, heartbeatMs, sendsAudio } = this.#options;
    const heartbeat = heartbeatMs();
    if (heartbeat === null) return null;
    const nowMs = clock.nowMs();
    if (isResumable())
      return nowMs - Math.max(this.#signMs, heartbeat) >= lostAfterMs
        ? `Nothing has come from the browser for ${lostAfterMs / 1000} s.`
        : null;
    const isSilent = !sendsAudio() || nowMs - this.#audioMs >= goneAfterMs;
    return isSilent && nowMs - heartbeat >= goneAfterMs
      ? `The browser is gone: no heartbeat and no audio for ${goneAfterMs / 1000} s.`
      : null;
  }
}
