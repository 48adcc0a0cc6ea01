/** Posts offers of browser calls to a relay, well-formed or not. */

/** What the relay answers to an offer. */
export interface OfferAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: {
    readonly id?: string;
    readonly callId?: string;
    readonly resume?: string;
    readonly sdp?: string;
    readonly error?: string;
  };
}

interface PostOptions {
  readonly contentType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Posts any body to the relay's route for offers. */
export async function postOfferBody(
  relayUrl: string,
  body: string,
  { contentType = 'application/json', signal }: PostOptions = {},
): Promise<OfferAnswer> {
  const response = await fetch(`${relayUrl}/webrtc/offer`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
    ...(signal && { signal }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status: response.status,
    headers: response.headers,
    json: (isJson ? JSON.parse(text) : { sdp: text }) as OfferAnswer['json'],
  };
}

/** Posts an offer as a page does. */
export function postOffer(relayUrl: string, sdp: string, signal?: AbortSignal): Promise<OfferAnswer> {
  return postOfferBody(relayUrl, JSON.stringify({ type: 'offer', sdp }), { signal });
}
