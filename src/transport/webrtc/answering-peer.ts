import type { PeerConnection as NativePeer } from 'node-datachannel';
import { within, type Clock } from '../../core/clock.js';
import { messageOf, TransportError } from '../../core/errors.js';
import { advertise } from './advertised-address.js';
import type { ResolvedWebRtcOptions } from './ice-options.js';
import { withLoopback } from './local-candidates.js';
import { leaseWebRtc } from './native-webrtc.js';
import type { Offer, OfferedDirection } from './offer.js';
import {
  describeAudio,
  nativeFailure,
  nativeMessageLimit,
  PeerConnection,
  randomSsrc,
} from './peer-connection.js';
import { RemoteCandidates } from './remote-candidates.js';
import { ThisMachine, type Machine } from './this-machine.js';

export interface AnswerOptions {
  readonly clock: Clock;
  readonly webrtc: ResolvedWebRtcOptions;
  /** @default its current interfaces */
  readonly machine?: Machine;
}

/** A call that was answered. */
export interface AnsweredConnection {
  /** The complete answer with all candidates; nothing is added later. */
  readonly answer: string;
  /** Connects by itself once the offerer has the answer; the caller closes it. */
  readonly connection: PeerConnection;
  /**
   * Adds candidates that the offerer found after its offer, as `candidatesOf` reads them. Silently skips candidates
   * that are not allowed or exceed a call's limit.
   */
  addCandidates(candidates: readonly string[]): void;
}

/** The relay has no address or port for the call; the offer is not at fault. */
export class NoLocalAddressError extends TransportError {}

/** Timeout for STUN and TURN servers; later answers are not used. */
const gatheringLimitMs = 2000;

/**
 * Delay before the offerer's candidates are used. Used at once, they would connect ICE before the offerer has the
 * answer, and the relay's first DTLS message would be lost and repeated only after a second. Until then the offerer's
 * own checks can reach the relay.
 */
const candidatesAfterMs = 150;

/** The relay's direction for each direction of the offerer, since the native library does not reverse it. */
const ourDirection = {
  sendrecv: 'SendRecv',
  sendonly: 'RecvOnly',
  recvonly: 'SendOnly',
} as const satisfies Record<OfferedDirection, string>;

/**
 * Answers an offer that `readOffer` returned. Rejects with a TransportError if the library cannot use the offer, and
 * with a {@link NoLocalAddressError} if it cannot open a socket as the options require; leaves nothing open then.
 */
export async function answerOffer(offer: Offer, options: AnswerOptions): Promise<AnsweredConnection> {
  const { clock, webrtc, machine = new ThisMachine() } = options;
  // Without a network only loopback is left, which the library gathers only for an explicit address.
  const bindAddress = webrtc.bindAddress ?? (machine.hasNetwork ? null : '127.0.0.1');
  const lease = leaseWebRtc();
  let connection: PeerConnection | null = null;
  try {
    const library = await lease.load();
    const peer = new library.PeerConnection('relay', {
      iceServers: [...webrtc.iceServers],
      maxMessageSize: nativeMessageLimit(webrtc.maxMessageBytes),
      ...(bindAddress === null ? {} : { bindAddress }),
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
    // Add the track with the offer's mid before setting the offer. Otherwise the answer would repeat the offer's codecs
    // and extensions, and browsers would play nothing.
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
      ...(webrtc.onlyThisMachine && { mayTalkTo: (address: string) => machine.has(address) }),
    });
    peer.setRemoteDescription(offer.sdp, 'offer');
    await gathered(peer, clock);
    const answer = peer.localDescription()?.sdp;
    if (answer === undefined) throw new TransportError('the connection closed before there was an answer');
    const remote = new RemoteCandidates(webrtc, machine, (candidate) =>
      peer.addRemoteCandidate(candidate, offer.mid),
    );
    addLater(connection, remote, offer.candidates, clock);
    return {
      answer: told(answer, bindAddress, webrtc),
      connection,
      addCandidates: (candidates) => remote.add(candidates),
    };
  } catch (thrown) {
    connection?.close();
    await lease.release();
    // The library gives only this message for every socket failure.
    if (messageOf(thrown).includes('gather local ICE candidates')) {
      throw new NoLocalAddressError(
        'The relay has no UDP port for this call: check that webrtc.bindAddress is an address of this machine and that webrtc.portRange has a port for each call.',
        { cause: thrown },
      );
    }
    throw nativeFailure('The offer cannot be answered', thrown);
  }
}

/** Resolves when all local candidates are in the local description, or after the timeout. */
async function gathered(peer: NativePeer, clock: Clock): Promise<void> {
  // Without STUN and TURN servers, gathering is already complete.
  if (peer.gatheringState() === 'complete') return;
  const complete = new Promise<void>((resolve) => {
    peer.onGatheringStateChange((state) => {
      if (state === 'complete') resolve();
    });
  });
  await within(clock, gatheringLimitMs, complete);
}

/** The answer for the offerer, with every address at which the relay can be reached. */
function told(answer: string, bindAddress: string | null, webrtc: ResolvedWebRtcOptions): string {
  if (webrtc.advertisedAddress !== null) return advertise(answer, webrtc.advertisedAddress);
  return webrtc.onlyThisMachine && bindAddress === null ? withLoopback(answer) : answer;
}

function addLater(
  connection: PeerConnection,
  remote: RemoteCandidates,
  candidates: readonly string[],
  clock: Clock,
): void {
  if (candidates.length === 0) return;
  const timer = clock.setTimer(candidatesAfterMs, () => remote.add(candidates));
  void connection.connected.then(() => timer.cancel());
}
