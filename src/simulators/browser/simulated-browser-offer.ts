import type { Clock } from '../../core/clock.js';
import { TransportError } from '../../core/errors.js';
import type { OfferRequest, OfferResponse } from '../../transport/webrtc/page-protocol.js';
import { httpRequest, type HttpRequestLimits } from '../../relay-client/http-request.js';
import { routeUrl } from '../../relay-client/route-url.js';
import { parseOfferResponse, refusalIn } from '../../relay-client/relay-messages.js';

const limits: HttpRequestLimits = {
  answerWithinMs: 10_000,
  tooLate: 'so the call failed. Check what blocks the relay.',
  maxBytes: 65_536,
  tooLong: 'too long for an answer to an offer.',
};

/** Time-out of the request that withdraws an offer. */
const withdrawnWithinMs = 1000;

/** The relay is at its limits; a later call may succeed. */
const busyStatuses = new Set([429, 503]);

/** The relay to call. */
export interface CalledRelay {
  /** Its address; may have a path, below which its routes are. */
  readonly relayUrl: string;
  readonly clock: Clock;
  /** The token of a guarded relay. */
  readonly token: string | undefined;
}

/** The relay's answer, the reason why it takes no call now, or that a call that should go on is over. */
export type OfferOutcome =
  OfferResponse | { readonly type: 'busy'; readonly reason: string } | { readonly type: 'over' };

/**
 * Offers a call to a relay. Rejects with a TransportError that names a remedy if there is no answer, and with the signal's
 * reason if it aborts.
 */
export async function postOffer(
  { relayUrl, clock, token }: CalledRelay,
  { sdp, resume }: Pick<OfferRequest, 'sdp' | 'resume'>,
  signal: AbortSignal,
): Promise<OfferOutcome> {
  const url = routeUrl(relayUrl, '/webrtc/offer').href;
  const called = 'The relay’s route for browsers';
  const headers = {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    ...authorization(token),
  };
  const offer: OfferRequest = { sdp, type: 'offer', ...(resume && { resume }) };
  const body = JSON.stringify(offer);
  const { status, text } = await httpRequest({ clock, url, headers, body, limits, signal, called });
  if (resume && (status === 404 || status === 409)) return { type: 'over' };
  if (busyStatuses.has(status)) return { type: 'busy', reason: refusalIn(text) || 'busy' };
  const answer = status >= 200 && status < 300 ? parseOfferResponse(text) : null;
  if (answer) return answer;
  throw new TransportError(`${called} ${url} ${problemOf(status, text)}`);
}

/**
 * Withdraws a call that was answered but will not connect, so that the relay need not wait for it. Never rejects: without
 * this message the relay notices by its own time-out.
 */
export async function withdrawOffer({ relayUrl, clock, token }: CalledRelay, id: string): Promise<void> {
  const url = routeUrl(relayUrl, `/webrtc/${id}`).href;
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
    return 'does not exist: this relay takes no calls from browsers. Call it with --via twilio.';
  if (status >= 200 && status < 300) return 'gave an answer that a browser cannot read: this is no hzrelay.';
  return `answered ${status}: ${JSON.stringify(refusalIn(text))}.`;
}
