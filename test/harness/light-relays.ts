import type { RelayOptions } from '#src/relay/relay-options.js';
import { LightRelay } from './light-relay.js';

/** The relays of one test: a test starts what it needs, and {@link close} ends them all. */
export class LightRelays {
  #open: LightRelay[] = [];

  async start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
    const light = await LightRelay.start(options);
    this.#open.push(light);
    return light;
  }

  /** A relay without a session config: a call needs a session that waits. */
  startWithoutConfig(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
    return this.start({ ...options, session: undefined });
  }

  /** Ends every relay. Throws if one leaves a timer or a session behind. */
  async close(): Promise<void> {
    const closing = this.#open;
    this.#open = [];
    for (const light of closing) {
      await light.close();
      const { pendingTimers } = light.clock;
      const { sessions } = light.relay;
      if (pendingTimers > 0 || sessions.length > 0)
        throw new Error(`A relay left ${pendingTimers} timers and ${sessions.length} sessions behind.`);
    }
  }
}
