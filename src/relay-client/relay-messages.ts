/**
 * Parses and checks the relay's messages to a page: a simulated browser may call any address, so they are not trusted.
 */
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
  z.object({ type: z.literal('event'), number: z.int().nonnegative(), event: sessionEvent }),
  z.object({ type: z.literal('sync'), id: z.number().int(), relayMs: z.number() }),
]);

const offerResponse: z.ZodType<OfferResponse> = z.object({
  id: z.string().regex(/^[0-9a-f]+$/),
  callId: z.string(),
  resume: z.string().optional(),
  sdp: z.string(),
  type: z.literal('answer'),
});

const refusal = z.object({ error: z.string() });

/** The relay message in a text from the data channel; null if it is not one. */
export function parseRelayMessage(text: string): RelayMessage | null {
  return relayMessage.safeParse(parseJson(text)).data ?? null;
}

/** The answer to an offer; null if the text is not one. */
export function parseOfferResponse(text: string): OfferResponse | null {
  return offerResponse.safeParse(parseJson(text)).data ?? null;
}

/** The error message of a refused request; if it is not in the relay's form, the first 200 characters of the text. */
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
