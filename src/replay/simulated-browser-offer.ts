import type { Clock } from '../clock.js';
import { TransportError } from '../errors.js';
import type { OfferRequest, OfferResponse } from '../transport/webrtc/page-protocol.js';
import { httpPost, type HttpPostLimits } from './http-post.js';
import { parseOfferResponse, refusalIn } from './relay-messages.js';

const limits: HttpPostLimits = {
  answerWithinMs: 10_000,
  tooLate: 'so there is no call. Look for what keeps the relay.',
  maxBytes: 65_536,
  tooLong: 'which is no answer to an offer.',
};

/** The relay is at its limits; another time it may take the call. */
const busyStatuses = new Set([429, 503]);

export interface OfferPost {
  /** Scheme and host of the relay. */
  readonly relayUrl: string;
  readonly sdp: string;
  readonly clock: Clock;
  /** Opens a relay that is reachable from outside. */
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

/** The relay's answer, or why it takes no call now. */
export type OfferOutcome = OfferResponse | { readonly type: 'busy'; readonly reason: string };

/**
 * Offers a call to a relay. Rejects with a TransportError that says what to do where there is no answer, and with the
 * signal's reason if that aborts.
 */
export async function postOffer({ relayUrl, sdp, clock, token, signal }: OfferPost): Promise<OfferOutcome> {
  const url = new URL('/webrtc/offer', relayUrl).href;
  const called = 'The relay’s route for browsers';
  const headers = {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
  };
  const offer: OfferRequest = { sdp, type: 'offer' };
  const body = JSON.stringify(offer);
  const { status, text } = await httpPost({ clock, url, headers, body, limits, signal, called });
  if (busyStatuses.has(status)) return { type: 'busy', reason: refusalIn(text) || 'busy' };
  const answer = status >= 200 && status < 300 ? parseOfferResponse(text) : null;
  if (answer) return answer;
  throw new TransportError(`${called} ${url} ${problemOf(status, text)}`);
}

function problemOf(status: number, text: string): string {
  if (status === 401) return 'wants the relay’s token: set HZRELAY_TOKEN to what it printed when it started.';
  if (status === 404)
    return 'is not there: this relay takes no calls from browsers. Call it with --via twilio.';
  if (status >= 200 && status < 300) return 'gave no answer that a browser understands: this is no hzrelay.';
  return `answered ${status}: ${JSON.stringify(refusalIn(text))}.`;
}
