/** What the relay tells a page, judged before it is believed: a simulated browser calls any address it is given. */
import { z } from 'zod';
import type { SessionEvent } from '../events/session-event.js';
import type { OfferResponse, RelayMessage } from '../transport/webrtc/page-protocol.js';

const sessionEvent = z.custom<SessionEvent>(
  (value) =>
    z
      .looseObject({ type: z.string(), sessionId: z.string(), turn: z.number(), atMs: z.number() })
      .safeParse(value).success,
);

const relayMessage: z.ZodType<RelayMessage> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('event'), event: sessionEvent }),
  z.object({ type: z.literal('sync'), id: z.number().int(), relayMs: z.number() }),
]);

const offerResponse: z.ZodType<OfferResponse> = z.object({
  id: z.string().regex(/^[0-9a-f]+$/),
  callId: z.string(),
  sdp: z.string(),
  type: z.literal('answer'),
});

const refusal = z.object({ error: z.string() });

/** The message in a text from the data channel; null where it is none. */
export function parseRelayMessage(text: string): RelayMessage | null {
  return relayMessage.safeParse(parseJson(text)).data ?? null;
}

/** The answer to an offer; null where it is none. */
export function parseOfferResponse(text: string): OfferResponse | null {
  return offerResponse.safeParse(parseJson(text)).data ?? null;
}

/** What a refused request was told; the text itself, up to a line, where it is not of the relay's form. */
export function refusalIn(text: string): string {
  return refusal.safeParse(parseJson(text)).data?.error ?? text.slice(0, 200).trim();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
