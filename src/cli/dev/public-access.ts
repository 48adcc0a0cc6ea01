/**
 * How the outside gets to the relay of `hzrelay dev`: a tunnel, and the Twilio number whose calls go through it. It comes up
 * behind the relay, which answers locally meanwhile, and what it cannot have is told in one line.
 */
import { systemClock } from '../../clock.js';
import { messageOf } from '../../errors.js';
import type { Relay } from '../../server/relay.js';
import type { RelayNotice } from '../../server/relay-options.js';
import { openTunnel, type Tunnel, type TunnelState } from '../../server/tunnel/tunnel.js';
import {
  hasTwilioCredentials,
  openTwilioAccount,
  twilioCredentials,
  type TwilioAccount,
} from '../../server/twilio-account.js';
import {
  pointWebhook,
  restoreLeftWebhooks,
  type WebhookHold,
  type WebhookRelease,
} from '../../server/twilio-webhook.js';
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

  /** Begins. Returns at once; what comes of it is told. Only for a relay that listens. */
  open(): void {
    this.#isOpening = this.#wantsTunnel();
    this.#opening = this.#open().finally(() => {
      this.#isOpening = false;
      this.#options.onChange();
    });
  }

  /** Puts the number back as it was and takes the tunnel down. Never rejects. */
  async close(): Promise<void> {
    await this.#opening;
    const hold = this.#hold;
    this.#hold = null;
    if (hold) await this.#release(hold);
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
      if (!signal.aborted) this.#say('warn', `${messageOf(thrown)} Everything on this machine works.`);
    }
  }

  #tunnelIs(state: TunnelState): void {
    if (state === 'reconnecting') this.#say('warn', 'The tunnel is down; ngrok is connecting again.');
    if (state === 'connected') this.#say('info', 'The tunnel is up again.');
    if (state !== 'lost') return;
    this.#options.relay.expose(null);
    this.#say('error', 'The tunnel is gone for good; start again for a new one.');
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
        for (const release of await restoreLeftWebhooks({ account, clock: systemClock }))
          this.#tell(release, 'An earlier run had left it pointing at itself.');
        return;
      }
      const voiceUrl = `${relay.publicUrl}/twilio/voice`;
      this.#hold = await pointWebhook({ account, number, voiceUrl, clock: systemClock });
      const { formerUrl } = this.#hold;
      this.#say(
        'info',
        `Calls to ${number} arrive here${formerUrl ? `; at the end they go to ${formerUrl} again` : ''}.`,
      );
    } catch (thrown) {
      this.#say('warn', messageOf(thrown));
    }
  }

  async #release(hold: WebhookHold): Promise<void> {
    progress(`Pointing ${hold.number} back to where its calls went.`);
    try {
      this.#tell(await hold.restore(), '');
    } catch (thrown) {
      this.#say('error', `${messageOf(thrown)} The next start of hzrelay dev puts ${hold.number} back.`);
    }
  }

  #tell(release: WebhookRelease, why: string): void {
    if (release.kind === 'nothing') return;
    const { number, voiceUrl } = release;
    const target = voiceUrl || 'nowhere, as before';
    const what =
      release.kind === 'left'
        ? `${number} was pointed elsewhere meanwhile and is left alone (${target}).`
        : `Calls to ${number} go to ${target} again.`;
    this.#say('info', `${what} ${why}`.trim());
  }

  #say(level: RelayNotice['level'], message: string): void {
    this.#options.onNotice({ level, message });
  }
}
