import { z } from 'zod';
import type { LlmEvent, ToolCall } from '../language-model.js';
import { AnswerError, cutToolCall, filtered, truncated, type AnswerReader } from './answer-reader.js';

/** As little as servers of this API agree on: some leave out `index`, `id` or the empty fields of a delta. */
const toolCallDelta = z.object({
  index: z.number().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            refusal: z.string().nullish(),
            tool_calls: z.array(toolCallDelta).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
});

interface ToolCallDraft {
  readonly id: string;
  name: string;
  arguments: string;
}

/**
 * Reads the chunks of a streamed chat completion. Tool calls come in fragments and are given out whole, at the end.
 *
 * Source: https://platform.openai.com/docs/api-reference/chat-streaming/streaming
 */
export class ChatAnswer implements AnswerReader {
  readonly #drafts = new Map<number, ToolCallDraft>();
  #finishReason: string | null = null;
  #started = false;

  get started(): boolean {
    return this.#started || this.#drafts.size > 0;
  }

  get finished(): boolean {
    return this.#finishReason !== null;
  }

  take(message: unknown): readonly LlmEvent[] {
    const chunk = chunkSchema.safeParse(message);
    if (!chunk.success) throw new AnswerError('The stream holds something other than chat chunks.', 'server');
    // The usage report and some servers' first chunk have no choice.
    const choice = chunk.data.choices?.[0];
    if (!choice || this.finished) return [];
    const { delta, finish_reason: finishReason } = choice;
    for (const fragment of delta?.tool_calls ?? []) this.#takeFragment(fragment);
    if (finishReason) this.#finishReason = finishReason;
    const text = (delta?.content ?? '') + (delta?.refusal ?? '');
    if (text === '') return [];
    this.#started = true;
    return [{ type: 'token', text }];
  }

  end(): readonly LlmEvent[] {
    const calls = [...this.#drafts.values()];
    switch (this.#finishReason) {
      case null:
        throw truncated();
      case 'content_filter':
        throw filtered();
      case 'length':
        if (calls.length > 0) throw cutToolCall();
        return [{ type: 'done', finishReason: 'length' }];
      default:
        // Not every server says `tool_calls` where it makes some.
        return [
          ...calls.map((draft) => ({ type: 'tool_call' as const, call: finishedCall(draft) })),
          { type: 'done', finishReason: calls.length > 0 ? 'tool_calls' : 'stop' },
        ];
    }
  }

  #takeFragment({ index, id, function: part }: z.infer<typeof toolCallDelta>): void {
    const key = index ?? this.#keyWithoutIndex(id);
    const draft = this.#drafts.get(key) ?? { id: id || `call_${key}`, name: '', arguments: '' };
    this.#drafts.set(key, draft);
    draft.name += part?.name ?? '';
    draft.arguments += part?.arguments ?? '';
  }

  /** Where fragments are not numbered, a new id begins a new call. */
  #keyWithoutIndex(id: string | null | undefined): number {
    const last = this.#drafts.size - 1;
    const begins = last < 0 || (id && this.#drafts.get(last)?.id !== id);
    return begins ? last + 1 : last;
  }
}

function finishedCall({ id, name, arguments: written }: ToolCallDraft): ToolCall {
  // A tool without parameters is called with nothing at all by some models.
  return { id, name, arguments: written.trim() === '' ? '{}' : written };
}
