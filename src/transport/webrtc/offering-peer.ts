import type { Clock } from '../../clock.js';
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

/** What a browser does that is about to call: see {@link offerConnection}. */
export interface OfferOptions {
  readonly clock: Clock;
  /** Which way the audio goes, as this end sees it. @default 'sendrecv' */
  readonly direction?: 'sendrecv' | 'sendonly' | 'recvonly';
  /** Whether to open the data channel. @default true */
  readonly withChannel?: boolean;
  /** The only local address to use; the native library ends the process where this machine has none such. @default any */
  readonly bindAddress?: string;
  /** @default 15000 */
  readonly connectTimeoutMs?: number;
  /** Longest message that may come in. @default 65536 */
  readonly maxMessageBytes?: number;
}

/** A call offered and not answered yet. */
export interface OfferedConnection {
  /** Complete, with all candidates: there is nothing to add to it later. */
  readonly offer: string;
  /**
   * Takes the answer; the connection then comes up by itself.
   * Throws a TransportError if it is no answer to this offer; the connection is then closed.
   */
  accept(answer: string): void;
  /** To be closed by the caller, also when there is no answer. */
  readonly connection: PeerConnection;
}

/** Opus' payload type in the offer, as browsers have it. */
const opusPayloadType = 111;

const directions = { sendrecv: 'SendRecv', sendonly: 'SendOnly', recvonly: 'RecvOnly' } as const;

/**
 * Offers a call as a browser would: one audio section, the data channel, and no trickling of candidates.
 * Throws a TransportError where the native library does not work.
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
    // Without servers to ask, the candidates are all there when this returns.
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
    throw nativeFailure('No call can be offered', thrown);
  }
}
