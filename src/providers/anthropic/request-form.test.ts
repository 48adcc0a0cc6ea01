import { describe, expect, it } from '@jest/globals';
import type { ChatMessage, ToolDefinition } from '../language-model.js';
import { HttpRefusal } from './answer-error.js';
import { anthropicLlm } from './anthropic-definition.js';
import { thinkingOffOf } from './known-models.js';
import { RequestForm, versionFor, type RequestBody, type RequestOptions } from './request-form.js';

const tools: readonly ToolDefinition[] = [
  { name: 'book', description: 'Books.', parameters: { type: 'object' } },
  { name: 'hang_up', description: '', parameters: { type: 'object' } },
];
const messages: readonly ChatMessage[] = [
  { role: 'system', content: 'Be kind.' },
  { role: 'user', content: 'Hello.' },
  { role: 'assistant', content: 'Hi!' },
  { role: 'user', content: 'Friday.' },
];
const result: readonly ChatMessage[] = [
  { role: 'assistant', content: '', toolCalls: [{ id: 'a', name: 'book', arguments: '{}' }] },
  { role: 'tool', toolCallId: 'a', content: 'booked' },
];

function body(options: Partial<RequestOptions> = {}, asked = messages): RequestBody {
  const form = new RequestForm({ model: 'claude-haiku-5-5', ...options }, 'https://api.anthropic.com');
  return form.body({ messages: asked, tools });
}

describe('the body of a request', () => {
  it('marks what later requests repeat for the cache', () => {
    const cache_control = { type: 'ephemeral' };
    expect(body()).toMatchObject({
      system: [{ text: 'Be kind.', cache_control }],
      tools: [{ name: 'book' }, { name: 'hang_up', cache_control }],
      messages: [{}, { content: [{ text: 'Hi!', cache_control }] }, { content: [{ text: 'Friday.' }] }],
    });
    const marks = (asked: RequestBody): number => JSON.stringify(asked).split('cache_control').length - 1;
    expect(marks(body())).toBe(3);
    expect(body({}, [...messages, ...result]).messages.at(-1)?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'a', content: 'booked', cache_control },
    ]);
    expect(marks(body({ promptCaching: false }))).toBe(0);
  });

  it('forces a tool until the first result of a turn', () => {
    expect(body().tool_choice).toBeUndefined();
    expect(body({ toolChoice: 'none' }).tool_choice).toEqual({ type: 'none' });
    expect(body({ toolChoice: 'any' }).tool_choice).toEqual({ type: 'any' });
    expect(body({ toolChoice: 'any' }, [...messages, ...result]).tool_choice).toBeUndefined();
    expect(body({ toolChoice: { name: 'book' } }).tool_choice).toEqual({ type: 'tool', name: 'book' });
    expect(body({ toolChoice: { name: 'gone' } }).tool_choice).toBeUndefined();
  });

  it('asks for reasoning as the model understands it', () => {
    expect(body({ reasoning: 'high' })).toMatchObject({
      max_tokens: 4096,
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'high' },
    });
    const budget = { model: 'claude-haiku-4-5', reasoning: 2000, maxTokens: 500 };
    expect(body(budget)).toMatchObject({
      max_tokens: 2500,
      thinking: { type: 'enabled', budget_tokens: 2000 },
    });
    // The model refuses to think where the calls of this turn came without thinking.
    expect(body(budget, [...messages, ...result])).not.toHaveProperty('thinking');
  });

  it('has the user’s own fields, except those without which it is no request', () => {
    const extra = { top_k: 40, max_tokens: 9, thinking: { type: 'adaptive' }, stream: false, model: 'other' };
    const own = body({ extra });
    expect(own).toMatchObject({ ...extra, stream: true, model: 'claude-haiku-5-5' });
    expect(versionFor(own)).toBe('2023-06-01');
    expect(versionFor(body())).toBe('2026-10-21');
  });

  it('is written another way only after a refusal of its thinking', () => {
    const form = new RequestForm({ model: 'claude-haiku-5-5' }, '');
    const refusal = (status: number, message: string): HttpRefusal =>
      new HttpRefusal(message, { status, headers: new Headers(), type: null, code: null });
    const words = '"thinking.type.disabled" is not supported for this model.';
    expect(form.after(refusal(400, words))?.body({ messages, tools })).toMatchObject({
      thinking: { type: 'between_tools' },
    });
    expect(form.after(refusal(500, words))).toBeNull();
    expect(form.after(refusal(400, 'messages.1.content.0.type: Expected `thinking`'))).toBeNull();
    expect(form.after(new Error(words))).toBeNull();
    const thinking = new RequestForm({ model: 'claude-haiku-5-5', reasoning: 'low' }, '');
    expect(thinking.after(refusal(400, words))).toBeNull();
  });
});

describe('how a model is asked not to think', () => {
  it.each([
    ['claude-haiku-5-5', 'disabled'],
    ['anthropic/claude-opus-5', 'disabled'],
    ['claude-sonnet-5', 'disabled'],
    ['claude-sonnet-5-5', 'between_tools'],
    ['claude-opus-5-5', 'least'],
    ['claude-fable-5-1', 'least'],
    ['claude-opus-4-8', 'unsaid'],
    ['claude-haiku-4-5-20251001', 'unsaid'],
    ['claude-opus-4-20250514', 'unsaid'],
    ['claude-3-5-haiku-20241022', 'unsaid'],
    ['some-other-model', 'unsaid'],
  ])('%s: %s', (model, off) => {
    expect(thinkingOffOf(model)).toBe(off);
  });
});

describe('the config of Anthropic', () => {
  const problems = (config: object): readonly string[] =>
    (anthropicLlm.problemsOf?.(config) ?? []).map(({ field }) => field);

  it('names options that the service refuses together', () => {
    expect(problems({ reasoning: 'low' })).toEqual([]);
    expect(problems({ temperature: 0.5, topP: 0.5 })).toEqual(['topP']);
    expect(problems({ reasoning: 'low', temperature: 0.5, toolChoice: 'any' })).toEqual([
      'temperature',
      'toolChoice',
    ]);
    expect(problems({ baseUrl: 'api.anthropic.com' })).toEqual(['baseUrl']);
  });

  it('knows its fields', () => {
    const valid = {
      provider: 'anthropic',
      reasoning: 4096,
      toolChoice: { name: 'book' },
      headers: { a: 'b' },
    };
    expect(anthropicLlm.schema.safeParse(valid).success).toBe(true);
    for (const wrong of [{ reasoning: 100 }, { reasoning: 'much' }, { toolChoice: 'all' }, { maxTokens: 0 }])
      expect(anthropicLlm.schema.safeParse({ ...valid, ...wrong }).success).toBe(false);
  });
});
