/** The two HTTP requests of a call: the offer that begins it, and its end. */
import type { OfferRequest, OfferResponse } from '../../transport/webrtc/page-protocol.js';
import { refusalFailure, type Failure } from '../model/failures.js';

/** Where the relay is. */
export interface RelayAddress {
  /** The folder of the relay's routes, with a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
}

/** A call that goes on: the relay's token for it, and how many of its events the page has got. */
export type Resumption = NonNullable<OfferRequest['resume']>;

/**
 * Posts the offer; resolves with the relay's answer, a failure, or `call_over` if the call that should go on no longer
 * exists. Rejects only if the signal aborts.
 */
export async function postOffer(
  relay: RelayAddress,
  sdp: string,
  resume: Resumption | null,
  signal: AbortSignal,
): Promise<OfferResponse | Failure | 'call_over'> {
  const request: OfferRequest = { type: 'offer', sdp, ...(resume && { resume }) };
  let response: Response;
  try {
    response = await fetch(new URL('webrtc/offer', relay.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization(relay) },
      body: JSON.stringify(request),
      signal,
    });
  } catch {
    signal.throwIfAborted();
    return { kind: 'relay_gone' };
  }
  if (resume && (response.status === 404 || response.status === 409)) return 'call_over';
  if (response.ok) return (await response.json()) as OfferResponse;
  return refusalFailure(response.status, await errorIn(response));
}

/** Tells the relay that the call is over; also works while the page is closing. */
export function deleteCall(relay: RelayAddress, id: string): void {
  const request = { method: 'DELETE', keepalive: true, headers: authorization(relay) };
  fetch(new URL(`webrtc/${id}`, relay.url), request).catch(() => undefined);
}

function authorization({ token }: RelayAddress): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** The relay's own error text, if it sent one. */
async function errorIn(response: Response): Promise<string | undefined> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string'
      ? body.error
      : undefined;
  } catch {
    return undefined;
  }
}
