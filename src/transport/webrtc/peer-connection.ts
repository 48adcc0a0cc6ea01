import type {
  Audio,
  DataChannel,
  Direction,
  MediaHandler,
  PeerConnection as NativePeer,
  Track,
} from 'node-datachannel';
import type { Clock, Timer } from '../../core/clock.js';
import { messageOf, TransportError } from '../../core/errors.js';
import { printable } from '../../events/sys-log.js';
import type { MediaConnection, MediaConnectionListener, NegotiatedAudio } from './media-connection.js';
import { keep, letGo, type WebRtcLease, type WebRtcLibrary } from './native-webrtc.js';
import { pageChannelLabel } from './page-protocol.js';
import { isRtcp } from './rtp-packet.js';

/** How long a connection may take to come up. */
export const defaultConnectTimeoutMs = 15_000;

/** Longest data-channel message in bytes. */
export const defaultMaxMessageBytes = 65_536;

/**
 * The library's message limit, one byte more than ours: the library truncates longer messages, and the extra byte shows
 * it.
 */
export function nativeMessageLimit(maxMessageBytes: number): number {
  return maxMessageBytes + 1;
}

/** Maximum number of packets and messages held before `start()`: five seconds of audio. */
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
  /** Whether the other end may have this address. @default any address */
  readonly mayTalkTo?: (address: string) => boolean;
}

/** The other end is on another machine, but the relay serves only its own machine. */
export class ForeignMachineError extends TransportError {
  constructor(address: string) {
    super(
      `The browser is at ${address}, on another machine, but this relay serves only browsers of its own machine: to serve others, set webrtc.bindAddress (--webrtc-bind) to an address that they can reach.`,
    );
  }
}

/**
 * A {@link MediaConnection} of the native library. The first of peer, track and channel to close ends it and closes the
 * others. It holds a lease on the library until its end.
 *
 * Without a data channel the library closes a connection silently: a far end that watches only ICE notices after about
 * 30 s.
 */
export class PeerConnection implements MediaConnection {
  readonly audio: NegotiatedAudio;
  readonly hasChannel: boolean;
  readonly connected: Promise<boolean>;
  readonly over: Promise<void>;
  readonly #lease: WebRtcLease;
  readonly #peer: NativePeer;
  readonly #track: Track;
  readonly #maxMessageBytes: number;
  readonly #mayTalkTo: (address: string) => boolean;
  readonly #connectTimer: Timer;
  readonly #warned = new Set<string>();
  #settleConnected: (isUp: boolean) => void = () => undefined;
  #settleOver: () => void = () => undefined;
  #channel: DataChannel | null = null;
  #listener: MediaConnectionListener | null = null;
  #early: Delivery[] = [];
  #end: { readonly reason: EndReason; readonly cause: Error | undefined } | null = null;
  #sent = 0;
  #received = 0;

  /** Takes over all parts and closes them at the end; the peer must not have a remote description yet. */
  constructor(parts: PeerConnectionParts) {
    this.audio = parts.audio;
    this.hasChannel = parts.hasChannel;
    this.#lease = parts.lease;
    this.#peer = parts.peer;
    this.#track = parts.track;
    this.#maxMessageBytes = parts.maxMessageBytes;
    this.#mayTalkTo = parts.mayTalkTo ?? (() => true);
    this.connected = new Promise((resolve) => (this.#settleConnected = resolve));
    this.over = new Promise((resolve) => (this.#settleOver = resolve));
    this.#connectTimer = parts.clock.setTimer(parts.connectTimeoutMs, () =>
      this.#finish(
        'failed',
        new TransportError(
          `The connection was not established within ${parts.connectTimeoutMs / 1000} s: there is no path for UDP, or the other end is gone.`,
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

  /** The failure that ended the connection; null if there was none. */
  get failure(): Error | null {
    return this.#end?.cause ?? null;
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
      // The far end may have closed the track before `onClosed` runs; sending would then throw.
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
      // The result only tells whether the message was buffered.
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

  /** Takes the data channel of the call. An offering end calls it before the connection is up. */
  adoptChannel(channel: DataChannel): void {
    this.#channel = channel;
    keep(channel);
    // The library queues events per callback and delivers the queues in this order: the end must come last.
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

  /** Peer and track come up separately, in either order; media needs both. */
  #onUp(): void {
    if (this.#end || !this.#track.isOpen() || this.#peer.state() !== 'connected') return;
    const address = this.#peer.getSelectedCandidatePair()?.remote.address;
    if (address !== undefined && !this.#mayTalkTo(address)) {
      this.#finish('failed', new ForeignMachineError(address));
      return;
    }
    this.#connectTimer.cancel();
    this.#settleConnected(true);
  }

  /**
   * The far end closed the peer, the track or the channel, or the peer failed and this event came first. Earlier
   * messages may still be in another queue, so the end waits for one turn of the event loop.
   */
  #onClosed(): void {
    if (this.#end) return;
    setImmediate(() => this.#finish('hangup'));
  }

  #onChannel(channel: DataChannel): void {
    if (!this.#end && !this.#channel && channel.getLabel() === pageChannelLabel) {
      this.adoptChannel(channel);
      // This event is late: the channel may already be closed, and then no further event comes.
      if (!channel.isOpen()) this.#onClosed();
      return;
    }
    keep(channel);
    channel.onClosed(() => letGo(channel));
    channel.close();
    this.#drop('foreign_channel', 'An unexpected data channel was closed.');
  }

  #onPacket(packet: Buffer): void {
    // The library passes on some RTCP; the listener gets none.
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
      this.#drop('binary_message', 'A binary message arrived on the data channel; only text is supported.');
      return;
    }
    if (Buffer.byteLength(message) > this.#maxMessageBytes) {
      this.#drop('oversize_message', `A message is longer than ${this.#maxMessageBytes} bytes.`);
      return;
    }
    if (this.#early.length < maxEarly) this.#deliver((listener) => listener.onText(message));
  }

  /** Reports a dropped message, and warns once for each kind. */
  #drop(code: string, message: string): void {
    if (!this.#end) this.#listener?.onDropped?.();
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
    // Close all, also those that the far end closed: native objects live until their `close` is called.
    for (const part of [this.#channel, this.#track, this.#peer]) {
      try {
        part?.close();
      } catch {
        // It is already closed.
      }
    }
    void this.#lease.release();
    this.#settleConnected(false);
    this.#settleOver();
    this.#listener?.onEnd(reason, cause);
  }
}

/** The audio section of the local description: Opus, mono, with in-band FEC, from one source. */
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
  // Without a source and its stream id the other end plays nothing.
  audio.addSSRC(options.ssrc, cname, streamId, trackId);
  return audio;
}

/** Lets the library send RTCP reports, from which the other end gets loss and round-trip time (RFC 3550, section 6). */
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

/** RTP clock rate of Opus, for any audio rate (RFC 7587, section 4.1). */
const opusClockRateHz = 48_000;

/** The sender's names in RTCP and in the description; the same for all calls, since each has only one far end. */
const cname = 'hzrelay';
const streamId = 'hzrelay';
const trackId = 'hzrelay-audio';

/** A random 32-bit SSRC from the system's random source. */
export function randomSsrc(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
}

/**
 * A TransportError for an error of the native library. Its text may quote the far end's description, so it is made
 * printable.
 */
export function nativeFailure(what: string, thrown: unknown): TransportError {
  return new TransportError(`${what}: ${printable(messageOf(thrown))}`, { cause: thrown });
}
