/** The browser's side of the relay: an offer comes in by HTTP, everything else goes over the connection that it makes. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { messageOf } from '../../errors.js';
import {
  answerOffer,
  NoLocalAddressError,
  type AnsweredConnection,
} from '../../transport/webrtc/answering-peer.js';
import type { MediaConnection } from '../../transport/webrtc/media-connection.js';
import { leaseWebRtc } from '../../transport/webrtc/native-webrtc.js';
import { maxOfferBytes, readOffer } from '../../transport/webrtc/offer.js';
import type { OfferResponse } from '../../transport/webrtc/page-protocol.js';
import { WebRtcTransport } from '../../transport/webrtc/webrtc-transport.js';
import { authorise } from '../authorise.js';
import { refuseRequest } from '../refusal.js';
import type { RelayDesk, Reservation } from '../relay-desk.js';

/** WHIP's media type of offers and answers (RFC 9725, section 4.2). */
const sdpType = 'application/sdp';
/** A client that was told to come back does so after this time. */
const retryAfterSeconds = 5;

const offerRequest = z.object({ type: z.literal('offer'), sdp: z.string() });

export function webRtcRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayDesk },
  done: () => void,
): void {
  /** Connections by the secret id that lets their client end them. */
  const connections = new Map<string, MediaConnection>();
  const lease = leaseWebRtc();

  // Loaded while nobody waits for it; where it cannot be, the first offer says why.
  app.addHook('onReady', (ready) => {
    lease.load().catch(() => undefined);
    ready();
  });
  app.addHook('preClose', (closed) => {
    for (const connection of connections.values()) connection.close();
    closed();
  });
  app.addHook('onClose', () => lease.release());

  app.addContentTypeParser(
    sdpType,
    { parseAs: 'string', bodyLimit: maxOfferBytes },
    (_request, body, parsed) => parsed(null, { type: 'offer', sdp: body }),
  );

  app.post('/webrtc/offer', { preHandler: authorise(relay) }, async (request, reply) => {
    const parsed = offerRequest.safeParse(request.body);
    if (!parsed.success) {
      return refuseRequest(
        reply,
        415,
        `Post an offer: as JSON {"type":"offer","sdp":"v=0…"}, or its SDP alone as ${sdpType}.`,
      );
    }
    const reading = readOffer(parsed.data.sdp);
    if (!reading.ok) return refuseRequest(reply, 400, reading.problem.message);
    const place = relay.reserve('webrtc');
    if (!place) {
      const message = 'The relay is busy: it has no session for this call. Its log says why.';
      return refuseRequest(reply.header('retry-after', retryAfterSeconds), 503, message);
    }
    let answered: AnsweredConnection;
    try {
      answered = await answerOffer(reading.offer, { clock: relay.clock, webrtc: relay.options.webrtc });
    } catch (thrown) {
      place.release();
      relay.notify('warn', `An offer could not be answered: ${messageOf(thrown)}`);
      return refuseRequest(reply, thrown instanceof NoLocalAddressError ? 503 : 400, messageOf(thrown));
    }
    const { answer: sdp, connection } = answered;
    // Nobody will ever use an answer that found nobody: its place must not be kept until the connection times out.
    const closeUnanswered = (): void => {
      if (!reply.raw.writableFinished) connection.close();
    };
    if (reply.raw.destroyed) connection.close();
    else reply.raw.once('close', closeUnanswered);
    const id = randomBytes(16).toString('hex');
    const callId = `WR${randomBytes(16).toString('hex')}`;
    connections.set(id, connection);
    void serve(connection, callId, place).then(() => connections.delete(id));
    if (request.headers['content-type']?.startsWith(sdpType))
      return reply.code(201).header('location', `/webrtc/${id}`).type(sdpType).send(sdp);
    return { id, callId, sdp, type: 'answer' } satisfies OfferResponse;
  });

  app.delete('/webrtc/:id', { preHandler: authorise(relay) }, async (request, reply) => {
    const connection = connections.get(idOf(request));
    if (!connection) return refuseRequest(reply, 404, 'There is no such call, or it has ended.');
    connection.close();
    return reply.code(204).send();
  });

  // WHIP (RFC 9725, section 4.3): candidates are not taken one by one, since the answer has all of ours.
  app.patch('/webrtc/:id', { preHandler: authorise(relay) }, (_request, reply: FastifyReply) =>
    refuseRequest(
      reply.header('allow', 'DELETE'),
      405,
      'Trickle ICE is not supported; post a complete offer.',
    ),
  );

  /** Waits for the connection to come up and makes a call of it. Resolves when it is down; never rejects. */
  async function serve(connection: MediaConnection, callId: string, place: Reservation): Promise<void> {
    try {
      const isUp = await connection.connected;
      if (!isUp) {
        relay.notify('warn', `A browser was answered (${callId}), but no connection came about.`);
        return;
      }
      const call = { callId, parameters: {} };
      const transport = await WebRtcTransport.create(connection, {
        clock: relay.clock,
        opus: relay.options.opus,
        call,
      });
      place.release();
      const session = await relay.claim({ transport: 'webrtc', ...call });
      if (!session) {
        await transport.close();
        return;
      }
      session.on('*', (event) => transport.show(event));
      await relay.connect(session, transport);
      await session.closed;
    } catch (thrown) {
      relay.notify('error', `A browser's call failed: ${messageOf(thrown)}`);
    } finally {
      place.release();
      connection.close();
    }
  }

  done();
}

function idOf(request: FastifyRequest): string {
  return (request.params as { readonly id: string }).id;
}
