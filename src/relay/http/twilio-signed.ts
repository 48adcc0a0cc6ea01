/**
 * Accepts only requests that Twilio signed. Without an auth token to check signatures, a local relay accepts all and a
 * public one none.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSignatureShaped, isSignedByTwilio } from '../../transport/twilio/twilio-signature.js';
import type { WebhookForm } from '../../transport/twilio/webhook-form.js';
import { refuseRequest, shown, shownPath } from './refusal.js';
import type { RelayContext } from '../relay-context.js';

type Check = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Refuses a request without a well-formed signature before its body is read, to save work on false requests. */
export function signatureShaped(relay: RelayContext): Check {
  return async (request, reply) => {
    if (relay.options.twilioAuthTokens.length === 0) {
      if (!relay.access.guarded) return undefined;
      const message =
        'Twilio’s routes are closed: the relay is public, but TWILIO_AUTH_TOKEN is not set to check signatures.';
      relay.refusals.note('closed_to_twilio', () => message);
      return refuseRequest(reply, 403, message);
    }
    const signature = signatureOf(request);
    if (isSignatureShaped(signature)) return undefined;
    return signature === ''
      ? refuse(relay, request, reply, 'unsigned', 'it is not signed')
      : refuse(relay, request, reply, 'wrong_signature', 'its signature is wrong');
  };
}

/** Refuses a request that was not signed with the account's token over this address and form. */
export function signedByTwilio(
  relay: RelayContext,
  formOf?: (request: FastifyRequest) => WebhookForm,
): Check {
  return async (request, reply) => {
    const { twilioAuthTokens: authToken } = relay.options;
    if (authToken.length === 0) return undefined;
    const params = formOf?.(request);
    const base = relayUrl(request, relay);
    const url = `${params ? base : base.replace(/^http/, 'ws')}${request.url}`;
    const signature = signatureOf(request);
    if (isSignedByTwilio({ authToken, signature, url, ...(params && { params }) })) return undefined;
    const problem = `its signature is wrong. It must be made with this relay’s TWILIO_AUTH_TOKEN over ${shown(url.split('?')[0])}`;
    return refuse(relay, request, reply, 'wrong_signature', problem);
  };
}

/** Node joins a header that was sent twice; the result is not a well-formed signature. */
function signatureOf({ headers }: FastifyRequest): string {
  const header = headers['x-twilio-signature'];
  return typeof header === 'string' ? header : '';
}

/** The relay's address as Twilio knows it, without a trailing slash: the public address, else the request's Host. */
export function relayUrl(request: FastifyRequest, relay: RelayContext): string {
  return relay.access.publicBase ?? `http://${request.headers.host ?? ''}`;
}

function refuse(
  relay: RelayContext,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: 'unsigned' | 'wrong_signature',
  problem: string,
): FastifyReply {
  relay.refusals.note(kind, () => `A request to ${shownPath(request)} was refused: ${problem}.`);
  return refuseRequest(
    reply,
    403,
    'The request is not signed with this relay’s Twilio auth token for this address.',
  );
}
