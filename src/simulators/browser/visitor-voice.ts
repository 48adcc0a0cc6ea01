import type { OpusEncoder } from '../../audio/opus-encoder.js';
import type { Clock, Timer } from '../../core/clock.js';
import type { MediaConnection } from '../../transport/webrtc/media-connection.js';
import { addToSequence, addToTimestamp, writeRtpPacket } from '../../transport/webrtc/rtp-packet.js';
import type { Uplink } from '../../replay/caller.js';
import type { RoughNetwork } from './rough-network.js';

/** Opus' RTP clock always runs at 48 kHz (RFC 7587, section 4.1); a frame is 20 ms. */
const frameTicks = 960;

export interface VisitorVoiceParts {
  readonly connection: MediaConnection;
  readonly clock: Clock;
  /** Closed with the voice. */
  readonly encoder: OpusEncoder;
  /** Loss and delay of the packets. */
  readonly network: RoughNetwork;
}

/** Sends a visitor's voice to the relay: one Opus packet for each frame, over the simulated network. */
export class VisitorVoice {
  readonly #connection: MediaConnection;
  readonly #clock: Clock;
  readonly #encoder: OpusEncoder;
  readonly #network: RoughNetwork;
  /** Timers of delayed packets. */
  readonly #underWay = new Set<Timer>();
  #frames = 0;
  #packets = 0;
  #uplink: Uplink = 'open';
  /** Packets that wait for the uplink. */
  #held: Uint8Array[] = [];

  constructor({ connection, clock, encoder, network }: VisitorVoiceParts) {
    this.#connection = connection;
    this.#clock = clock;
    this.#encoder = encoder;
    this.#network = network;
  }

  /** Sets what happens to frames from now on. */
  setUplink(uplink: Uplink): void {
    this.#uplink = uplink;
    if (uplink === 'stalled') return;
    for (const packet of this.#held.splice(0)) if (uplink === 'open') this.#connection.sendRtp(packet);
  }

  /** Sends the next frame of 20 ms. */
  send(frame: Int16Array): void {
    const timestamp = addToTimestamp(0, this.#frames++ * frameTicks);
    // Without a microphone the sender sends no packets, but its media clock continues.
    if (this.#uplink === 'dead') return;
    const { payloadType, ssrc } = this.#connection.audio;
    const packet = writeRtpPacket({
      payloadType,
      marker: this.#packets === 0,
      sequenceNumber: addToSequence(0, this.#packets),
      timestamp,
      ssrc,
      payload: this.#encoder.encode(frame),
    });
    this.#packets += 1;
    if (this.#uplink === 'stalled') {
      this.#held.push(packet);
      return;
    }
    const delayMs = this.#network.nextDelayMs();
    if (delayMs === null) return;
    if (delayMs === 0) {
      this.#connection.sendRtp(packet);
      return;
    }
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#underWay.delete(timer);
      this.#connection.sendRtp(packet);
    });
    this.#underWay.add(timer);
  }

  /** Ends it; delayed packets are dropped. Idempotent. */
  close(): void {
    for (const timer of this.#underWay) timer.cancel();
    this.#underWay.clear();
    this.#encoder.close();
  }
}
