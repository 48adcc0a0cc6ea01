import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LlmEvent } from '../language-model.js';
import { MessageAnswer } from './message-answer.js';

function answerTo(...messages: readonly unknown[]): { answer: MessageAnswer; events: LlmEvent[] } {
  const answer = new MessageAnswer({ origin: 'https://api.anthropic.com', model: 'claude-haiku-5-5' });
  const events = messages.flatMap((one) => answer.take(typeof one === 'string' ? one : JSON.stringify(one)));
  return { answer, events };
}

const start = { type: 'message_start', message: { usage: { input_tokens: 8, output_tokens: 1 } } };
const stopped = (reason: string, usage: object | null = { output_tokens: 5 }): object => ({
  type: 'message_delta',
  delta: { stop_reason: reason },
  usage,
});
const opened = (index: number, block: object): object => ({
  type: 'content_block_start',
  index,
  content_block: block,
});
const delta = (index: number, part: object): object => ({ type: 'content_block_delta', index, delta: part });
const said = (text: string): object => delta(0, { type: 'text_delta', text });

describe('the answer in a stream', () => {
  it('begins in the block’s own text, too', () => {
    const { events } = answerTo(start, opened(0, { type: 'text', text: 'He' }), said('llo'));
    expect(events).toEqual([
      { type: 'token', text: 'He' },
      { type: 'token', text: 'llo' },
    ]);
  });

  it('is complete with the reason of its stop, whatever follows', () => {
    const { answer } = answerTo(start, said('Hi.'), stopped('end_turn'));
    expect(answer.finished).toBe(true);
    expect(answer.take('{"type":"error","error":{"type":"api_error","message":"late"}}')).toEqual([]);
    expect(answer.end()).toEqual([{ type: 'done', finishReason: 'stop' }]);
  });

  it.each([
    ['overloaded_error', 'server'],
    ['api_error', 'server'],
    ['rate_limit_error', 'rate_limit'],
    ['timeout_error', 'timeout'],
    ['invalid_request_error', 'bad_request'],
    ['authentication_error', 'auth'],
    ['something_new', 'server'],
  ])('fails with %s in the middle as %s', (type, category) => {
    expect(() => answerTo(start, { type: 'error', error: { type, message: 'No.' } })).toThrow(
      expect.objectContaining({ category, message: 'No.' }),
    );
  });

  it('understands an error in the form of a body, as gateways send it', () => {
    expect(() => answerTo('{"error":{"message":"Upstream is gone."}}')).toThrow('Upstream is gone.');
  });

  it('takes the input of a tool from its block, if no part of it follows', () => {
    const block = { type: 'tool_use', id: 'a', name: 'book', input: { day: 'Friday' } };
    const { answer } = answerTo(start, opened(0, block), stopped('tool_use'));
    expect(answer.end()[0]).toMatchObject({ call: { arguments: '{"day":"Friday"}' } });
  });

  it('gives invalid arguments as they were written', () => {
    const { answer } = answerTo(
      start,
      opened(0, { type: 'tool_use', id: 'a', name: 'book', input: {} }),
      delta(0, { type: 'input_json_delta', partial_json: '{"day":' }),
      stopped('tool_use'),
    );
    expect(answer.end()[0]).toMatchObject({ call: { arguments: '{"day":' } });
  });

  it('is cut off where the stream ends before it', () => {
    const { answer } = answerTo(start, said('Hi.'));
    expect(() => answer.end()).toThrow('cut off');
  });

  it('counts tokens as the service tells them at the end, and else the pieces', () => {
    const partial = answerTo(start, said('Hi'), said('.'));
    expect(partial.answer.usage(400)).toEqual({ inputTokens: 8, outputTokens: 2, estimated: true });
    const usage = {
      ...{ input_tokens: null, cache_creation_input_tokens: 3, cache_read_input_tokens: 4 },
      ...{ output_tokens: 9, output_tokens_details: { thinking_tokens: 2 } },
    };
    expect(answerTo(start, said('Hi.'), stopped('end_turn', usage)).answer.usage(400)).toEqual({
      inputTokens: 15,
      cachedInputTokens: 4,
      cacheWriteTokens: 3,
      outputTokens: 9,
      reasoningTokens: 2,
    });
    const silent = answerTo({ type: 'message_start' }, said('Hi.'), stopped('end_turn', null));
    expect(silent.answer.usage(401)).toEqual({ inputTokens: 101, outputTokens: 1, estimated: true });
  });

  it('is not disturbed by what it does not know', () => {
    const odd = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          type: fc.constantFrom('message_start', 'content_block_stop', 'ping', 'news'),
          index: fc.anything(),
        })
        .map((one) => JSON.stringify(one)),
    );
    fc.assert(
      fc.property(fc.array(odd), (messages) => {
        const { answer, events } = answerTo(start, ...messages, said('Hi.'), stopped('end_turn'));
        expect(events).toEqual([{ type: 'token', text: 'Hi.' }]);
        expect(answer.end()).toEqual([{ type: 'done', finishReason: 'stop' }]);
      }),
    );
  });
});
