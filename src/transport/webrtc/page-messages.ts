/** What comes from the page, judged before it is believed. */
import { z } from 'zod';
import { maxTypedLength, type PageMessage } from './page-protocol.js';

/** A time on the page's clock: some months at most. */
const pageMs = z.number().min(0).max(1e10);
const durationMs = z.number().min(0).max(60_000);

const pageMessage: z.ZodType<PageMessage> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sync'), id: z.number().int(), receivedPageMs: pageMs, sentPageMs: pageMs }),
  z.object({ type: z.literal('speech_start'), pageMs }),
  z.object({ type: z.literal('speech_end'), pageMs }),
  z.object({ type: z.literal('audible'), pageMs }),
  z.object({
    type: z.literal('stats'),
    jitterBufferMs: durationMs,
    roundTripMs: durationMs.nullable(),
    outputLatencyMs: durationMs,
  }),
  z.object({ type: z.literal('text'), text: z.string().trim().min(1).max(maxTypedLength) }),
  z.object({ type: z.literal('bye') }),
]);

/** The message in a text from the data channel; null where it is none. */
export function parsePageMessage(text: string): PageMessage | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  return pageMessage.safeParse(json).data ?? null;
}
