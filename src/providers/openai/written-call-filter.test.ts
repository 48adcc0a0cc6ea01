import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ToolDefinition } from '../language-model.js';
import { WrittenCallFilter } from './written-call-filter.js';

const tool = (name: string, properties: object = {}): ToolDefinition => ({
  name,
  description: 'x',
  parameters: { type: 'object', properties },
});
const tools = [tool('opening_hours', { day: { type: 'string' }, count: { type: 'number' } }), tool('book')];

interface Read {
  readonly said: string;
  readonly calls: readonly (readonly [string, unknown])[];
  readonly dropped: number;
}

function read(pieces: readonly string[], offered = tools): Read {
  const filter = new WrittenCallFilter(offered);
  const said = pieces.map((piece) => filter.push(piece)).join('') + filter.end();
  const calls = filter.calls.map(
    ({ name, arguments: written }) => [name, JSON.parse(written) as unknown] as const,
  );
  return { said, calls, dropped: filter.dropped };
}

/** The text, cut at these shares of its length. */
function cutAt(text: string, shares: readonly number[]): string[] {
  const places = shares.map((share) => Math.floor(share * text.length)).sort((a, b) => a - b);
  return [...places, text.length].map((end, index) => text.slice(places[index - 1] ?? 0, end));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
const monday = ['opening_hours', { day: 'monday' }] as const;
const call = '{"name": "opening_hours", "arguments": {"day": "monday"}}';

describe('a tool call in the text', () => {
  it.each<[string, string, readonly (readonly [string, unknown])[]]>([
    ['Hermes and Qwen', `<tool_call>\n${call}\n</tool_call>`, [monday]],
    ['Hermes, twice', `<tool_call>${call}</tool_call>\n<tool_call>${call}</tool_call>`, [monday, monday]],
    ['Hermes, without its end', `<tool_call>\n${call}`, [monday]],
    ['Hermes in another spelling', `< TOOL_CALL id="1">${call}</tool_call >`, [monday]],
    ['Llama 3.1', '<|python_tag|>{"name": "opening_hours", "parameters": {"day": "monday"}}', [monday]],
    [
      'Llama 3.1, twice',
      `<|python_tag|>${call}; {"name":"book","parameters":{}}<|eom_id|>`,
      [monday, ['book', {}]],
    ],
    ['Llama, as a function', '<function=opening_hours>{"day": "monday"}</function>', [monday]],
    ['Llama, without arguments', '<function=book></function>', [['book', {}]]],
    ['Mistral', `[TOOL_CALLS][${call}, {"name": "book", "arguments": {}}]`, [monday, ['book', {}]]],
    [
      'Mistral, by name',
      '[TOOL_CALLS]opening_hours{"day": "monday"}[TOOL_CALLS]book{}</s>',
      [monday, ['book', {}]],
    ],
    ['Mistral, with marks', '[TOOL_CALLS]opening_hours[CALL_ID]a1[ARGS]{"day": "monday"}', [monday]],
    ['Granite', `<|tool_call|>[${call}]`, [monday]],
    [
      'Qwen3-Coder',
      '<tool_call>\n<function=opening_hours>\n<parameter=day>\n0171\n</parameter>\n<parameter=count>2</parameter>\n</function>\n</tool_call>',
      [['opening_hours', { day: '0171', count: 2 }]],
    ],
    ['text that is encoded twice', `<tool_call>{"name":"book","arguments":"{}"}</tool_call>`, [['book', {}]]],
  ])('of %s is read and never said, wherever it is cut', (_, text, calls) => {
    fc.assert(
      fc.property(cuts, (shares) => {
        expect(read(cutAt(text, shares))).toEqual({ said: '', calls, dropped: 0 });
        expect(read(cutAt(`Let me look. ${text}`, shares))).toEqual({
          said: 'Let me look. ',
          calls,
          dropped: 0,
        });
      }),
    );
  });

  it('leaves what stands before and behind it', () => {
    const text = `Let me look. <tool_call>${call}</tool_call>\n\nOne moment.`;
    expect(read(Array.from(text))).toEqual({ said: 'Let me look. One moment.', calls: [monday], dropped: 0 });
  });

  it.each([
    ['that is no JSON', '<tool_call>opening_hours(day="monday")</tool_call>'],
    ['that is cut', '<tool_call>{"name": "opening_hours", "argu'],
    ['of a tool that there is not', '<tool_call>{"name": "hours", "arguments": {}}</tool_call>'],
    ['of Llama’s own tools', '<|python_tag|>brave_search.call(query="weather")'],
    ['without a name', '[TOOL_CALLS][{"arguments": {}}]'],
    ['that is empty', '<tool_call></tool_call>'],
  ])('%s is dropped and counted', (_, text) => {
    expect(read(Array.from(`Yes. ${text}`))).toEqual({ said: 'Yes. ', calls: [], dropped: 1 });
  });

  it('is text like any other where no tools were offered', () => {
    const text = `<tool_call>${call}</tool_call>`;
    expect(read(Array.from(text), [])).toEqual({ said: text, calls: [], dropped: 0 });
  });
});

describe('text without a tool call', () => {
  it('is left as it is, and nothing of it is lost', () => {
    const unit = fc.constantFrom('a', ' ', '<', '>', '[', ']', '/', '|', 'tool', '_', 'function', '=', '\n');
    fc.assert(
      fc.property(fc.string({ unit }), cuts, (written, shares) => {
        fc.pre(!/<\s*tool_call|<function=|\[tool_calls\]|<\|tool_call/.test(written));
        expect(read(cutAt(written, shares))).toEqual({ said: written, calls: [], dropped: 0 });
      }),
    );
  });

  it('is held only while it may still become one', () => {
    const filter = new WrittenCallFilter(tools);
    expect([filter.push('3 <'), filter.push(' 4 and [1'), filter.push(']')]).toEqual([
      '3 ',
      '< 4 and [1',
      ']',
    ]);
  });
});
