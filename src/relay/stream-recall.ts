/**
 * The second way back for a phone call whose media stream was lost. As a rule Twilio notices the loss and asks for the
 * call's next instruction. Where it has not asked within a second, the relay gives the instruction over the REST API:
 * a tunnel or proxy may keep Twilio's end of the socket open, or lose the request.
 *
 * Source: https://www.twilio.com/docs/voice/tutorials/how-to-modify-calls-in-progress
 */
import type { Clock, Timer } from '../core/clock.js';
import { messageOf } from '../core/errors.js';
import type { Session } from '../session/session.js';
import type { RelayContext } from './relay-context.js';
import type { TwilioCallAccount } from './twilio-call-account.js';

/** How long Twilio has to ask. Its request usually arrives within some hundred milliseconds. */
export const askedWithinMs = 1000;

export interface StreamRecallOptions {
  readonly callSid: string;
  readonly session: Session;
  readonly account: TwilioCallAccount;
  readonly clock: Clock;
  readonly notify: RelayContext['notify'];
  /** Makes the TwiML that opens another stream, with a new token. */
  readonly twiml: () => Promise<string>;
}

export class StreamRecall {
  readonly #options: StreamRecallOptions;
  #timer: Timer | null = null;
  #redirecting: Promise<void> = Promise.resolve();

  /** Follows the session until it ends. */
  constructor(options: StreamRecallOptions) {
    this.#options = options;
    options.session
      .on('session.reconnecting', () => this.#wait())
      .on('session.reconnected', () => this.#stop())
      .on('session.end', () => this.#stop());
  }

  /**
   * Twilio asks for the next instruction. Resolves when it may get one: a redirect that is under way would cut the
   * stream that the answer opens.
   */
  async asked(): Promise<void> {
    this.#stop();
    await this.#redirecting;
  }

  #wait(): void {
    this.#timer = this.#options.clock.setTimer(askedWithinMs, () => {
      this.#timer = null;
      this.#redirecting = this.#redirect();
    });
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Never rejects. */
  async #redirect(): Promise<void> {
    const { callSid, session, account, notify, twiml } = this.#options;
    const call = `twilio call ${callSid}`;
    const isLost = (): boolean => session.state === 'reconnecting';
    try {
      const instruction = await twiml();
      // Another way may have been faster.
      if (!isLost()) return;
      const outcome = await account.redirectCall(callSid, instruction);
      if (outcome === 'redirected')
        notify('info', `${call}: Twilio did not ask for another stream, so the relay told it to open one.`);
      // The caller hung up while the stream was lost.
      else if (isLost()) await session.end('hangup');
    } catch (thrown) {
      const problem = `${call} has lost its media stream, and Twilio did not ask for another.`;
      notify('warn', `${problem} The relay could not tell it to open one: ${messageOf(thrown)}`);
    }
  }
}
