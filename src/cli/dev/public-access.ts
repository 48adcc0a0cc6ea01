/**
 * How the internet reaches the relay of `hzrelay dev`: a tunnel, and the Twilio number whose calls go through it. Both
 * are set up while the relay already answers locally. A failure is reported in one line and does not stop the relay.
 */
import { systemClock } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import type { Relay } from '../../relay/relay.js';
import type { RelayNotice } from '../../relay/relay-options.js';
import { openTunnel, type Tunnel, type TunnelState } from '../../tunnel/tunnel.js';
import {
  hasTwilioCredentials,
  openTwilioAccount,
  twilioCredentials,
  type TwilioAccount,
} from '../../telephony/twilio-account.js';
import {
  pointWebhook,
  restoreLeftWebhooks,
  type WebhookHold,
  type WebhookRelease,
} from '../../telephony/twilio-webhook.js';
import { outsideEffects } from '../outside-effects.js';
import { progress } from '../terminal.js';

export interface PublicAccessOptions {
  readonly relay: Relay;
  readonly domain?: string | undefined;
  /** Whether the number may be pointed here. */
  readonly webhook: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onNotice: (notice: RelayNotice) => void;
  /** The public address or the number has changed. */
  readonly onChange: () => void;
}

export class PublicAccess {
  readonly #options: PublicAccessOptions;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #tunnel: Tunnel | null = null;
  #hold: WebhookHold | null = null;
  #opening: Promise<void> = Promise.resolve();
  #releasing: Promise<void> | null = null;
  /** The account whose number may point here, even if the request to change it failed. */
  #doubtful: TwilioAccount | null = null;
  #forget: () => void = () => undefined;
  #isOpening = false;

  constructor(options: PublicAccessOptions) {
    this.#options = options;
    this.#env = options.env ?? process.env;
  }

  /** Whether it is being set up. */
  get isOpening(): boolean {
    return this.#isOpening;
  }

  /** The Twilio number whose calls arrive here; null where none was pointed here. */
  get phoneNumber(): string | null {
    return this.#hold?.number ?? null;
  }

  /** Starts the setup and returns at once; notices report its results. The relay must be listening. */
  open(): void {
    this.#isOpening = this.#wantsTunnel();
    this.#opening = this.#open().finally(() => {
      this.#isOpening = false;
      this.#options.onChange();
    });
  }

  /** Restores the number; resolves when Twilio has answered. Idempotent; never rejects. */
  release(): Promise<void> {
    this.#releasing ??= this.#opening.catch(() => undefined).then(() => this.#release());
    return this.#releasing;
  }

  /** Restores the number and closes the tunnel. Idempotent; never rejects. */
  async close(): Promise<void> {
    await this.release();
    await this.#tunnel?.close();
  }

  #wantsTunnel(): boolean {
    const { relay } = this.#options;
    return relay.publicUrl === null && Boolean(this.#env.NGROK_AUTHTOKEN);
  }

  async #open(): Promise<void> {
    const account = await this.#account();
    if (this.#wantsTunnel()) await this.#openTunnel();
    if (account) await this.#pointNumber(account);
  }

  async #openTunnel(): Promise<void> {
    const { relay, domain = this.#env.NGROK_DOMAIN, signal } = this.#options;
    try {
      this.#tunnel = await openTunnel({
        port: Number(new URL(relay.url).port),
        host: new URL(relay.url).hostname,
        authtoken: this.#env.NGROK_AUTHTOKEN ?? '',
        ...(domain && { domain }),
        clock: systemClock,
        signal,
        onState: (state) => this.#tunnelIs(state),
      });
      relay.expose(this.#tunnel.url);
      this.#say('info', `The tunnel is open: ${this.#tunnel.url}`);
      this.#options.onChange();
    } catch (thrown) {
      if (!signal.aborted) this.#say('warn', `${messageOf(thrown)} The relay still works on this machine.`);
    }
  }

  #tunnelIs(state: TunnelState): void {
    if (state === 'reconnecting') this.#say('warn', 'The tunnel is down; ngrok is reconnecting.');
    if (state === 'connected') this.#say('info', 'The tunnel is up again.');
    if (state !== 'lost') return;
    this.#options.relay.expose(null);
    this.#say('error', 'The tunnel is lost; restart hzrelay dev for a new one.');
    this.#options.onChange();
  }

  async #account(): Promise<TwilioAccount | null> {
    if (!hasTwilioCredentials(this.#env)) return null;
    try {
      return await openTwilioAccount(twilioCredentials(this.#env));
    } catch (thrown) {
      this.#say('warn', messageOf(thrown));
      return null;
    }
  }

  async #pointNumber(account: TwilioAccount): Promise<void> {
    const { relay, webhook, signal } = this.#options;
    const { TWILIO_PHONE_NUMBER: number } = this.#env;
    try {
      if (signal.aborted) return;
      if (!webhook || !number || relay.publicUrl === null) {
        await this.#restoreLeft(account, 'An earlier run had not restored it.');
        return;
      }
      const voiceUrl = `${relay.publicUrl}/twilio/voice`;
      this.#forget = outsideEffects.add({
        ifLeft: `Calls to ${number} still go to this relay. The next start of hzrelay dev puts it back.`,
        undo: () => this.release(),
      });
      this.#doubtful = account;
      this.#hold = await pointWebhook({
        account,
        number,
        voiceUrl,
        clock: systemClock,
        onWait: this.#onWait,
      });
      const { formerUrl, unrecorded } = this.#hold;
      this.#say(
        'info',
        `Calls to ${number} arrive here${formerUrl ? `; at the end they go to ${formerUrl} again` : ''}.`,
      );
      if (unrecorded !== null)
        this.#say('warn', `${unrecorded} Until then, ${number} is not restored after a crash or kill -9.`);
    } catch (thrown) {
      this.#say('warn', messageOf(thrown));
    }
  }

  async #release(): Promise<void> {
    try {
      if (this.#hold) {
        progress(`Restoring the webhook of ${this.#hold.number}.`);
        this.#tell(await this.#hold.restore(), '');
      } else if (this.#doubtful) {
        // A failed request may still have changed the number.
        await this.#restoreLeft(this.#doubtful, '');
      }
    } catch (thrown) {
      const { TWILIO_PHONE_NUMBER: number = 'the number' } = this.#env;
      this.#say('error', `${messageOf(thrown)} The next start of hzrelay dev puts ${number} back.`);
    }
    this.#hold = null;
    this.#forget();
  }

  async #restoreLeft(account: TwilioAccount, why: string): Promise<void> {
    for (const release of await restoreLeftWebhooks({ account, clock: systemClock, onWait: this.#onWait }))
      this.#tell(release, why);
  }

  #tell(release: WebhookRelease, why: string): void {
    if (release.kind === 'nothing') return;
    const { number, voiceUrl } = release;
    const target = voiceUrl || 'nowhere, as before';
    const what =
      release.kind === 'left'
        ? `${number} now points elsewhere (${target}) and was not changed.`
        : `Calls to ${number} go to ${target} again.`;
    this.#say('info', `${what} ${why}`.trim());
  }

  readonly #onWait = (message: string): void => this.#say('info', message);

  #say(level: RelayNotice['level'], message: string): void {
    this.#options.onNotice({ level, message });
  }
}
