import type { Clock } from '../clock.js';
import { TransportError } from '../errors.js';
import type { OfferRequest, OfferResponse } from '../transport/webrtc/page-protocol.js';
import { httpRequest, type HttpRequestLimits } from './http-request.js';
import { parseOfferResponse, refusalIn } from './relay-messages.js';

const limits: HttpRequestLimits = {
  answerWithinMs: 10_000,
  tooLate: 'so there is no call. Look for what keeps the relay.',
  maxBytes: 65_536,
  tooLong: 'which is no answer to an offer.',
};

/** Whoever gives up does not wait long to say so. */
const withdrawnWithinMs = 1000;

/** The relay is at its limits; another time it may take the call. */
const busyStatuses = new Set([429, 503]);

/** The relay that is called. */
export interface CalledRelay {
  /** Scheme and host. */
  readonly relayUrl: string;
  readonly clock: Clock;
  /** Opens a relay that is reachable from outside. */
  readonly token: string | undefined;
}

/** The relay's answer, or why it takes no call now. */
export type OfferOutcome = OfferResponse | { readonly type: 'busy'; readonly reason: string };

/**
 * Offers a call to a relay. Rejects with a TransportError that says what to do where there is no answer, and with the
 * signal's reason if that aborts.
 */
export async function postOffer(
  { relayUrl, clock, token }: CalledRelay,
  sdp: string,
  signal: AbortSignal,
): Promise<OfferOutcome> {
  const url = new URL('/webrtc/offer', relayUrl).href;
  const called = 'The relay’s route for browsers';
  const headers = {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    ...authorization(token),
  };
  const offer: OfferRequest = { sdp, type: 'offer' };
  const body = JSON.stringify(offer);
  const { status, text } = await httpRequest({ clock, url, headers, body, limits, signal, called });
  if (busyStatuses.has(status)) return { type: 'busy', reason: refusalIn(text) || 'busy' };
  const answer = status >= 200 && status < 300 ? parseOfferResponse(text) : null;
  if (answer) return answer;
  throw new TransportError(`${called} ${url} ${problemOf(status, text)}`);
}

/**
 * Gives back a call that was answered and will not come about, so that the relay need not wait for it. Never rejects: what
 * the relay does not learn in this way it finds out by itself.
 */
export async function withdrawOffer({ relayUrl, clock, token }: CalledRelay, id: string): Promise<void> {
  const url = new URL(`/webrtc/${id}`, relayUrl).href;
  const headers = authorization(token);
  const called = 'The call';
  await httpRequest({
    clock,
    method: 'DELETE',
    url,
    headers,
    body: '',
    limits: { ...limits, answerWithinMs: withdrawnWithinMs },
    signal: undefined,
    called,
  }).catch(() => undefined);
}

function authorization(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

function problemOf(status: number, text: string): string {
  if (status === 401) return 'wants the relay’s token: set HZRELAY_TOKEN to what it printed when it started.';
  if (status === 404)
    return 'is not there: this relay takes no calls from browsers. Call it with --via twilio.';
  if (status >= 200 && status < 300) return 'gave no answer that a browser understands: this is no hzrelay.';
  return `answered ${status}: ${JSON.stringify(refusalIn(text))}.`;
}
