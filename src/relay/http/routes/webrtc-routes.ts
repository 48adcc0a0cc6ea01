/**
 * The browser's routes: the offer arrives over HTTP, all else goes over the WebRTC connection. An offer as
 * `application/sdp` is WHIP (RFC 9725); the answer to an offer as JSON also contains the ids of the call, and a token
 * with which a page whose connection was lost offers again, see {@link BrowserCalls}.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { z } from 'zod';
import { wallMsOf } from '../../../core/clock.js';
import { messageOf } from '../../../core/errors.js';
import {
  answerOffer,
  NoLocalAddressError,
  type AnsweredConnection,
} from '../../../transport/webrtc/answering-peer.js';
import type { ResolvedWebRtcOptions } from '../../../transport/webrtc/ice-options.js';
import { leaseWebRtc } from '../../../transport/webrtc/native-webrtc.js';
import { maxOfferBytes, readOffer } from '../../../transport/webrtc/offer.js';
import type { OfferResponse } from '../../../transport/webrtc/page-protocol.js';
import { maxFragmentBytes, readFragment } from '../../../transport/webrtc/sdp-fragment.js';
import { ThisMachine } from '../../../transport/webrtc/this-machine.js';
import { whyUnconnected } from '../../../transport/webrtc/unconnected.js';
import { WebRtcTransport } from '../../../transport/webrtc/webrtc-transport.js';
import { authorise } from '../authorise.js';
import { ifMatch } from '../entity-tag.js';
import { refuseRequest } from '../refusal.js';
import { BrowserCalls, type BrowserCall } from '../../browser-calls.js';
import type { Session } from '../../../session/session.js';
import type { RelayContext } from '../../relay-context.js';
import type { Reservation } from '../../reserved-places.js';

/** The media type of offers and answers (RFC 9725, section 4.2). */
const sdpType = 'application/sdp';
/** The media type of later ICE updates by the client (RFC 9725, section 4.3.1). */
const fragmentType = 'application/trickle-ice-sdpfrag';
/** After this time a client that found the relay busy may try again. */
const retryAfterSeconds = 5;

const offerRequest = z.object({
  type: z.literal('offer'),
  sdp: z.string(),
  resume: z.object({ token: z.string(), eventsSeen: z.int().nonnegative().default(0) }).optional(),
});

/** An answered call whose connection is still open. */
interface OpenCall {
  readonly answered: AnsweredConnection;
  /** Identifies its only ICE session: restarts are not supported. */
  readonly etag: string;
  /** The client's ICE user fragment. */
  readonly iceUfrag: string;
  /** Ends the call, also where it goes on over another connection; absent before its session begins. */
  hangUp?: () => void;
}

export function webRtcRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayContext },
  done: () => void,
): void {
  /** Calls by the secret id with which their client may change and end them. */
  const calls = new Map<string, OpenCall>();
  const resumable = new BrowserCalls();
  const lease = leaseWebRtc();
  const preHandler = authorise(relay, (request) => isVisitor(request) || calls.has(idOf(request)));

  // Loaded before the first call needs it. If loading fails, the answer to the first offer says why.
  app.addHook('onReady', (ready) => {
    lease.load().catch(() => undefined);
    ready();
  });
  app.addHook('preClose', (closed) => {
    for (const { answered } of calls.values()) answered.connection.close();
    closed();
  });
  app.addHook('onClose', () => lease.release());

  app.addContentTypeParser(
    sdpType,
    { parseAs: 'string', bodyLimit: maxOfferBytes },
    (_request, body, parsed) => parsed(null, { type: 'offer', sdp: body }),
  );
  app.addContentTypeParser(
    fragmentType,
    { parseAs: 'string', bodyLimit: maxFragmentBytes },
    (_request, body, parsed) => parsed(null, body),
  );

  app.post('/webrtc/offer', { onRequest: requireOffer, preHandler }, async (request, reply) => {
    const parsed = offerRequest.safeParse(request.body);
    if (!parsed.success || !isOfferType(request))
      return refuseRequest(reply.header('accept-post', sdpType), 415, offerRemedy);
    const reading = readOffer(parsed.data.sdp);
    if (!reading.ok) return refuseRequest(reply, 400, reading.problem.message);
    const { resume } = parsed.data;
    const known = resume ? resumable.get(resume.token) : null;
    if (resume && !known) return refuseRequest(reply, 404, overRemedy);
    if (resume && known && !known.admits(resume.token)) return refuseRequest(reply, 409, usedRemedy);
    if (known && !reading.offer.hasChannel)
      return refuseRequest(reply, 400, 'A call goes on only with the data channel that it had.');
    const place = known ? noPlace : relay.reserve('webrtc');
    if (!place) {
      const message = 'The relay is busy: it has no session for this call. Its log says why.';
      return refuseRequest(reply.header('retry-after', retryAfterSeconds), 503, message);
    }
    let answered: AnsweredConnection;
    try {
      answered = await answerOffer(reading.offer, { clock: relay.clock, webrtc: webRtcOptions() });
    } catch (thrown) {
      place.release();
      relay.notify('warn', `An offer could not be answered: ${messageOf(thrown)}`);
      return refuseRequest(reply, thrown instanceof NoLocalAddressError ? 500 : 400, messageOf(thrown));
    }
    const { answer: sdp, connection } = answered;
    // Another offer with the same token may have been faster.
    if (resume && known && !known.admits(resume.token)) {
      connection.close();
      return refuseRequest(reply, 409, usedRemedy);
    }
    // If the client left before it read the answer, free its place at once.
    const closeUnanswered = (): void => {
      if (!reply.raw.writableFinished) connection.close();
    };
    if (reply.raw.destroyed) connection.close();
    else reply.raw.once('close', closeUnanswered);
    const id = randomBytes(16).toString('hex');
    const callId = known?.callId ?? `WR${randomBytes(16).toString('hex')}`;
    const etag = `"${randomBytes(8).toString('hex')}"`;
    const isWhip = isOf(request, sdpType);
    const token = isWhip || !connection.hasChannel ? null : BrowserCalls.newToken();
    const call: OpenCall = { answered, etag, iceUfrag: reading.offer.iceUfrag };
    if (known) call.hangUp = () => known.hangUp();
    calls.set(id, call);
    const served =
      known && resume && token !== null
        ? serveAgain(answered, known, token, resume.eventsSeen)
        : serve(call, { callId, place, token });
    void served.then(() => calls.delete(id));
    const servers = stunServers(relay.options.webrtc);
    if (servers.length > 0) void reply.header('link', servers);
    void reply.header('etag', etag).header('location', `${relay.access.basePath}/webrtc/${id}`);
    if (isWhip) return reply.code(201).type(sdpType).send(sdp);
    return {
      id,
      callId,
      sdp,
      type: 'answer',
      ...(token !== null && { resume: token }),
    } satisfies OfferResponse;
  });

  app.delete('/webrtc/:id', { preHandler }, async (request, reply) => {
    const call = calls.get(idOf(request));
    if (!call) return refuseUnknown(reply);
    call.hangUp?.();
    call.answered.connection.close();
    return reply.code(204).send();
  });

  /**
   * Takes candidates that the client found after its offer (RFC 9725, section 4.3.2). The answer contains all of ours.
   */
  app.patch('/webrtc/:id', { onRequest: [preHandler, requireFragment] }, async (request, reply) => {
    const call = calls.get(idOf(request));
    if (!call) return refuseUnknown(reply);
    const fragment = readFragment(String(request.body), call.iceUfrag);
    if (fragment.kind === 'malformed')
      return refuseRequest(reply, 400, 'This is no SDP fragment with ICE attributes (RFC 8840, section 9).');
    const condition = ifMatch(request.headers['if-match'], call.etag);
    // A server without ICE restarts answers 422, and the session goes on (section 4.3.1).
    if (condition === 'any' || fragment.kind === 'restart')
      return refuseRequest(reply, 422, 'ICE restarts are not supported; post a new offer.');
    if (condition === 'missing')
      return refuseRequest(reply, 428, 'Name the ICE session: If-Match with the ETag of the answer.');
    if (condition === 'differs') return refuseRequest(reply, 412, 'There is no ICE session with this ETag.');
    call.answered.addCandidates(fragment.candidates);
    return reply.code(204).send();
  });

  // Neither resource has content (RFC 9725, section 4.1).
  app.route({
    method: ['GET', 'HEAD'],
    url: '/webrtc/offer',
    preHandler,
    handler: (_request, reply) => reply.code(204).send(),
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/webrtc/:id',
    preHandler,
    handler: (request, reply) => (calls.has(idOf(request)) ? reply.code(204).send() : refuseUnknown(reply)),
  });
  refuseOthers('/webrtc/offer', ['PUT', 'PATCH', 'DELETE'], 'GET, HEAD, POST, OPTIONS');
  refuseOthers('/webrtc/:id', ['PUT', 'POST'], 'GET, HEAD, PATCH, DELETE, OPTIONS');

  // RFC 9725, section 4.2: any answer to OPTIONS names the type of offers. It says nothing about a call, so it needs no
  // token.
  app.options('/webrtc/offer', (_request, reply) =>
    reply.header('allow', 'GET, HEAD, POST, OPTIONS').header('accept-post', sdpType).code(200).send(),
  );
  app.options('/webrtc/:id', (_request, reply) =>
    reply
      .header('allow', 'GET, HEAD, PATCH, DELETE, OPTIONS')
      .header('accept-patch', fragmentType)
      .code(200)
      .send(),
  );

  /** Whether the request has a visitor's token, or offers again for a call: its token of 128 bits is as good. */
  function isVisitor({ headers, query, body }: FastifyRequest): boolean {
    const { resume } = offerRequest.safeParse(body).data ?? {};
    if (resume && resumable.get(resume.token)) return true;
    return relay.access.carriesVisitorToken(headers, query, wallMsOf(relay.clock));
  }

  /** Refuses other methods before the body is read, whatever its type. */
  function refuseOthers(url: string, method: HTTPMethods[], allow: string): void {
    const refuse = (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const message = `${request.method} is not allowed here; allowed are ${allow}.`;
      return Promise.resolve(refuseRequest(reply.header('allow', allow), 405, message));
    };
    app.route({ method, url, onRequest: [preHandler, refuse], handler: refuse });
  }

  /** A relay that got a public address after its start must accept other machines too. */
  function webRtcOptions(): ResolvedWebRtcOptions {
    const { webrtc } = relay.options;
    const { bindAddress, onlyThisMachine } = webrtc;
    const isExposed = relay.access.publicUrl !== null && bindAddress === null;
    return { ...webrtc, onlyThisMachine: onlyThisMachine && !isExposed };
  }

  /** Waits for the connection; if it does not come up, says why. */
  async function comesUp({ connection, answer }: AnsweredConnection, callId: string): Promise<boolean> {
    if (await connection.connected) return true;
    const why = whyUnconnected(connection.failure, answer, new ThisMachine());
    relay.notify(
      'warn',
      `A browser's offer was answered (${callId}), but no connection was established. ${why}`,
    );
    return false;
  }

  /** Runs the call of a connection. Resolves when the connection is closed; never rejects. */
  async function serve(
    open: OpenCall,
    {
      callId,
      place,
      token,
    }: { readonly callId: string; readonly place: Reservation; readonly token: string | null },
  ): Promise<void> {
    const { answered } = open;
    const { connection } = answered;
    let session: Session | null = null;
    try {
      if (!(await comesUp(answered, callId))) return;
      const call = { callId, parameters: {} };
      const transport = await WebRtcTransport.create(connection, {
        clock: relay.clock,
        opus: relay.options.opus,
        call,
        resumable: () => token !== null && session?.waitsForCaller !== false,
      });
      open.hangUp = () => transport.hangUp();
      place.release();
      session = await relay.claim({ transport: 'webrtc', ...call });
      if (!session) {
        await transport.close();
        return;
      }
      session.on('*', (event) => transport.show(event));
      await relay.connect(session, transport);
      const known =
        token === null || !session.waitsForCaller ? null : resumable.add(callId, transport, token);
      await session.closed;
      known?.close();
    } catch (thrown) {
      relay.notify('error', `A browser's call failed: ${messageOf(thrown)}`);
    } finally {
      place.release();
      connection.close();
    }
  }

  /** Gives a call that goes on its new connection. Resolves when the connection is closed; never rejects. */
  async function serveAgain(
    answered: AnsweredConnection,
    call: BrowserCall,
    token: string,
    eventsSeen: number,
  ): Promise<void> {
    const { connection } = answered;
    try {
      const [isUp, goesOn] = await Promise.all([
        comesUp(answered, call.callId),
        call.comeBack(connection, token, eventsSeen),
      ]);
      if (isUp && goesOn) await connection.over;
    } catch (thrown) {
      relay.notify('error', `A browser's call could not go on: ${messageOf(thrown)}`);
    } finally {
      connection.close();
    }
  }

  done();
}

/** A call that goes on has its place. */
const noPlace: Reservation = { release: () => undefined };
const overRemedy =
  'The call has ended, or it is another relay’s: offer without "resume" to begin another call.';
const usedRemedy =
  'The token of "resume" has been used: take the one of the latest answer, or offer without it to begin another call.';

/**
 * Link headers with the relay's STUN servers for clients (RFC 9725, section 4.6). TURN servers are left out: their
 * credentials are the relay's own, and the answer already contains the relayed addresses.
 */
function stunServers({ iceServers }: ResolvedWebRtcOptions): string[] {
  return iceServers.flatMap((server) => {
    if (typeof server === 'string' || server.relayType !== undefined) return [];
    const host = server.hostname.includes(':') ? `[${server.hostname}]` : server.hostname;
    return [`<stun:${host}:${server.port}>; rel="ice-server"`];
  });
}

const offerRemedy = `Post an offer: as JSON {"type":"offer","sdp":"v=0…"}, or its SDP alone as ${sdpType}.`;

function isOfferType(request: FastifyRequest): boolean {
  return isOf(request, sdpType) || isOf(request, 'application/json');
}

/** Refuses a body of another media type. Without this the server does, and its words hold no remedy. */
function requireOffer(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
  if (request.headers['content-type'] === undefined || isOfferType(request)) return done();
  reply.header('accept-post', sdpType);
  done(Object.assign(new Error(offerRemedy), { statusCode: 415 }));
}

/** Refuses a patch of another media type and names the accepted one (RFC 5789, section 2.2). */
function requireFragment(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (isOf(request, fragmentType)) return Promise.resolve();
  const message = `Patch with an SDP fragment as ${fragmentType}.`;
  return Promise.resolve(refuseRequest(reply.header('accept-patch', fragmentType), 415, message));
}

function refuseUnknown(reply: FastifyReply): FastifyReply {
  return refuseRequest(reply, 404, 'There is no such call, or it has ended.');
}

function isOf({ headers }: FastifyRequest, mediaType: string): boolean {
  return headers['content-type']?.split(';')[0]?.trim().toLowerCase() === mediaType;
}

function idOf(request: FastifyRequest): string {
  return (request.params as { readonly id: string }).id;
}
