import type { SessionEvent } from '#src/events/session-event.js';
import type { RelayOptions } from '#src/relay/relay-options.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import type { Session } from '#src/session/session.js';
import { webRtcUse } from '#src/transport/webrtc/native-webrtc.js';
import { offerConnection, type OfferOptions } from '#src/transport/webrtc/offering-peer.js';
import { lightSession, LightRelay } from './light-relay.js';
import { postOffer, postOfferBody, type OfferAnswer } from './offer-post.js';
import { eventually } from './peer-recorder.js';
import { WebRtcVisitor, type MungeAnswer, type VisitedRelay } from './webrtc-visitor.js';

/** A session for browsers that needs no worker and speaks only when a test makes it. */
export function browserSession(): SessionConfig {
  return { ...lightSession(), inbound: { type: 'webrtc' } };
}

/** A light relay with one browser call, the bystander's, which must survive whatever a test does to the relay. */
export class AttendedRelay implements VisitedRelay {
  readonly light: LightRelay;
  #bystander: WebRtcVisitor | null = null;

  private constructor(light: LightRelay) {
    this.light = light;
  }

  /** A listening relay whose bystander's session has begun. Close it with {@link close}. */
  static async start(options: Partial<RelayOptions> = {}): Promise<AttendedRelay> {
    const attended = new AttendedRelay(await LightRelay.start({ session: browserSession, ...options }));
    attended.#bystander = await attended.begin();
    return attended;
  }

  get sessions(): readonly Session[] {
    return this.light.relay.sessions;
  }

  get events(): readonly SessionEvent[] {
    return this.light.events;
  }

  /** Offers a call; see {@link WebRtcVisitor.offer}. */
  offer(options?: Partial<OfferOptions>, munge?: MungeAnswer): Promise<WebRtcVisitor> {
    return WebRtcVisitor.offer(this, options, munge);
  }

  /** Offers a call and waits until its session has begun. */
  begin(options?: Partial<OfferOptions>, munge?: MungeAnswer): Promise<WebRtcVisitor> {
    return WebRtcVisitor.begin(this, options, munge);
  }

  /** Posts an offer as a page does, without connecting. */
  postOffer(sdp: string): Promise<OfferAnswer> {
    return postOffer(this.light.url, sdp);
  }

  /** Posts any body to the route for offers. */
  postBody(body: string, contentType?: string): Promise<OfferAnswer> {
    return postOfferBody(this.light.url, body, { contentType });
  }

  /** An offer whose peer is already closed, so that the call never connects. */
  async deadOffer(): Promise<string> {
    const { offer, connection } = await offerConnection({ clock: this.light.clock, withChannel: false });
    connection.close();
    return offer;
  }

  /** Asks the relay to end a call. Resolves to the status. */
  async delete(id: string): Promise<number> {
    return (await fetch(`${this.light.url}/webrtc/${id}`, { method: 'DELETE' })).status;
  }

  /** Lets time pass, in which the bystander goes on sending audio. */
  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 1000) {
      await this.#bystander?.sendAudio();
      this.light.clock.advance(1000);
    }
  }

  async passUntil(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await this.#bystander?.sendAudio();
      this.light.clock.advance(20);
    }
  }

  /** Ends everything. Throws if the bystander's call was harmed, or if a timer or a native object is left. */
  async close(): Promise<void> {
    const { light } = this;
    await this.#bystander?.proveAlive();
    if (this.#bystander?.endReason !== undefined) throw new Error('The bystander’s call has ended.');
    await this.#bystander?.hangUp();
    await eventually(() => light.relay.sessions.length === 0);
    await light.close();
    if (light.clock.pendingTimers > 0) throw new Error(`${light.clock.pendingTimers} timers are left.`);
    await eventually(() => webRtcUse().nativeObjects === 0);
    if (webRtcUse().leases > 0) throw new Error(`${webRtcUse().leases} leases are left.`);
  }
}
