/**
 * Answers in the server-sent events of the Messages API.
 *
 * Source: https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import type { BilledOf } from '../vendor-simulator.js';
import type { AnthropicManner } from './anthropic-manners.js';
import type { AnthropicAnswer } from './anthropic-script.js';

/** What the request's input costs. */
export interface WireInput {
  readonly plain: number;
  readonly written: number;
  readonly read: number;
}

/** A piece of an answer, sent at one time. */
export interface WirePiece {
  readonly sse: string;
  /** The tokens in it, as the service counts them: one, or none for events without content. */
  readonly tokens: 0 | 1;
}

/** An answer, split into the pieces that a server sends at one time. */
export interface AnthropicWireAnswer {
  /** Before the first piece. */
  readonly opening: string;
  readonly pieces: readonly WirePiece[];
  /** Ends the answer, directly after the last piece. */
  readonly closing: string;
  /** The blocks of thinking, as they must come back. */
  readonly thoughts: readonly object[];
  readonly callIds: readonly string[];
  /** What a complete answer costs. */
  readonly billed: BilledOf['llm'];
  /** Whether the client knows the input before the end. */
  readonly tellsInputFirst: boolean;
}

export interface WireOptions {
  readonly id: string;
  readonly model: string;
  readonly manner: AnthropicManner;
  readonly input: WireInput;
  /** Whether the model thinks, and how much of it is shown. */
  readonly thinking: 'none' | 'shown' | 'omitted';
}

const thought = 'The caller wants something. Is 3 < 4? I should be brief.';

/** Splits a text into tokens of a model's usual length; joined they are the text. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*[\p{L}\p{M}\p{N}]{1,8}|\s*[^\s\p{L}\p{M}\p{N}]|\s+/gu) ?? [];
}

/** One event. */
export function event(type: string, fields: object = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

/** Writes an answer. */
export function anthropicWire(answer: AnthropicAnswer, options: WireOptions): AnthropicWireAnswer {
  const { id, model, manner, input } = options;
  const writer = new BlockWriter(manner === 'sparse_indices' ? 2 : 1);
  const thoughts = thoughtsOf(options, answer);
  for (const block of thoughts) writer.thinking(block);
  if (manner === 'empty_text_block' && thoughts.length === 0) writer.text('');
  if (answer.text) writer.text(answer.text);
  const calls = (answer.toolCalls ?? []).map((call, index) => ({
    name: call.name,
    id: call.id ?? `toolu_${id}_${index}`,
    json: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
  }));
  for (const call of calls) writer.call(call);
  if (answer.stopReason === 'pause_turn') writer.searched(`srvtoolu_${id}`);
  const pieces = [...writer.pieces];
  if (manner === 'unknown_events') pieces.splice(1, 0, { sse: unknownEvents, tokens: 0 });
  if (manner === 'many_pings') pieces.unshift(ping, ping, ping);
  const outputTokens = pieces.reduce((sum, { tokens }) => sum + tokens, 0);
  const told = toldInput(input);
  const tellsInputFirst = manner !== 'usage_at_end';
  const message = { id: `msg_${id}`, type: 'message', role: 'assistant', model, content: [] };
  const opening =
    event('message_start', {
      message: {
        ...message,
        stop_reason: null,
        stop_sequence: null,
        ...(tellsInputFirst && { usage: { ...told, output_tokens: 1, service_tier: 'standard' } }),
      },
    }) + ping.sse;
  const reason = answer.stopReason ?? (calls.length > 0 ? 'tool_use' : 'end_turn');
  const details = writer.thoughtTokens > 0 ? { thinking_tokens: writer.thoughtTokens } : null;
  const delta = {
    stop_reason: reason,
    stop_sequence: reason === 'stop_sequence' ? 'STOP' : null,
    stop_details:
      reason === 'refusal'
        ? { type: 'refusal', category: 'general_harms', explanation: 'The request was refused.' }
        : null,
  };
  const usage = {
    ...(manner !== 'output_at_end' && told),
    output_tokens: outputTokens,
    output_tokens_details: details,
  };
  const early = event('message_delta', { delta: { stop_reason: null }, usage: { output_tokens: 1 } });
  return {
    opening,
    pieces,
    closing:
      (manner === 'two_message_deltas' ? early : '') +
      event('message_delta', { delta, usage }) +
      event('message_stop'),
    thoughts,
    callIds: calls.map((call) => call.id),
    tellsInputFirst,
    billed: {
      ...billedInput(input),
      outputTokens,
      ...(details && { reasoningTokens: details.thinking_tokens }),
    },
  };
}

/** The input in the units of {@link BilledOf}. */
export function billedInput({ plain, written, read }: WireInput): Omit<BilledOf['llm'], 'outputTokens'> {
  return {
    inputTokens: plain + written + read,
    ...(read > 0 && { cachedInputTokens: read }),
    ...(written > 0 && { cacheWriteTokens: written }),
  };
}

const ping: WirePiece = { sse: 'event: ping\ndata: {"type": "ping"}\n\n', tokens: 0 };

/** Events without content in the middle of an answer. */
const unknownEvents =
  event('content_block_note', { index: 0, note: 'new' }) +
  event('content_block_delta', { index: 0, delta: { type: 'tone_delta', tone: 'calm' } }) +
  ': comment\n\n';

function toldInput({ plain, written, read }: WireInput): object {
  return { input_tokens: plain, cache_creation_input_tokens: written, cache_read_input_tokens: read };
}

/** Models think before they answer or call a tool. */
function thoughtsOf({ id, manner, thinking }: WireOptions, answer: AnthropicAnswer): ThoughtBlock[] {
  if (thinking === 'none' || (!answer.text && !answer.toolCalls)) return [];
  if (manner === 'redacted_thinking') return [{ type: 'redacted_thinking', data: `redacted_${id}` }];
  const isOmitted = manner === 'omitted_thinking' || (thinking === 'omitted' && manner !== 'thinking');
  return [{ type: 'thinking', thinking: isOmitted ? '' : thought, signature: `sig_${id}` }];
}

type ThoughtBlock =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string };

/** Writes content blocks, each piece with the events around it. */
class BlockWriter {
  readonly pieces: WirePiece[] = [];
  thoughtTokens = 0;
  readonly #step: number;
  #index = -1;

  constructor(step: number) {
    this.#step = step;
  }

  text(text: string): void {
    this.#block(
      { type: 'text', text: '' },
      tokensOf(text).map((token) => ({ type: 'text_delta', text: token })),
    );
  }

  thinking(block: ThoughtBlock): void {
    if (block.type === 'redacted_thinking') {
      this.#block(block, []);
      return;
    }
    const deltas = tokensOf(block.thinking).map((token) => ({ type: 'thinking_delta', thinking: token }));
    this.thoughtTokens += deltas.length;
    const signature = { type: 'signature_delta', signature: block.signature };
    this.#block({ type: 'thinking', thinking: '', signature: '' }, deltas, [signature]);
  }

  /** The first delta of a call is empty; a call without arguments has no other. */
  call({ id, name, json }: { readonly id: string; readonly name: string; readonly json: string }): void {
    const deltas = tokensOf(json === '{}' ? '' : json).map((part) => ({
      type: 'input_json_delta',
      partial_json: part,
    }));
    const empty = { type: 'input_json_delta', partial_json: '' };
    const block = { type: 'tool_use', id, name, caller: { type: 'direct' }, input: {} };
    this.#block(block, deltas, [], [empty]);
  }

  /** A call of the service's own search, and its result. */
  searched(id: string): void {
    this.#block({ type: 'server_tool_use', id, name: 'web_search', input: { query: 'hours' } }, []);
    this.#block({ type: 'web_search_tool_result', tool_use_id: id, content: [] }, []);
  }

  #block(
    block: object,
    deltas: readonly object[],
    after: readonly object[] = [],
    before: readonly object[] = [],
  ): void {
    this.#index += this.#step;
    const index = this.#index;
    const delta = (one: object): string => event('content_block_delta', { index, delta: one });
    const opening =
      event('content_block_start', { index, content_block: block }) + before.map(delta).join('');
    const closing = after.map(delta).join('') + event('content_block_stop', { index });
    if (deltas.length === 0) this.pieces.push({ sse: opening + closing, tokens: 0 });
    for (const [at, one] of deltas.entries())
      this.pieces.push({
        sse: (at === 0 ? opening : '') + delta(one) + (at === deltas.length - 1 ? closing : ''),
        tokens: 1,
      });
  }
}
