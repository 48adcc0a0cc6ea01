import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import { callerRatesHz, type ReplayCallOptions, type ReplayResult } from '#src/replay/replay-call.js';
import type { Session } from '#src/session/session.js';
import type { VirtualClock } from '#src/simulators/virtual-clock.js';
import type { TransportType } from '#src/transport/transport.js';
import { fixtures } from './recordings.js';

export const agent = { systemPrompt: 'You run an appointment desk.' };
export const greeting = 'Hello, this is the appointment desk. How can I help you?';

/** Whole calls in virtual time with the embedded providers, one relay at a time. */
export class PhoneConversations {
  readonly voices = new TestVoices();
  #relay: VirtualRelay | null = null;

  /** The relay of the last {@link start}. */
  get relay(): VirtualRelay {
    if (!this.#relay) throw new Error('No relay was started.');
    return this.#relay;
  }

  async start(
    session: Partial<SessionConfig> = { agent },
    onSession?: (session: Session) => void,
    clock?: VirtualClock,
  ): Promise<VirtualRelay> {
    const parts = clock ? { clock } : {};
    this.#relay = await VirtualRelay.start(this.voices, session, onSession ? { onSession } : {}, parts);
    return this.#relay;
  }

  /** A call in which the caller says these recordings; starts a relay if there is none. */
  async say(names: string[], options: Partial<ReplayCallOptions> = {}): Promise<ReplayResult> {
    const at = this.#relay ?? (await this.start());
    return at.run(at.call({ recordings: await fixtures(...names), ...options }));
  }

  /** A call with this sound at the caller's end, from begin to end. */
  hear(via: TransportType, samples: Int16Array): Promise<ReplayResult> {
    const recording = { path: '', name: 'sound', samples, sampleRateHz: callerRatesHz[via] };
    return this.relay.run(this.relay.call({ via, recordings: [recording], wholeCall: { hungUp: true } }));
  }

  /** Closes the relay of a test. Throws if a timer is left. */
  async end(): Promise<void> {
    const relay = this.#relay;
    this.#relay = null;
    await relay?.close();
    if (relay && relay.clock.pendingTimers > 0)
      throw new Error(`${relay.clock.pendingTimers} timers were left.`);
  }

  warmUp(): Promise<void> {
    return this.voices.warmUp();
  }

  close(): Promise<void> {
    return this.voices.close();
  }
}
