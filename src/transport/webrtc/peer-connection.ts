import type {
  Audio,
  DataChannel,
  Direction,
  MediaHandler,
  PeerConnection as NativePeer,
  Track,
} from 'node-datachannel';
import type { Clock, Timer } from '../../clock.js';
import { messageOf, TransportError } from '../../errors.js';
import { printable } from '../../events/sys-log.js';
import type { MediaConnection, MediaConnectionListener, NegotiatedAudio } from './media-connection.js';
import { keep, letGo, type WebRtcLease, type WebRtcLibrary } from './native-webrtc.js';
import { pageChannelLabel } from './page-protocol.js';
import { isRtcp } from './rtp-packet.js';

/** How long a connection may take to come up. */
export const defaultConnectTimeoutMs = 15_000;

/** Longest data-channel message in bytes. */
export const defaultMaxMessageBytes = 65_536;

/** The limit to give to the library, which cuts a longer message off at it: one more, so that a cut one shows. */
export function nativeMessageLimit(maxMessageBytes: number): number {
  return maxMessageBytes + 1;
}

/** How much is kept for a listener that has not started yet, in packets and messages: five seconds of audio. */
const maxEarly = 250;

type EndReason = Parameters<MediaConnectionListener['onEnd']>[0];
type Delivery = (listener: MediaConnectionListener) => void;

export interface PeerConnectionParts {
  readonly clock: Clock;
  readonly lease: WebRtcLease;
  readonly library: WebRtcLibrary;
  readonly peer: NativePeer;
  readonly track: Track;
  readonly audio: NegotiatedAudio;
  readonly hasChannel: boolean;
  readonly connectTimeoutMs: number;
  readonly maxMessageBytes: number;
}

/**
 * A connection of the native library, seen as a {@link MediaConnection}: whichever of peer, track and channel closes first
 * ends it, once, and takes the others with it. It holds a lease on the library until its end.
 *
 * Without a data channel the library closes a connection without a word: the far end finds out by itself, some 30 s later
 * where it watches nothing but ICE.
 */
export class PeerConnection implements MediaConnection {
  readonly audio: NegotiatedAudio;
  readonly hasChannel: boolean;
  readonly connected: Promise<boolean>;
  readonly #lease: WebRtcLease;
  readonly #peer: NativePeer;
  readonly #track: Track;
  readonly #maxMessageBytes: number;
  readonly #connectTimer: Timer;
  readonly #warned = new Set<string>();
  #settleConnected: (isUp: boolean) => void = () => undefined;
  #channel: DataChannel | null = null;
  #listener: MediaConnectionListener | null = null;
  #early: Delivery[] = [];
  #end: { readonly reason: EndReason; readonly cause: Error | undefined } | null = null;
  #sent = 0;
  #received = 0;

  /** Takes over all parts and closes them at its end; the peer must not have a remote description yet. */
  constructor(parts: PeerConnectionParts) {
    this.audio = parts.audio;
    this.hasChannel = parts.hasChannel;
    this.#lease = parts.lease;
    this.#peer = parts.peer;
    this.#track = parts.track;
    this.#maxMessageBytes = parts.maxMessageBytes;
    this.connected = new Promise((resolve) => (this.#settleConnected = resolve));
    this.#connectTimer = parts.clock.setTimer(parts.connectTimeoutMs, () =>
      this.#finish(
        'failed',
        new TransportError(
          `No connection came about within ${parts.connectTimeoutMs / 1000} s: no path for UDP, or the other end is gone.`,
        ),
      ),
    );
    keep(this.#peer);
    this.#peer.onDataChannel((channel) => this.#onChannel(channel));
    this.#peer.onStateChange((state) => this.#onState(state));
    const handlers = reportReception(parts.library, this.#track, this.audio);
    for (const native of [this.#track, ...handlers]) keep(native);
    this.#track.onOpen(() => this.#onUp());
    this.#track.onMessage((packet) => this.#onPacket(packet));
    this.#track.onClosed(() => {
      for (const native of [this.#track, ...handlers]) letGo(native);
      this.#onClosed();
    });
  }

  get bufferedBytes(): number {
    return this.#channel?.bufferedAmount() ?? 0;
  }

  get wire(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sent, received: this.#received };
  }

  start(listener: MediaConnectionListener): void {
    const early = this.#early;
    this.#early = [];
    for (const deliver of early) deliver(listener);
    this.#listener = listener;
    if (this.#end) listener.onEnd(this.#end.reason, this.#end.cause);
  }

  sendRtp(packet: Uint8Array): boolean {
    try {
      // The track may be closed by the far end before its `onClosed` has reached us, and then sending throws.
      if (!this.#track.isOpen()) return false;
      const bytes = Buffer.isBuffer(packet)
        ? packet
        : Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength);
      if (!this.#track.sendMessageBinary(bytes)) return false;
      this.#sent++;
      return true;
    } catch {
      return false;
    }
  }

  sendText(text: string): boolean {
    try {
      if (!this.#channel?.isOpen()) return false;
      // Its answer only tells whether the message had to wait in the buffer.
      this.#channel.sendMessage(text);
      this.#sent++;
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#finish('closed');
  }

  /** Takes the channel that this end opened. Called before the connection is up. */
  adoptChannel(channel: DataChannel): void {
    this.#channel = channel;
    keep(channel);
    // News waits in one queue per callback, and the queues are emptied in this order: the end last.
    channel.onOpen(() => this.#deliver((listener) => listener.onChannelOpen()));
    channel.onMessage((message) => this.#onMessage(message));
    channel.onClosed(() => {
      letGo(channel);
      this.#onClosed();
    });
  }

  #onState(state: string): void {
    switch (state) {
      case 'connected':
        this.#onUp();
        break;
      case 'failed':
        this.#finish('failed', new TransportError('ICE or DTLS failed: the other end cannot be reached.'));
        break;
      case 'closed':
        letGo(this.#peer);
        this.#onClosed();
        break;
    }
  }

  /** Peer and track tell on their own, in either order, and only both together carry media. */
  #onUp(): void {
    if (this.#end || !this.#track.isOpen() || this.#peer.state() !== 'connected') return;
    this.#connectTimer.cancel();
    this.#settleConnected(true);
  }

  /**
   * The far end closed the peer, the track or the channel, or the peer failed and this news of it came first. What it had
   * sent before that may wait in another queue, so that the end waits for one turn of the event loop.
   */
  #onClosed(): void {
    if (this.#end) return;
    setImmediate(() => this.#finish('hangup'));
  }

  #onChannel(channel: DataChannel): void {
    if (!this.#end && !this.#channel && channel.getLabel() === pageChannelLabel) {
      this.adoptChannel(channel);
      // The news of it is late: it may be closed again already, and then nothing more is told of it.
      if (!channel.isOpen()) this.#onClosed();
      return;
    }
    keep(channel);
    channel.onClosed(() => letGo(channel));
    channel.close();
    this.#warn('foreign_channel', 'A data channel that nobody asked for was closed.');
  }

  #onPacket(packet: Buffer): void {
    // Whatever the library leaves of RTCP is not for the listener.
    if (isRtcp(packet)) return;
    this.#received++;
    if (this.#listener) {
      if (!this.#end) this.#listener.onRtp(packet);
      return;
    }
    if (this.#early.length < maxEarly) this.#deliver((listener) => listener.onRtp(packet));
  }

  #onMessage(message: string | Buffer | ArrayBuffer): void {
    this.#received++;
    if (typeof message !== 'string') {
      this.#warn('binary_message', 'A binary message arrived on the data channel; only text is understood.');
      return;
    }
    if (Buffer.byteLength(message) > this.#maxMessageBytes) {
      this.#warn('oversize_message', `A message is longer than ${this.#maxMessageBytes} bytes.`);
      return;
    }
    if (this.#early.length < maxEarly) this.#deliver((listener) => listener.onText(message));
  }

  /** Warns once of each kind. */
  #warn(code: string, message: string): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    this.#deliver((listener) => listener.onWarning?.({ code, message }));
  }

  #deliver(delivery: Delivery): void {
    if (this.#end) return;
    if (this.#listener) delivery(this.#listener);
    else this.#early.push(delivery);
  }

  #finish(reason: EndReason, cause?: Error): void {
    if (this.#end) return;
    this.#end = { reason, cause };
    this.#connectTimer.cancel();
    // All of them, also what the far end closed: the native objects live until their `close` was called.
    for (const part of [this.#channel, this.#track, this.#peer]) {
      try {
        part?.close();
      } catch {
        // What cannot be closed any more is closed.
      }
    }
    void this.#lease.release();
    this.#settleConnected(false);
    this.#listener?.onEnd(reason, cause);
  }
}

/** The audio section of a description of ours: Opus, mono, with in-band FEC, from one source. */
export function describeAudio(
  library: WebRtcLibrary,
  options: {
    readonly mid: string;
    readonly direction: Direction;
    readonly payloadType: number;
    readonly ssrc: number;
  },
): Audio {
  const audio = new library.Audio(options.mid, options.direction);
  audio.addOpusCodec(
    options.payloadType,
    'minptime=10;maxaveragebitrate=32000;stereo=0;sprop-stereo=0;useinbandfec=1',
  );
  // Without a source and its stream id the other end would play nothing.
  audio.addSSRC(options.ssrc, cname, streamId, trackId);
  return audio;
}

/** Lets the library send the RTCP reports from which the other end learns of loss and round-trip time (RFC 3550, section 6). */
function reportReception(
  library: WebRtcLibrary,
  track: Track,
  { ssrc, payloadType }: NegotiatedAudio,
): MediaHandler[] {
  const receiving = new library.RtcpReceivingSession();
  const sending = new library.RtcpSrReporter(
    new library.RtpPacketizationConfig(ssrc, cname, payloadType, opusClockRateHz),
  );
  receiving.addToChain(sending);
  track.setMediaHandler(receiving);
  return [receiving, sending];
}

/** Of Opus in RTP, whatever it was encoded from (RFC 7587, section 4.1). */
const opusClockRateHz = 48_000;

/** Who sends, in RTCP and in the description; the same for all, for it is seen by one far end only. */
const cname = 'hzrelay';
const streamId = 'hzrelay';
const trackId = 'hzrelay-audio';

/** Any of the 32-bit numbers that name a source of RTP, from the system's random source. */
export function randomSsrc(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
}

/** A TransportError for what the native library threw; it quotes the far end's description, which may hold anything. */
export function nativeFailure(what: string, thrown: unknown): TransportError {
  return new TransportError(`${what}: ${printable(messageOf(thrown))}`, { cause: thrown });
}
