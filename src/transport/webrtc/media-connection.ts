/**
 * One WebRTC connection for the transport: RTP packets and data-channel text in both directions, and one end. The peer
 * connection (ICE, DTLS, SRTP, SCTP) stays behind this contract.
 */
import type { TransportWarning } from '../transport.js';

/** Receives everything that arrives on a connection. */
export interface MediaConnectionListener {
  /** One RTP packet (never RTCP), decrypted; the bytes belong to the listener. */
  onRtp(packet: Uint8Array): void;
  /** The data channel is open. */
  onChannelOpen(): void;
  /** One text message of the data channel. */
  onText(text: string): void;
  /** Called for each dropped message of the data channel, which still counts as a message of the far end. */
  onDropped?(): void;
  /** Something unexpected arrived and was dropped; called once for each kind. */
  onWarning?(warning: TransportWarning): void;
  /**
   * The connection is over; nothing is delivered afterwards. Called exactly once, also after `close()`.
   * `hangup`: the far end closed it or its data channel; `failed`: ICE or DTLS did.
   */
  onEnd(reason: 'hangup' | 'failed' | 'closed', cause?: Error): void;
}

/** The audio parameters of offer and answer. */
export interface NegotiatedAudio {
  /** Opus' payload type. */
  readonly payloadType: number;
  /** SSRC of the RTP that the relay sends. */
  readonly ssrc: number;
  /** Whether the far end sends audio. */
  readonly receives: boolean;
  /** Whether the far end wants audio. */
  readonly sends: boolean;
}

export interface MediaConnection {
  readonly audio: NegotiatedAudio;
  /** Whether there is or will be a data channel. */
  readonly hasChannel: boolean;
  /** Resolves true once media can flow, false if the connection ends before; never rejects. */
  readonly connected: Promise<boolean>;
  /** Resolves when the connection is over; never rejects. */
  readonly over: Promise<void>;
  /** Unsent bytes in the data channel. */
  readonly bufferedBytes: number;
  /** RTP packets and data-channel messages so far. Tests on virtual time wait until both ends' counts match. */
  readonly wire: { readonly sent: number; readonly received: number };

  /** Starts delivery. Called once; anything that arrived earlier is delivered in order. */
  start(listener: MediaConnectionListener): void;

  /** Sends an RTP packet. Returns false if the connection is not up; never throws. */
  sendRtp(packet: Uint8Array): boolean;

  /**
   * Sends text on the data channel. Returns false if it is not open; never throws. Text sent right before the end
   * mostly arrives, but without guarantee.
   */
  sendText(text: string): boolean;

  /** Closes everything. Idempotent. */
  close(): void;
}
