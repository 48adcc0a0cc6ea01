import type { SessionConfig } from '#src/relay/config/config.js';
import { lightSession } from './light-relay.js';

/** A session function whose config comes only when a test gives it. */
export class SlowSession {
  #resolve: ((config: SessionConfig) => void) | null = null;

  /** For a relay's `session` option. */
  readonly config = (): Promise<SessionConfig> =>
    new Promise((resolve) => {
      this.#resolve = resolve;
    });

  get isAsked(): boolean {
    return this.#resolve !== null;
  }

  give(): void {
    this.#resolve?.(lightSession());
  }
}
