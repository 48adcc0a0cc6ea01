import { systemClock } from '../../core/clock.js';
import type { Relay } from '../../relay/relay.js';
import { transportOf, type TransportType } from '../../transport/registry.js';

/** Places simulated calls to the relay of this process. {@link close} ends them. */
export class TestCaller {
  readonly #relay: Relay;
  readonly #abort = new AbortController();

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  /** Holds the default conversation; resolves with its result when the call is over. Rejects if the call failed. */
  async call(via: TransportType): Promise<string> {
    const relay = this.#relay;
    // Most runs place no such call, so the simulated callers are loaded only then.
    const [{ speakConversation }, { callerRatesHz, replayCall }] = await Promise.all([
      import('../../replay/default-conversation.js'),
      import('../../replay/replay-call.js'),
    ]);
    const recordings = await speakConversation(callerRatesHz[via]);
    const [authToken] = relay.options.twilioAuthTokens;
    const { turns } = await replayCall({
      url: relay.url,
      ...(relay.publicUrl !== null && { publicUrl: relay.publicUrl }),
      events: { token: relay.access.guarded ? relay.access.token : undefined },
      via,
      recordings,
      clock: systemClock,
      signal: this.#abort.signal,
      ...(authToken !== undefined && { authToken }),
    });
    const answered = turns.filter((turn) => turn.answered).length;
    return `The simulated ${transportOf(via).title} call is over: ${answered} of ${turns.length} sentences were answered.`;
  }

  /** Hangs up all calls. */
  close(): void {
    this.#abort.abort(new Error('The relay is stopping.'));
  }
}
