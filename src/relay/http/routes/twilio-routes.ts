/** Twilio's routes: the voice webhook, the media stream, and the request for the next instruction after it. */
import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  acceptMediaStream,
  tokenParameter,
  type MediaStart,
  type RefusalCode,
} from '../../../transport/media-stream/media-handshake.js';
import { StreamTokens } from '../../../transport/media-stream/stream-tokens.js';
import { twilioWire } from '../../../transport/twilio/twilio-messages.js';
import { TwilioTransport } from '../../../transport/twilio/twilio-transport.js';
import {
  connectStreamTwiml,
  hangUpTwiml,
  rejectBusyTwiml,
  sayAndHangUpTwiml,
} from '../../../transport/twilio/twiml.js';
import type { SessionEndReason } from '../../../events/session-event.js';
import {
  fieldOf,
  maxFormBytes,
  maxFormFields,
  readWebhookForm,
  type WebhookForm,
} from '../../../transport/twilio/webhook-form.js';
import { PhoneCalls, type PhoneCall } from '../../phone-calls.js';
import { StreamRecall } from '../../stream-recall.js';
import type { Session } from '../../../session/session.js';
import { queryField } from '../query-field.js';
import { refuseRequest, shown, shownPath } from '../refusal.js';
import type { RelayContext } from '../../relay-context.js';
import { relayUrl, signatureShaped, signedByTwilio } from '../twilio-signed.js';

/** What the webhook said about a call; the media stream does not repeat it. */
interface Caller {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly accountSid: string | undefined;
  /** The relay's address in that request. */
  readonly base: string;
  /** Number of the webhook answer that requested the stream. */
  readonly answer: number;
}

/** Where Twilio's media streams connect. */
const mediaPath = '/twilio/media';
/** The query field of the `<Connect action>` that names the answer with that `<Connect>`. */
const answerField = 'answer';

const fallbackText = 'We are sorry, the connection was lost. Please call again.';

export function twilioRoutes(
  app: FastifyInstance,
  { relay }: { readonly relay: RelayContext },
  done: () => void,
): void {
  const tokens = new StreamTokens<Caller>({ clock: relay.clock });
  const calls = new PhoneCalls();
  let pendingSockets = 0;

  app.addContentTypeParser<string>(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: maxFormBytes },
    (_request, body, parsed) => {
      const form = readWebhookForm(body);
      if (form) parsed(null, form);
      else
        parsed(
          Object.assign(new Error(`The form has more than ${maxFormFields} fields.`), { statusCode: 413 }),
        );
    },
  );

  const foreignHosts = { areProven: () => relay.options.twilioAuthTokens.length > 0 };
  const signed = { config: { foreignHosts }, onRequest: signatureShaped(relay) };
  const webhook = { ...signed, bodyLimit: maxFormBytes, preHandler: signedByTwilio(relay, formOf) };

  app.post('/twilio/voice', webhook, async (request, reply) => {
    const form = formOf(request);
    const callSid = fieldOf(form, 'CallSid');
    if (!callSid) {
      const message = 'The form has no CallSid; this route is for Twilio’s voice webhook.';
      relay.refusals.note('body', () => `A request to ${shownPath(request)} was refused: ${message}`);
      return refuseRequest(reply, 400, message);
    }
    // A call that has a session keeps it: Twilio asks again if the first answer was late.
    if (!calls.get(callSid) && !relay.canTake('twilio')) return sendTwiml(reply, await rejectBusyTwiml());
    return sendTwiml(reply, await connectTwiml(callSid, callerOf(request, form)));
  });

  app.post('/twilio/after', webhook, async (request, reply) => {
    const form = formOf(request);
    const callSid = fieldOf(form, 'CallSid') ?? '';
    const status = fieldOf(form, 'CallStatus');
    const isLive = relay.outcomeOf(callSid) === null;
    const call = isLive ? calls.get(callSid) : null;
    if (call && isFinal(status)) void call.hangUp();
    // The relay may not have noticed the loss yet.
    else await call?.asked('Twilio has lost the media stream.', answerOf(request));
    const reason = relay.outcomeOf(callSid);
    if (call && reason === null)
      return sendTwiml(reply, await connectTwiml(callSid, callerOf(request, form)));
    const over = isOver(reason, status);
    return sendTwiml(reply, over ? await hangUpTwiml() : await sayAndHangUpTwiml(fallbackText));
  });

  app.post('/twilio/status', webhook, async (request, reply) => {
    const form = formOf(request);
    const callSid = fieldOf(form, 'CallSid') ?? '(no CallSid)';
    const status = fieldOf(form, 'CallStatus') ?? '(no status)';
    relay.notify('info', `twilio call ${shown(callSid).slice(0, 64)}: ${shown(status).slice(0, 64)}`);
    if (isFinal(status)) void calls.get(callSid)?.hangUp();
    return reply.code(204).send();
  });

  app.route({
    method: 'GET',
    url: mediaPath,
    ...signed,
    config: { foreignHosts, takesSockets: true },
    preValidation: [signedByTwilio(relay), limitPending],
    handler: (_request, reply) =>
      refuseRequest(
        reply.header('upgrade', 'websocket'),
        426,
        'This is for media streams: open a WebSocket.',
      ),
    wsHandler: (socket) => void serveMedia(socket),
  });

  function callerOf(request: FastifyRequest, form: WebhookForm): Omit<Caller, 'answer'> {
    return {
      from: fieldOf(form, 'From'),
      to: fieldOf(form, 'To'),
      accountSid: fieldOf(form, 'AccountSid'),
      base: relayUrl(request, relay),
    };
  }

  /** Makes the TwiML that opens a stream for the call; may be called again for the same call. */
  function connectTwiml(callSid: string, caller: Omit<Caller, 'answer'>): Promise<string> {
    const { base } = caller;
    const answer = calls.nextAnswer();
    return connectStreamTwiml({
      streamUrl: `${base.replace(/^http/, 'ws')}${mediaPath}`,
      actionUrl: `${base}/twilio/after?${answerField}=${answer}`,
      parameters: { [tokenParameter]: tokens.issue(callSid, { ...caller, answer }) },
    });
  }

  /** How to get another stream from Twilio's account; null for a call of another account. */
  function recallOf({ callId: callSid, grant }: MediaStart<Caller>, session: Session): StreamRecall | null {
    const { twilioAccount: account } = relay.options;
    if (!account || account.accountSid !== grant.accountSid) return null;
    return new StreamRecall({
      callSid,
      session,
      account,
      clock: relay.clock,
      notify: (level, message) => relay.notify(level, message),
      // A tunnel that was opened again may have another address.
      twiml: () => connectTwiml(callSid, { ...grant, base: relay.access.publicBase ?? grant.base }),
    });
  }

  function limitPending(_request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { maxPendingSockets } = relay.options;
    const message = `${maxPendingSockets} media sockets are open that have not sent their token yet.`;
    return Promise.resolve(
      pendingSockets < maxPendingSockets ? undefined : refuseRequest(reply, 503, message),
    );
  }

  /** Waits until the socket has sent a valid token, then serves it as a call. */
  async function serveMedia(socket: WebSocket): Promise<void> {
    pendingSockets++;
    const start = await acceptMediaStream(socket, {
      clock: relay.clock,
      wire: twilioWire,
      timeoutMs: relay.options.startTimeoutMs,
      redeem: (token, callSid) => tokens.redeem(token, callSid),
      onRefused: (code) =>
        relay.refusals.note(`media_${code}`, () => `A media socket was refused: ${explain(code)}`),
    });
    pendingSockets--;
    if (!start) return;
    const { callId: callSid, inbox } = start;
    const { answer } = start.grant;
    const known = calls.get(callSid);
    const outcome = known ? await known.takeOver(start, answer) : 'over';
    if (outcome === 'goes_on') return;
    const newer = calls.get(callSid);
    if (outcome === 'superseded' || (newer && newer !== known)) {
      relay.refusals.note('media_superseded', () => 'A media socket was refused: its call has a later one.');
      return inbox.close(relay.clock, 1008, 'superseded');
    }
    const call = calls.begin(callSid, answer);
    try {
      await serveCall(start, call);
    } finally {
      call.opened(null);
      calls.close(callSid, call);
    }
  }

  /** Gives the call its session; resolves when the session has ended. */
  async function serveCall(start: MediaStart<Caller>, call: PhoneCall): Promise<void> {
    const { callId, parameters } = start;
    const { from, to } = start.grant;
    const caller = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
    const session = await relay.claim({ transport: 'twilio', callId, parameters, ...caller });
    const transport = new TwilioTransport(start, {
      clock: relay.clock,
      limits: { maxMessageBytes: relay.options.maxMessageBytes },
      ...caller,
    });
    if (!session) return transport.close();
    const recall = recallOf(start, session);
    await relay.connect(session, transport);
    call.opened({ session, transport, recall });
    await session.closed;
  }

  done();
}

/** Whether the call ended as intended; otherwise it broke off, and the caller must be told. */
function isOver(reason: SessionEndReason | null, callStatus: string | undefined): boolean {
  switch (reason) {
    case null:
    case 'transport_error':
    case 'connection_lost':
    case 'provider_error':
      return false;
    case 'hangup':
      // Twilio closed the stream. If the call is still in progress, the caller has not hung up.
      return callStatus !== 'in-progress';
    case 'completed':
    case 'ended':
    case 'idle_timeout':
    case 'max_duration':
    case 'shutdown':
      return true;
  }
}

/** Whether Twilio reports that the call is over. */
function isFinal(callStatus: string | undefined): boolean {
  return ['completed', 'busy', 'failed', 'no-answer', 'canceled'].includes(callStatus ?? '');
}

/** The answer whose `<Connect>` has ended; null if the request does not tell. */
function answerOf(request: FastifyRequest): number | null {
  const answer = queryField(request, answerField) ?? '';
  return /^\d{1,15}$/.test(answer) ? Number(answer) : null;
}

/** The request's form; empty if the body is not a form. */
function formOf({ headers, body }: FastifyRequest): WebhookForm {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return isForm ? (body as WebhookForm) : {};
}

function sendTwiml(reply: FastifyReply, twiml: string): FastifyReply {
  return reply.type('text/xml; charset=utf-8').send(twiml);
}

function explain(code: RefusalCode): string {
  switch (code) {
    case 'timeout':
      return 'it did not send its token in time.';
    case 'unexpected_message':
      return 'it sent something before its start.';
    case 'malformed_message':
      return 'it sent a message that is not Twilio’s.';
    case 'oversize_message':
      return 'its first message was too long.';
    case 'bad_token':
      return 'its token is missing, used, expired, or of another call.';
    case 'unsupported_format':
      return 'it offered audio other than mu-law at 8 kHz.';
    case 'disconnected':
      return 'it closed before its start.';
  }
}
