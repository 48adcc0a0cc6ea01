/** Twilio's side of the relay: the voice webhook, the media stream, and what comes after it. */
import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  acceptMediaStream,
  tokenParameter,
  type RefusalCode,
} from '../../transport/twilio/media-handshake.js';
import { StreamTokens } from '../../transport/twilio/stream-tokens.js';
import { isSignedByTwilio } from '../../transport/twilio/twilio-signature.js';
import { TwilioTransport } from '../../transport/twilio/twilio-transport.js';
import {
  connectStreamTwiml,
  hangUpTwiml,
  rejectBusyTwiml,
  sayAndHangUpTwiml,
} from '../../transport/twilio/twiml.js';
import type { SessionEndReason } from '../../events/session-event.js';
import { printable } from '../../events/sys-log.js';
import { refuseRequest } from '../refusal.js';
import type { RelayDesk } from '../relay-desk.js';

/** What the webhook told about a call; the media stream itself does not say it. */
interface Caller {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

type Form = Readonly<Record<string, string>>;

/** Where Twilio's media streams connect. */
export const mediaPath = '/twilio/media';

const fallbackText = 'We are sorry, the connection was lost. Please call again.';

export function twilioRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayDesk },
  done: () => void,
): void {
  const tokens = new StreamTokens<Caller>({ clock: relay.clock });
  let pendingSockets = 0;

  app.post('/twilio/voice', { preHandler: signedWebhook(relay) }, async (request, reply) => {
    const { CallSid: callSid, From: from, To: to } = formOf(request);
    if (!callSid)
      return refuseRequest(reply, 400, 'The form has no CallSid; this route is for Twilio’s voice webhook.');
    if (!relay.canTake('twilio')) return sendTwiml(reply, await rejectBusyTwiml());
    const twiml = await connectStreamTwiml({
      streamUrl: `${relayUrl(request, relay).replace(/^http/, 'ws')}${mediaPath}`,
      actionUrl: `${relayUrl(request, relay)}/twilio/after`,
      parameters: { [tokenParameter]: tokens.issue(callSid, { from, to }) },
    });
    return sendTwiml(reply, twiml);
  });

  app.post('/twilio/after', { preHandler: signedWebhook(relay) }, async (request, reply) => {
    const { CallSid: callSid = '', CallStatus: status } = formOf(request);
    const over = isOver(relay.farewell(callSid), status);
    return sendTwiml(reply, over ? await hangUpTwiml() : await sayAndHangUpTwiml(fallbackText));
  });

  app.post('/twilio/status', { preHandler: signedWebhook(relay) }, async (request, reply) => {
    const { CallSid: callSid = '(no CallSid)', CallStatus: status = '(no status)' } = formOf(request);
    relay.notify('info', `twilio call ${printable(callSid).slice(0, 64)}: ${printable(status).slice(0, 64)}`);
    return reply.code(204).send();
  });

  app.route({
    method: 'GET',
    url: mediaPath,
    preValidation: [signedUpgrade(relay), limitPending],
    handler: (_request, reply) =>
      refuseRequest(
        reply.header('upgrade', 'websocket'),
        426,
        'This is for media streams: open a WebSocket.',
      ),
    wsHandler: (socket) => void serveMedia(socket),
  });

  function limitPending(_request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { maxPendingSockets } = relay.options;
    const message = `${maxPendingSockets} media sockets have not said who they are.`;
    return Promise.resolve(
      pendingSockets < maxPendingSockets ? undefined : refuseRequest(reply, 503, message),
    );
  }

  /** The socket is nothing until it shows its token; then it becomes a call. */
  async function serveMedia(socket: WebSocket): Promise<void> {
    pendingSockets++;
    const start = await acceptMediaStream(socket, {
      clock: relay.clock,
      timeoutMs: relay.options.startTimeoutMs,
      redeem: (token, callSid) => tokens.redeem(token, callSid),
      onRefused: (code) => relay.notify('warn', `A media socket was refused: ${explain(code)}`),
    });
    pendingSockets--;
    if (!start) return;
    const { callSid: callId, parameters } = start;
    const { from, to } = start.grant;
    const caller = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    const session = await relay.claim({ transport: 'twilio', callId, parameters, ...caller });
    const transport = new TwilioTransport(start, {
      clock: relay.clock,
      limits: { maxMessageBytes: relay.options.maxMessageBytes },
      ...caller,
    });
    if (session) await relay.connect(session, transport);
    else await transport.close();
  }

  done();
}

/** Whether a call came to its end, so that nothing is left to say; otherwise it broke off and the caller waits. */
function isOver(reason: SessionEndReason | null, callStatus: string | undefined): boolean {
  switch (reason) {
    case null:
    case 'transport_error':
    case 'provider_error':
      return false;
    case 'hangup':
      // Twilio closed the stream. If the call goes on all the same, that was no caller who hung up.
      return callStatus !== 'in-progress';
    case 'completed':
    case 'ended':
    case 'idle_timeout':
    case 'max_duration':
    case 'shutdown':
      return true;
  }
}

/** Lets a webhook through that Twilio signed; where nothing can be checked, only on a relay that stays local. */
function signedWebhook(relay: RelayDesk): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return (request, reply) => checkSignature(relay, request, reply, formOf(request));
}

function signedUpgrade(relay: RelayDesk): (request: FastifyRequest, reply: FastifyReply) => Promise<unknown> {
  return (request, reply) => checkSignature(relay, request, reply, undefined);
}

async function checkSignature(
  relay: RelayDesk,
  request: FastifyRequest,
  reply: FastifyReply,
  params: Form | undefined,
): Promise<unknown> {
  const { twilioAuthToken: authToken } = relay.options;
  if (authToken === null) {
    if (!relay.access.guarded) return undefined;
    const message =
      'Twilio’s routes are closed: the relay is public, but TWILIO_AUTH_TOKEN is not set to check signatures.';
    relay.notify('warn', message);
    return refuseRequest(reply, 403, message);
  }
  const header = request.headers['x-twilio-signature'];
  const signature = typeof header === 'string' ? header : undefined;
  const base = relayUrl(request, relay);
  const url = `${params ? base : base.replace(/^http/, 'ws')}${request.url}`;
  if (await isSignedByTwilio({ authToken, signature, url, ...(params && { params }) })) return undefined;
  relay.notify(
    'warn',
    `A request to ${printable(request.url.split('?')[0] ?? '').slice(0, 200)} was refused: ${signature ? 'its signature is wrong' : 'it is not signed'}.`,
  );
  return refuseRequest(
    reply,
    403,
    'The request is not signed with this relay’s Twilio auth token for this address.',
  );
}

/** The relay's address as Twilio knows it: the public one, else the local one that was asked. */
function relayUrl(request: FastifyRequest, relay: RelayDesk): string {
  return relay.access.publicUrl?.origin ?? `http://${request.headers.host ?? ''}`;
}

function formOf(request: FastifyRequest): Form {
  const { body } = request;
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function sendTwiml(reply: FastifyReply, twiml: string): FastifyReply {
  return reply.type('text/xml; charset=utf-8').send(twiml);
}

function explain(code: RefusalCode): string {
  switch (code) {
    case 'timeout':
      return 'it did not say who it is in time.';
    case 'unexpected_message':
      return 'it sent something before its start.';
    case 'malformed_message':
      return 'it sent what is no Twilio message.';
    case 'oversize_message':
      return 'its first message was too long.';
    case 'bad_token':
      return 'its token is missing, spent, expired, or of another call.';
    case 'unsupported_format':
      return 'it offered audio other than mu-law at 8 kHz.';
    case 'disconnected':
      return 'it went away before its start.';
  }
}
