import { createHmac } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import { TransportError } from '../../core/errors.js';
import { httpRequest, type HttpAnswer, type HttpRequestLimits } from '../../relay-client/http-request.js';

/** Twilio's time-out for a webhook, and the largest TwiML document that it accepts. */
const twilioLimits: HttpRequestLimits = {
  answerWithinMs: 15_000,
  tooLate: 'which is Twilio’s time-out. Check what blocks it.',
  maxBytes: 65_536,
  tooLong: 'which Twilio does not accept.',
};

export interface WebhookRequest {
  readonly clock: Clock;
  /** Signed exactly as written, without normalisation by a URL parser. */
  readonly url: string;
  /** Form fields of the request. */
  readonly fields: Readonly<Record<string, string>>;
  /** Signs the request as Twilio would. */
  readonly authToken: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * The `X-Twilio-Signature` of a request: base64 of HMAC-SHA1 over the URL and the fields, sorted by name.
 *
 * Source: https://www.twilio.com/docs/usage/security#validating-requests
 */
export function twilioSignature(
  authToken: string,
  url: string,
  fields: Readonly<Record<string, string>>,
): string {
  const signed = Object.keys(fields)
    .sort()
    .reduce((text, name) => text + name + (fields[name] ?? ''), url);
  return createHmac('sha1', authToken).update(signed, 'utf8').digest('base64');
}

/**
 * POSTs a form to a webhook and resolves with the body of its answer. Rejects with a TransportError without an answer within
 * 15 s or with another status than 200, and with the signal's reason if it aborts. The connection is not kept.
 */
export async function postWebhook({
  clock,
  url,
  fields,
  authToken,
  signal,
}: WebhookRequest): Promise<string> {
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
    Accept: '*/*',
    ...(authToken === undefined ? {} : { 'X-Twilio-Signature': twilioSignature(authToken, url, fields) }),
  };
  const body = new URLSearchParams(fields).toString();
  const called = 'The webhook';
  const answer = await httpRequest({ clock, url, headers, body, limits: twilioLimits, signal, called });
  if (answer.status === 200) return answer.text;
  throw new TransportError(`${called} ${url} answered ${answer.status || 'nothing'}: ${advice(answer)}`);
}

function advice({ status, text }: HttpAnswer): string {
  if (status === 401 || status === 403)
    return `${JSON.stringify(text.slice(0, 200))}. Set TWILIO_AUTH_TOKEN to the value that the relay has.`;
  if (status === 404) return 'there is no such route. The path of the relay is /twilio/voice.';
  return `${JSON.stringify(text.slice(0, 200))}. Twilio would end the call with an application error.`;
}
