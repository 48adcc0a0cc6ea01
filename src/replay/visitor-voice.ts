import type { OpusEncoder } from '../audio/opus-encoder.js';
import type { Clock, Timer } from '../clock.js';
import type { MediaConnection } from '../transport/webrtc/media-connection.js';
import { addToSequence, addToTimestamp, writeRtpPacket } from '../transport/webrtc/rtp-packet.js';
import type { RoughNetwork } from './rough-network.js';

/** Opus' RTP clock runs at 48 kHz whatever it codes (RFC 7587, section 4.1); a frame is 20 ms. */
const frameTicks = 960;

export interface VisitorVoiceParts {
  readonly connection: MediaConnection;
  readonly clock: Clock;
  /** Closed with the voice. */
  readonly encoder: OpusEncoder;
  /** What becomes of the packets on their way. */
  readonly network: RoughNetwork;
}

/** A visitor's voice on its way to the relay: one RTP packet of Opus for each frame, lost and delayed as the network does. */
export class VisitorVoice {
  readonly #connection: MediaConnection;
  readonly #clock: Clock;
  readonly #encoder: OpusEncoder;
  readonly #network: RoughNetwork;
  /** Packets that the network delays. */
  readonly #underWay = new Set<Timer>();
  #frames = 0;

  constructor({ connection, clock, encoder, network }: VisitorVoiceParts) {
    this.#connection = connection;
    this.#clock = clock;
    this.#encoder = encoder;
    this.#network = network;
  }

  /** Sends the next frame of 20 ms. */
  send(frame: Int16Array): void {
    const { payloadType, ssrc } = this.#connection.audio;
    const packet = writeRtpPacket({
      payloadType,
      marker: this.#frames === 0,
      sequenceNumber: addToSequence(0, this.#frames),
      timestamp: addToTimestamp(0, this.#frames * frameTicks),
      ssrc,
      payload: this.#encoder.encode(frame),
    });
    this.#frames += 1;
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

  /** Ends it; what is still under way never arrives. Idempotent. */
  close(): void {
    for (const timer of this.#underWay) timer.cancel();
    this.#underWay.clear();
    this.#encoder.close();
  }
}
