/**
 * The messages of Anthropic's streams and its error bodies, reduced to the fields that are used.
 *
 * Sources: https://platform.claude.com/docs/en/build-with-claude/streaming, …/docs/en/api/errors, and the types of
 * @anthropic-ai/sdk 1.14
 */
import { z } from 'zod';

const count = z.number().nonnegative().nullish().catch(undefined);
const text = z.string().nullish().catch(undefined);
const index = z.number().int().nonnegative().catch(0);

/** Counts that a message does not repeat are null or missing. */
const usage = z
  .object({
    input_tokens: count,
    cache_creation_input_tokens: count,
    cache_read_input_tokens: count,
    output_tokens: count,
    output_tokens_details: z.object({ thinking_tokens: count }).nullish().catch(undefined),
  })
  .nullish()
  .catch(undefined);

export type WireUsage = NonNullable<z.output<typeof usage>>;

const error = z.object({
  type: text,
  message: text,
  details: z.object({ error_code: text }).nullish().catch(undefined),
});

const block = z.looseObject({ type: z.string() });

/** A content block, with all fields that the server sent: some must be sent back unchanged. */
export type ContentBlock = z.output<typeof block>;

const delta = z.object({
  type: z.string(),
  text,
  thinking: text,
  signature: text,
  partial_json: text,
});

const streamMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message_start'),
    message: z.object({ usage }).catch({ usage: undefined }),
  }),
  z.object({ type: z.literal('content_block_start'), index, content_block: block }),
  z.object({ type: z.literal('content_block_delta'), index, delta }),
  z.object({ type: z.literal('content_block_stop'), index }),
  z.object({
    type: z.literal('message_delta'),
    delta: z
      .object({
        stop_reason: text,
        stop_details: z.object({ category: text, explanation: text }).nullish().catch(undefined),
      })
      .catch({ stop_reason: undefined, stop_details: undefined }),
    usage,
  }),
  z.object({ type: z.literal('message_stop') }),
  z.object({ type: z.literal('ping') }),
  z.object({ type: z.literal('error'), error }),
]);

export type StreamMessage = z.output<typeof streamMessage>;

/** Reads the data of one event; null if it is malformed or of an unknown type. */
export function readStreamMessage(data: string): StreamMessage | null {
  const value = parsedJson(data);
  const result = streamMessage.safeParse(value);
  if (result.success) return result.data;
  // Gateways send errors in the form of a body.
  const body = readErrorBody(data);
  return body && { type: 'error', error: { type: body.type, message: body.message, details: null } };
}

/** An error in Anthropic's form, or in a gateway's. */
export interface ErrorBody {
  readonly type: string | null;
  readonly message: string;
  readonly code: string | null;
}

/** Reads the body of an error: `{error: {type, message, details}}`, or `{error: "…"}`. Null if it has no message. */
export function readErrorBody(body: string): ErrorBody | null {
  const result = z.object({ error: z.union([error, z.string()]) }).safeParse(parsedJson(body));
  if (!result.success) return null;
  const found = result.data.error;
  if (typeof found === 'string') return { type: null, message: found, code: null };
  const { type = null, message, details } = found;
  return message ? { type, message, code: details?.error_code ?? null } : null;
}

const thinkingTypes = z.object({
  disabled: z.object({ supported: z.boolean() }),
  between_tools: z.object({ supported: z.boolean() }).nullish().catch(undefined),
});

const model = z.object({
  id: z.string(),
  lifecycle: text,
  retires_at: text,
  capabilities: z
    .object({ thinking: z.object({ types: thinkingTypes }) })
    .nullish()
    .catch(undefined),
});

/** A model, as `GET /v1/models/{id}` describes it. */
export type ModelInfo = z.output<typeof model>;

/** Reads a model; null if the text is not one. */
export function readModel(body: string): ModelInfo | null {
  return model.safeParse(parsedJson(body)).data ?? null;
}

/** The JSON value; undefined if the text is not JSON. */
export function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
