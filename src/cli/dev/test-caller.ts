import { systemClock } from '../../clock.js';
import { speakConversation } from '../../replay/default-conversation.js';
import { callerRatesHz, replayCall } from '../../replay/replay-call.js';
import type { Relay } from '../../server/relay.js';
import type { TransportType } from '../../transport/transport.js';

/** Calls the relay of this process as a person would who has no phone at hand. Ends its calls with {@link close}. */
export class TestCaller {
  readonly #relay: Relay;
  readonly #abort = new AbortController();

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  /** Has the default conversation; resolves when the call is over, with what came of it. Rejects where there was none. */
  async call(via: TransportType): Promise<string> {
    const relay = this.#relay;
    const recordings = await speakConversation(callerRatesHz[via]);
    const { twilioAuthToken } = relay.options;
    const { turns } = await replayCall({
      // A phone call is signed for the address that Twilio would call.
      url: via === 'twilio' ? (relay.publicUrl ?? relay.url) : relay.url,
      events: { token: relay.access.guarded ? relay.access.token : undefined },
      via,
      recordings,
      clock: systemClock,
      signal: this.#abort.signal,
      ...(twilioAuthToken !== null && { authToken: twilioAuthToken }),
    });
    const answered = turns.filter((turn) => turn.answered).length;
    return `The simulated ${via === 'twilio' ? 'phone' : 'web'} call is over: ${answered} of ${turns.length} sentences were answered.`;
  }

  /** Hangs up whatever still talks. */
  close(): void {
    this.#abort.abort(new Error('The relay is stopping.'));
  }
}
