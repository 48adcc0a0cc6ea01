import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, type RTCDataChannel } from 'werift';
import { createOpusDecoder, type OpusDecoder } from '#src/audio/opus-decoder.js';
import { createOpusEncoder, type OpusEncoder } from '#src/audio/opus-encoder.js';
import { systemClock, type Timer } from '#src/core/clock.js';
import { pageChannelLabel, type RelayMessage } from '#src/transport/webrtc/page-protocol.js';
import { writeRtpPacket } from '#src/transport/webrtc/rtp-packet.js';

/** Sample rate of {@link WeriftVisitor.say} and {@link WeriftVisitor.heard}. */
export const visitorRateHz = 16_000;

const frameMs = 20;
/** RTP clock ticks per Opus frame (RFC 7587, section 4.1). */
const frameTicks = 960;
const payloadType = 96;
const ssrc = 77;

/**
 * A visitor with an independent WebRTC implementation (SDP, ICE, DTLS, SRTP, SCTP): werift. It calls as a WHIP client, runs in
 * real time, and knows of the page's protocol only that events are JSON.
 */
export class WeriftVisitor {
  /** Messages from the data channel. */
  readonly messages: RelayMessage[] = [];
  /** Time from the answer until the connection was up. */
  readonly connectMs: number;
  readonly #peer: RTCPeerConnection;
  readonly #channel: RTCDataChannel;
  readonly #call: URL;
  readonly #microphone: MediaStreamTrack;
  readonly #encoder: OpusEncoder;
  readonly #heard: Int16Array[] = [];
  readonly #words: Int16Array[] = [];
  #said: () => void = () => undefined;
  #frames = 0;
  #nextMs = systemClock.nowMs();
  #timer: Timer | null = null;

  private constructor(parts: {
    readonly peer: RTCPeerConnection;
    readonly channel: RTCDataChannel;
    readonly call: URL;
    readonly microphone: MediaStreamTrack;
    readonly loudspeaker: MediaStreamTrack;
    readonly encoder: OpusEncoder;
    readonly decoder: OpusDecoder;
    readonly connectMs: number;
  }) {
    this.connectMs = parts.connectMs;
    this.#peer = parts.peer;
    this.#channel = parts.channel;
    this.#call = parts.call;
    this.#microphone = parts.microphone;
    this.#encoder = parts.encoder;
    parts.loudspeaker.onReceiveRtp.subscribe((packet) => {
      const samples = parts.decoder.decode(packet.payload);
      if (samples) this.#heard.push(samples);
    });
    parts.channel.onMessage.subscribe((message) => {
      if (typeof message === 'string') this.messages.push(JSON.parse(message) as RelayMessage);
    });
    this.#sendOnTime();
  }

  /** Calls the relay; resolves when media can flow. Rejects if the relay refuses the call or the connection fails. */
  static async call(relayUrl: string): Promise<WeriftVisitor> {
    const opus = { mimeType: 'audio/opus', clockRate: 48_000, channels: 2, payloadType };
    const peer = new RTCPeerConnection({
      codecs: { audio: [new RTCRtpCodecParameters(opus)] },
      iceServers: [],
      // Otherwise it opens sockets for each media section and leaks the unused ones.
      bundlePolicy: 'max-bundle',
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
    const microphone = new MediaStreamTrack({ kind: 'audio' });
    const { receiver } = peer.addTransceiver(microphone, { direction: 'sendrecv' });
    const channel = peer.createDataChannel(pageChannelLabel);
    const isUp = new Promise<void>((resolve, reject) => {
      peer.connectionStateChange.subscribe((state) => {
        if (state === 'connected') resolve();
        if (state === 'failed' || state === 'closed') reject(new Error(`The connection is ${state}.`));
      });
    });
    await peer.setLocalDescription(await peer.createOffer());
    const response = await fetch(new URL('/webrtc/offer', relayUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: peer.localDescription?.sdp ?? '',
    });
    const body = await response.text();
    if (response.status !== 201) throw new Error(`The relay answered ${response.status}: ${body}`);
    const startedMs = systemClock.nowMs();
    await peer.setRemoteDescription({ type: 'answer', sdp: body });
    await isUp;
    return new WeriftVisitor({
      peer,
      channel,
      call: new URL(response.headers.get('location') ?? '', relayUrl),
      microphone,
      loudspeaker: receiver.track,
      encoder: await createOpusEncoder({ sampleRateHz: visitorRateHz }),
      decoder: await createOpusDecoder({ sampleRateHz: visitorRateHz }),
      connectMs: systemClock.nowMs() - startedMs,
    });
  }

  /** The received audio so far, without gaps between packets. */
  get heard(): Int16Array {
    return Int16Array.from(this.#heard.flatMap((samples) => [...samples]));
  }

  /** Sends samples in real time, with silence between utterances. Resolves when the last frame was sent. */
  say(samples: Int16Array): Promise<void> {
    const { frameSamples } = this.#encoder;
    for (let start = 0; start < samples.length; start += frameSamples) {
      const frame = new Int16Array(frameSamples);
      frame.set(samples.subarray(start, start + frameSamples));
      this.#words.push(frame);
    }
    return new Promise((resolve) => (this.#said = resolve));
  }

  /** Sends a text over the data channel. */
  write(text: string): void {
    this.#channel.send(text);
  }

  /** Leaves as a WHIP client: deletes the call. Resolves with the status of the answer. */
  async leave(): Promise<number> {
    const { status } = await fetch(this.#call, { method: 'DELETE' });
    await this.close();
    return status;
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#said();
    await this.#peer.close();
  }

  #sendOnTime(): void {
    const words = this.#words.shift();
    const packet = writeRtpPacket({
      payloadType,
      marker: false,
      sequenceNumber: this.#frames & 0xffff,
      timestamp: (this.#frames * frameTicks) >>> 0,
      ssrc,
      payload: this.#encoder.encode(words ?? new Int16Array(this.#encoder.frameSamples)),
    });
    this.#microphone.writeRtp(Buffer.from(packet));
    this.#frames++;
    if (words && this.#words.length === 0) this.#said();
    this.#nextMs += frameMs;
    this.#timer = systemClock.setTimer(this.#nextMs - systemClock.nowMs(), () => this.#sendOnTime());
  }
}
