import type { SessionEvent } from '#src/events/session-event.js';
import type { Session } from '#src/session/session.js';
import { offerConnection, type OfferOptions } from '#src/transport/webrtc/offering-peer.js';
import type { PeerConnection } from '#src/transport/webrtc/peer-connection.js';
import type { WebRtcTransport } from '#src/transport/webrtc/webrtc-transport.js';
import type { LightRelay } from './light-relay.js';
import { postOffer, type OfferAnswer } from './offer-post.js';
import { eventually, opusSilence, PeerRecorder, rtpPacket, settle } from './peer-recorder.js';

/** The relay that a visitor calls, and how time passes there. */
export interface VisitedRelay {
  readonly light: LightRelay;
  /** Lets virtual time pass until the condition holds. */
  passUntil(condition: () => boolean): Promise<void>;
}

/** Changes the relay's answer before the visitor uses it. */
export type MungeAnswer = (answer: string) => string;

/** A browser's end of a call. It can do what no page does. */
export class WebRtcVisitor extends PeerRecorder {
  readonly connection: PeerConnection;
  readonly answer: OfferAnswer;
  readonly #relay: VisitedRelay;
  #typed = 0;
  #sequence = 0;

  private constructor(relay: VisitedRelay, connection: PeerConnection, answer: OfferAnswer) {
    super();
    this.#relay = relay;
    this.connection = connection;
    this.answer = answer;
    connection.start(this);
  }

  /** Offers a call. It comes up if the relay takes it. */
  static async offer(
    relay: VisitedRelay,
    options: Partial<OfferOptions> = {},
    munge: MungeAnswer = (answer) => answer,
  ): Promise<WebRtcVisitor> {
    const { clock, url } = relay.light;
    const offered = await offerConnection({ clock, bindAddress: '127.0.0.1', ...options });
    const answer = await postOffer(url, offered.offer);
    const visitor = new WebRtcVisitor(relay, offered.connection, answer);
    if (answer.json.sdp === undefined) offered.connection.close();
    else offered.accept(munge(answer.json.sdp));
    return visitor;
  }

  /** Offers a call and waits until its session has begun. */
  static async begin(...offer: Parameters<typeof WebRtcVisitor.offer>): Promise<WebRtcVisitor> {
    const visitor = await WebRtcVisitor.offer(...offer);
    await eventually(() => visitor.events.length > 0);
    // The relay's first message shows that the channel is open at both ends.
    if (visitor.connection.hasChannel) await eventually(() => visitor.texts.length > 0);
    else await visitor.#sendUntilHeard();
    return visitor;
  }

  /** Without a channel only a packet that arrives shows that the visitor's end is up: it drops earlier ones. */
  async #sendUntilHeard(): Promise<void> {
    const transport = this.#transport;
    while (transport.wire.received === 0) {
      this.#sendSilence();
      await settle();
    }
  }

  get session(): Session | undefined {
    return this.#relay.light.relay.sessions.find(
      ({ transport }) => transport?.call.callId === this.answer.json.callId,
    );
  }

  /** The events of its session, as the relay's listeners get them. */
  get events(): SessionEvent[] {
    const { events } = this.#relay.light;
    const start = events.find(
      (event) => event.type === 'session.start' && event.callId === this.answer.json.callId,
    );
    return start ? events.filter(({ sessionId }) => sessionId === start.sessionId) : [];
  }

  get sessionWarnings(): string[] {
    return this.events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
  }

  get endReason(): string | undefined {
    return this.events.flatMap((event) => (event.type === 'session.end' ? [event.reason] : []))[0];
  }

  /** Says something and is heard, and hears something that is said: both ways of the call work. */
  async proveAlive(): Promise<void> {
    const text = `still here ${++this.#typed}`;
    this.connection.sendText(JSON.stringify({ type: 'text', text }));
    await eventually(() =>
      this.events.some((event) => event.type === 'transcript.final' && event.text === text),
    );
    const heard = this.packets.length;
    let isSaid = false;
    void this.session?.speak('hello').then(() => (isSaid = true));
    await this.#relay.passUntil(() => isSaid && this.packets.length > heard);
  }

  /** Sends a packet of silence and waits until it has arrived. */
  async sendAudio(): Promise<void> {
    const { received } = this.#transport.wire;
    this.#sendSilence();
    await eventually(() => this.#transport.wire.received > received);
  }

  async hangUp(): Promise<void> {
    this.connection.close();
    await eventually(() => this.endReason !== undefined);
  }

  get #transport(): WebRtcTransport {
    if (!this.session) throw new Error('The visitor has no session.');
    return this.session.transport as WebRtcTransport;
  }

  #sendSilence(): void {
    this.connection.sendRtp(rtpPacket(this.connection.audio.ssrc, this.#sequence++, opusSilence));
  }
}
