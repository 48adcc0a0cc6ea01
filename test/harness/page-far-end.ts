import { createOpusDecoder, type OpusDecoder } from '#src/audio/opus-decoder.js';
import { createOpusEncoder, type OpusEncoder } from '#src/audio/opus-encoder.js';
import { SoundEdges } from '#src/audio/sound-edges.js';
import type { Clock, Timer } from '#src/core/clock.js';
import type { MediaConnection, MediaConnectionListener } from '#src/transport/webrtc/media-connection.js';
import {
  soundEndsAfterMs,
  type PageMessage,
  type RelayMessage,
} from '#src/transport/webrtc/page-protocol.js';
import { parseRtpPacket, writeRtpPacket, type RtpPacket } from '#src/transport/webrtc/rtp-packet.js';

export interface PageFarEndOptions {
  /** Delay of a packet or message to the page. @default 0 */
  readonly thereMs?: number;
  /** Delay back to the relay. @default 0 */
  readonly backMs?: number;
  /** Delay of the page's jitter buffer. @default 40 */
  readonly jitterBufferMs?: number;
  /** Whether it has a data channel. @default true */
  readonly hasChannel?: boolean;
  /** Whether it reports the ear. @default true */
  readonly reports?: boolean;
  readonly receives?: boolean;
}

/** A stretch of agent audio that the visitor heard. */
export interface HeardFrame {
  readonly atMs: number;
  readonly samples: Int16Array;
  readonly packet: RtpPacket;
}

const rateHz = 24_000;
/** Offset of the page's clock from the relay's. */
const clockOffsetMs = 5000;

/**
 * A page at the other end of an in-memory connection with a delay each way, on an injected clock. It decodes and plays
 * received audio, answers clock messages, reports ear and mouth, and can be made to send anything.
 */
export class PageFarEnd implements MediaConnection {
  readonly audio;
  readonly hasChannel: boolean;
  readonly connected = Promise.resolve(true);
  readonly over: Promise<void>;
  bufferedBytes = 0;
  /** Set to ignore clock messages, like a crashed tab. */
  isDead = false;
  readonly heard: HeardFrame[] = [];
  readonly messages: RelayMessage[] = [];
  closed = false;
  readonly #clock: Clock;
  readonly #options: Required<PageFarEndOptions>;
  readonly #decoder: OpusDecoder;
  readonly #encoder: OpusEncoder;
  readonly #timers = new Set<Timer>();
  readonly #heardEdges = new SoundEdges({ sampleRateHz: rateHz, endsAfterMs: soundEndsAfterMs });
  readonly #saidEdges = new SoundEdges({ sampleRateHz: rateHz, endsAfterMs: soundEndsAfterMs });
  #listener: MediaConnectionListener | null = null;
  #settleOver: () => void = () => undefined;
  #ended = false;
  /** When all received audio will have been played. */
  #playedMs = 0;
  #saidFrames = 0;
  #sent = 0;
  #received = 0;

  private constructor(clock: Clock, options: PageFarEndOptions, decoder: OpusDecoder, encoder: OpusEncoder) {
    this.#clock = clock;
    this.#options = {
      thereMs: 0,
      backMs: 0,
      jitterBufferMs: 40,
      hasChannel: true,
      reports: true,
      receives: true,
      ...options,
    };
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.hasChannel = this.#options.hasChannel;
    this.over = new Promise((resolve) => (this.#settleOver = resolve));
    this.audio = { payloadType: 111, ssrc: 4711, receives: this.#options.receives, sends: true };
  }

  static async create(clock: Clock, options: PageFarEndOptions = {}): Promise<PageFarEnd> {
    const decoder = await createOpusDecoder({ sampleRateHz: rateHz });
    const encoder = await createOpusEncoder({ sampleRateHz: rateHz });
    return new PageFarEnd(clock, options, decoder, encoder);
  }

  get wire(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sent, received: this.#received };
  }

  /** The page's clock. */
  get pageMs(): number {
    return this.#clock.nowMs() + clockOffsetMs;
  }

  start(listener: MediaConnectionListener): void {
    this.#listener = listener;
    if (this.hasChannel) this.#later(this.#options.backMs, () => listener.onChannelOpen());
  }

  sendRtp(bytes: Uint8Array): boolean {
    if (this.#ended) return false;
    this.#sent++;
    const packet = parseRtpPacket(bytes);
    if (!packet) throw new Error('The relay sent something that is not RTP.');
    this.#later(this.#options.thereMs, () => this.#arrive(packet));
    return true;
  }

  sendText(text: string): boolean {
    if (this.#ended || !this.hasChannel) return false;
    this.#sent++;
    this.#later(this.#options.thereMs, () => this.#read(JSON.parse(text) as RelayMessage));
    return true;
  }

  close(): void {
    this.closed = true;
    this.#end('closed');
  }

  /** Sends a message, with the delay back. */
  tell(message: PageMessage | string): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    this.#later(this.#options.backMs, () => {
      this.#received++;
      if (!this.#ended) this.#listener?.onText(text);
    });
  }

  /** Sends an invalid message, such as a binary one. */
  drop(): void {
    if (!this.#ended) this.#listener?.onDropped?.();
  }

  /** Sends samples at 24 kHz, frame by frame as the clock moves. */
  say(samples: Int16Array): void {
    for (let at = 0; at + 480 <= samples.length; at += 480) {
      const frame = samples.slice(at, at + 480);
      this.#later((at / rateHz) * 1000, () => this.#sayFrame(frame));
    }
  }

  /** Sends any bytes as RTP, at once. */
  sendRaw(bytes: Uint8Array): void {
    if (!this.#ended) this.#listener?.onRtp(bytes);
  }

  /** Leaves: the connection closes. */
  leave(): void {
    this.#end('hangup');
  }

  /** ICE gives up. */
  fail(): void {
    this.#end('failed');
  }

  #arrive(packet: RtpPacket): void {
    const samples = this.#decoder.decode(packet.payload);
    if (!samples) throw new Error('The relay sent something that is not Opus.');
    const atMs = Math.max(this.#playedMs, this.#clock.nowMs() + this.#options.jitterBufferMs);
    const gapMs = atMs - this.#playedMs;
    this.#playedMs = atMs + 20;
    this.#later(atMs - this.#clock.nowMs(), () => {
      this.heard.push({ atMs, samples, packet });
      if (gapMs > 0) this.#listen(new Int16Array(Math.round((Math.min(gapMs, 1000) / 1000) * rateHz)), atMs);
      this.#listen(samples, atMs + 20);
    });
  }

  #listen(samples: Int16Array, endMs: number): void {
    this.#heardEdges.push(samples, ({ type, position }) => {
      const atMs = endMs - ((this.#heardEdges.position - position) / rateHz) * 1000;
      if (type === 'begin') this.#report({ type: 'audible', pageMs: atMs + clockOffsetMs });
    });
  }

  #sayFrame(frame: Int16Array): void {
    const endMs = this.#clock.nowMs() + 20;
    this.#saidEdges.push(frame, ({ type, position }) => {
      const atMs = endMs - ((this.#saidEdges.position - position) / rateHz) * 1000;
      this.#report({ type: type === 'begin' ? 'speech_start' : 'speech_end', pageMs: atMs + clockOffsetMs });
    });
    const n = this.#saidFrames++;
    const packet = writeRtpPacket({
      payloadType: 111,
      marker: n === 0,
      sequenceNumber: (65_500 + n) & 0xffff,
      timestamp: (4_294_900_000 + n * 960) >>> 0,
      ssrc: 815,
      payload: this.#encoder.encode(frame),
    });
    // A frame leaves after its last sample.
    this.#later(20 + this.#options.backMs, () => {
      this.#received++;
      if (!this.#ended) this.#listener?.onRtp(packet);
    });
  }

  #report(message: PageMessage): void {
    if (this.#options.reports) this.tell(message);
  }

  #read(message: RelayMessage): void {
    this.messages.push(message);
    if (message.type !== 'sync' || this.isDead) return;
    const { pageMs } = this;
    this.tell({ type: 'sync', id: message.id, receivedPageMs: pageMs, sentPageMs: pageMs });
  }

  #later(ms: number, callback: () => void): void {
    const timer = this.#clock.setTimer(ms, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
  }

  #end(reason: 'hangup' | 'failed' | 'closed'): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#settleOver();
    this.#listener?.onEnd(reason);
  }
}
