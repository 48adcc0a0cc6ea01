/**
 * One WebRTC connection as the transport sees it: RTP packets and data-channel text in both directions, and one end.
 * The peer connection behind it (ICE, DTLS, SRTP, SCTP) stays on the other side of this contract.
 */
import type { TransportWarning } from '../transport.js';

/** Who hears what comes over a connection. */
export interface MediaConnectionListener {
  /** One RTP packet (never RTCP), decrypted; the bytes belong to the listener. */
  onRtp(packet: Uint8Array): void;
  /** The data channel is open. */
  onChannelOpen(): void;
  /** One text message of the data channel. */
  onText(text: string): void;
  /** Something odd arrived and was dropped. */
  onWarning?(warning: TransportWarning): void;
  /**
   * The connection is over; nothing is delivered afterwards. Called exactly once, also after `close()`.
   * `hangup`: the far end closed it or its data channel; `failed`: ICE or DTLS did.
   */
  onEnd(reason: 'hangup' | 'failed' | 'closed', cause?: Error): void;
}

/** What was agreed on in offer and answer. */
export interface NegotiatedAudio {
  /** Opus' payload type. */
  readonly payloadType: number;
  /** Of the RTP that the relay sends. */
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
  /** Resolves true once media can flow, false where the connection ended before that; never rejects. */
  readonly connected: Promise<boolean>;
  /** Bytes that wait in the data channel. */
  readonly bufferedBytes: number;
  /** RTP packets and data-channel messages so far, in both directions: tests on virtual time wait for them to meet. */
  readonly wire: { readonly sent: number; readonly received: number };

  /** Starts delivery. Called once; what arrived earlier is delivered in order. */
  start(listener: MediaConnectionListener): void;

  /** Sends an RTP packet. Returns false where the connection is down or not up yet; never throws. */
  sendRtp(packet: Uint8Array): boolean;

  /**
   * Sends text on the data channel. Returns false where it is not open; never throws. What is sent right before the end
   * mostly arrives, but nobody promises it.
   */
  sendText(text: string): boolean;

  /** Closes everything. Idempotent. */
  close(): void;
}
