import type { Clock } from '../../core/clock.js';
import { leaseWebRtc } from './native-webrtc.js';
import {
  defaultConnectTimeoutMs,
  defaultMaxMessageBytes,
  describeAudio,
  nativeFailure,
  nativeMessageLimit,
  PeerConnection,
  randomSsrc,
} from './peer-connection.js';
import { pageChannelLabel } from './page-protocol.js';

/** Options of {@link offerConnection}. */
export interface OfferOptions {
  readonly clock: Clock;
  /** Direction of the audio from this end. @default 'sendrecv' */
  readonly direction?: 'sendrecv' | 'sendonly' | 'recvonly';
  /** Whether to open the data channel. @default true */
  readonly withChannel?: boolean;
  /**
   * The only local address to use. It must be one of this machine: else the native library ends the process.
   * @default any
   */
  readonly bindAddress?: string;
  /** @default 15000 */
  readonly connectTimeoutMs?: number;
  /** Maximum length of a received message in bytes. @default 65536 */
  readonly maxMessageBytes?: number;
}

/** An offered call without an answer yet. */
export interface OfferedConnection {
  /** The complete offer with all candidates; nothing is added later. */
  readonly offer: string;
  /**
   * Takes the answer; the connection then comes up by itself. Throws a TransportError and closes the connection if it
   * is not an answer to this offer.
   */
  accept(answer: string): void;
  /** The caller closes it, also without an answer. */
  readonly connection: PeerConnection;
}

/** Opus' payload type in the offer, as in browsers. */
const opusPayloadType = 111;

const directions = { sendrecv: 'SendRecv', sendonly: 'SendOnly', recvonly: 'RecvOnly' } as const;

/**
 * Offers a call like a browser: one audio section, the data channel, and no trickled candidates. Rejects with a
 * TransportError if the native library does not work.
 */
export async function offerConnection(options: OfferOptions): Promise<OfferedConnection> {
  const { clock, direction = 'sendrecv', withChannel = true, bindAddress } = options;
  const maxMessageBytes = options.maxMessageBytes ?? defaultMaxMessageBytes;
  const lease = leaseWebRtc();
  try {
    const library = await lease.load();
    const ssrc = randomSsrc();
    const peer = new library.PeerConnection('caller', {
      iceServers: [],
      disableAutoNegotiation: true,
      maxMessageSize: nativeMessageLimit(maxMessageBytes),
      ...(bindAddress === undefined ? {} : { bindAddress }),
    });
    const track = peer.addTrack(
      describeAudio(library, {
        mid: 'audio',
        direction: directions[direction],
        payloadType: opusPayloadType,
        ssrc,
      }),
    );
    const connection = new PeerConnection({
      clock,
      lease,
      library,
      peer,
      track,
      audio: {
        payloadType: opusPayloadType,
        ssrc,
        receives: direction !== 'sendonly',
        sends: direction !== 'recvonly',
      },
      hasChannel: withChannel,
      connectTimeoutMs: options.connectTimeoutMs ?? defaultConnectTimeoutMs,
      maxMessageBytes,
    });
    if (withChannel) connection.adoptChannel(peer.createDataChannel(pageChannelLabel));
    // Without STUN and TURN servers, all candidates are known when this returns.
    peer.setLocalDescription('offer');
    const offer = peer.localDescription()?.sdp ?? '';
    return {
      offer,
      connection,
      accept(answer) {
        try {
          peer.setRemoteDescription(answer, 'answer');
        } catch (thrown) {
          connection.close();
          throw nativeFailure('The answer cannot be used', thrown);
        }
      },
    };
  } catch (thrown) {
    await lease.release();
    throw nativeFailure('The call cannot be offered', thrown);
  }
}
