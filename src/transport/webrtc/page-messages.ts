/** Validates the page's messages. */
import { z } from 'zod';
import { printable } from '../../events/sys-log.js';
import { maxTypedLength, type PageMessage } from './page-protocol.js';

/** A time on the page's clock: at most some months. */
const pageMs = z.number().min(0).max(1e10);
const durationMs = z.number().min(0).max(60_000);

/** One line without control characters, since it goes to models, logs, files and clipboards. */
const typedText = z
  .string()
  .max(maxTypedLength)
  .transform((text) => printable(text))
  .refine((text) => text !== '');

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
  z.object({ type: z.literal('text'), text: typedText }),
  z.object({ type: z.literal('bye') }),
]);

/** Parses a text of the data channel; null if it is not a valid message. */
export function parsePageMessage(text: string): PageMessage | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  return pageMessage.safeParse(json).data ?? null;
}
