import type { PeerConnection as NativePeer } from 'node-datachannel';
import { within, type Clock } from '../../clock.js';
import { messageOf, TransportError } from '../../errors.js';
import { advertise } from './advertised-address.js';
import type { ResolvedWebRtcOptions } from './ice-options.js';
import { leaseWebRtc } from './native-webrtc.js';
import type { Offer, OfferedDirection } from './offer.js';
import {
  describeAudio,
  nativeFailure,
  nativeMessageLimit,
  PeerConnection,
  randomSsrc,
} from './peer-connection.js';

export interface AnswerOptions {
  readonly clock: Clock;
  readonly webrtc: ResolvedWebRtcOptions;
}

/** A call that was answered. */
export interface AnsweredConnection {
  /** Complete, with all candidates: there is nothing to add to it later. */
  readonly answer: string;
  /** Comes up by itself once the offerer has the answer; to be closed by the caller. */
  readonly connection: PeerConnection;
}

/** The relay has no address or port for the call, which is no fault of the offer's. */
export class NoLocalAddressError extends TransportError {}

/** STUN and TURN servers that have not answered by then are done without. */
const gatheringLimitMs = 2000;

/**
 * When the offerer's candidates are put to use. Used at once, they would bring ICE up before the offerer has the answer, and
 * our first DTLS message would get lost: a second until it is repeated. Without them its own checks find us.
 */
const candidatesAfterMs = 150;

/** The native library takes a direction as our side sees it, and does not turn the offerer's round. */
const ourDirection = {
  sendrecv: 'SendRecv',
  sendonly: 'RecvOnly',
  recvonly: 'SendOnly',
} as const satisfies Record<OfferedDirection, string>;

/**
 * Answers an offer that was read by `readOffer`. Throws a TransportError where the library cannot make sense of the offer, and
 * a {@link NoLocalAddressError} where it cannot open a socket as the options ask; nothing is left open then.
 */
export async function answerOffer(offer: Offer, options: AnswerOptions): Promise<AnsweredConnection> {
  const { clock, webrtc } = options;
  const lease = leaseWebRtc();
  let connection: PeerConnection | null = null;
  try {
    const library = await lease.load();
    const peer = new library.PeerConnection('relay', {
      iceServers: [...webrtc.iceServers],
      maxMessageSize: nativeMessageLimit(webrtc.maxMessageBytes),
      ...(webrtc.bindAddress === null ? {} : { bindAddress: webrtc.bindAddress }),
      ...(webrtc.portRange === null
        ? {}
        : { portRangeBegin: webrtc.portRange[0], portRangeEnd: webrtc.portRange[1] }),
    });
    const audio = {
      payloadType: offer.opusPayloadType,
      ssrc: randomSsrc(),
      receives: offer.direction !== 'recvonly',
      sends: offer.direction !== 'sendonly',
    };
    // With the offer's mid and before the offer itself: else the answer would repeat the offer's codecs and extensions, and
    // browsers would play nothing.
    const track = peer.addTrack(
      describeAudio(library, { mid: offer.mid, direction: ourDirection[offer.direction], ...audio }),
    );
    connection = new PeerConnection({
      clock,
      lease,
      library,
      peer,
      track,
      audio,
      hasChannel: offer.hasChannel,
      connectTimeoutMs: webrtc.connectTimeoutMs,
      maxMessageBytes: webrtc.maxMessageBytes,
    });
    peer.setRemoteDescription(offer.sdp, 'offer');
    await gathered(peer, clock);
    const answer = peer.localDescription()?.sdp;
    if (answer === undefined)
      throw new TransportError('the connection was closed before there was an answer');
    addCandidatesLater(connection, peer, offer, clock);
    return {
      answer: webrtc.advertisedAddress === null ? answer : advertise(answer, webrtc.advertisedAddress),
      connection,
    };
  } catch (thrown) {
    connection?.close();
    await lease.release();
    // The library says no more than this, whatever kept it from a socket.
    if (messageOf(thrown).includes('gather local ICE candidates')) {
      throw new NoLocalAddressError(
        'The relay has no UDP port for this call: check webrtc.bindAddress, and whether webrtc.portRange has a port for each call.',
        { cause: thrown },
      );
    }
    throw nativeFailure('The offer cannot be answered', thrown);
  }
}

/** Resolves when all local candidates are in the local description, or the time for it is up. */
async function gathered(peer: NativePeer, clock: Clock): Promise<void> {
  // Without servers to ask, it is complete already.
  if (peer.gatheringState() === 'complete') return;
  const complete = new Promise<void>((resolve) => {
    peer.onGatheringStateChange((state) => {
      if (state === 'complete') resolve();
    });
  });
  await within(clock, gatheringLimitMs, complete);
}

function addCandidatesLater(connection: PeerConnection, peer: NativePeer, offer: Offer, clock: Clock): void {
  if (offer.candidates.length === 0) return;
  const timer = clock.setTimer(candidatesAfterMs, () => {
    for (const candidate of offer.candidates) {
      try {
        peer.addRemoteCandidate(candidate, offer.mid);
      } catch {
        // One that cannot be used is one path less.
      }
    }
  });
  void connection.connected.then(() => timer.cancel());
}
