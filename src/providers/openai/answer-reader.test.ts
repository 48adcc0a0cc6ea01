import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openAiDialect } from '../../simulators/openai/openai-dialect.js';
import { chatWire, responsesWire } from '../../simulators/openai/openai-wire.js';
import type { LlmEvent } from '../language-model.js';
import type { AnswerReader } from './answer-reader.js';
import { ChatAnswer } from './chat-answer.js';
import { ResponsesAnswer } from './responses-answer.js';

const options = { origin: 'http://test', tools: [], opensInReasoning: 'no' } as const;

function read(reader: AnswerReader, messages: readonly unknown[]): LlmEvent[] {
  return [...messages.flatMap((message) => reader.takeValue(message)), ...reader.end()];
}

function chunk(delta: object, finishReason: string | null = null): object {
  return { choices: [{ index: 0, delta, finish_reason: finishReason }] };
}

/** The messages of a stream, as the SDK would hand them over. */
function messagesOf(stream: string): unknown[] {
  return [...stream.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? '') as unknown);
}

const answers = fc.record({
  text: fc.string({ unit: 'grapheme', maxLength: 60 }),
  toolCalls: fc.array(
    fc.record({
      id: fc.uuid(),
      name: fc.stringMatching(/^[a-z_]{1,12}$/),
      arguments: fc.dictionary(fc.string(), fc.jsonValue()),
    }),
    { maxLength: 3 },
  ),
});

const style = { manner: 'plain', dialect: openAiDialect, usage: null } as const;

describe.each([
  ['ChatAnswer', chatWire, () => new ChatAnswer(options)],
  ['ResponsesAnswer', responsesWire, () => new ResponsesAnswer(options)],
] as const)('%s', (_, wire, create) => {
  it('puts any answer together again, however it was cut', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const { tokens, closing } = wire(answer, 'gpt-6-luna', '1', style);
        const events = read(create(), messagesOf(tokens.join('') + closing));
        const text = events.map((event) => (event.type === 'token' ? event.text : '')).join('');
        const calls = events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));
        expect(text).toBe(answer.text);
        expect(calls.map((call) => ({ ...call, arguments: JSON.parse(call.arguments) as unknown }))).toEqual(
          answer.toolCalls.map((call) => ({
            ...call,
            arguments: JSON.parse(JSON.stringify(call.arguments)) as unknown,
          })),
        );
        expect(events.at(-1)).toMatchObject({ type: 'done' });
      }),
    );
  });

  it('takes an answer that was cut anywhere before its end for cut off', () => {
    const { tokens } = wire({ text: 'One, two, three.' }, 'gpt-6-luna', '1', style);
    for (let kept = 0; kept <= tokens.length; kept++) {
      const reader = create();
      for (const message of messagesOf(tokens.slice(0, kept).join(''))) reader.takeValue(message);
      expect(reader.finished).toBe(false);
      expect(() => reader.end()).toThrow('cut off');
    }
  });

  it.each([[null], ['text'], [7], [[]], [{ choices: 'none', type: 7 }]])(
    'passes over %j, counts it and reads on',
    (message) => {
      const reader = create();
      const { tokens, closing } = wire({ text: 'One, two.' }, 'gpt-6-luna', '1', style);
      const [first, ...rest] = messagesOf(tokens.join('') + closing);
      const events = read(reader, [first, message, ...rest]);
      expect(events.map((event) => (event.type === 'token' ? event.text : '')).join('')).toBe('One, two.');
      expect([reader.oddCount, reader.oddities.size]).toEqual([1, 1]);
    },
  );
});

describe('ChatAnswer with servers that are only compatible', () => {
  it('passes over chunks without a choice', () => {
    const usage = { choices: [], usage: { total_tokens: 12 } };
    const messages = [{ choices: null }, chunk({ content: 'Yes.' }, 'stop'), usage];
    expect(read(new ChatAnswer(options), messages)).toEqual([
      { type: 'token', text: 'Yes.' },
      { type: 'done', finishReason: 'stop' },
    ]);
  });

  it('takes whole tool calls without index or id, and a finish that does not mention them', () => {
    const call = (name: string): object => ({ function: { name, arguments: '{}' } });
    const messages = [
      chunk({ tool_calls: [{ ...call('a'), id: 'x' }] }),
      chunk({ tool_calls: [{ ...call('b'), id: 'y' }] }, 'stop'),
    ];
    expect(read(new ChatAnswer(options), messages)).toEqual([
      { type: 'tool_call', call: { id: 'x', name: 'a', arguments: '{}' } },
      { type: 'tool_call', call: { id: 'y', name: 'b', arguments: '{}' } },
      { type: 'done', finishReason: 'tool_calls' },
    ]);
    expect(read(new ChatAnswer(options), [chunk({ tool_calls: [call('a')] }, 'stop')])[0]).toMatchObject({
      call: { id: 'call_0', name: 'a' },
    });
  });

  const toolCalls = (...deltas: readonly object[]): unknown[][] =>
    read(new ChatAnswer(options), [...deltas.map((delta) => chunk(delta)), chunk({}, 'stop')]).flatMap(
      (event) => (event.type === 'tool_call' ? [[event.call.name, event.call.arguments]] : []),
    );
  const fragment = (name: string, more: object = {}): object => ({ index: 0, function: { name }, ...more });

  it.each<[string, readonly object[], unknown[][]]>([
    [
      'one call that is no list',
      [{ tool_calls: { id: 'a', function: { name: 'a', arguments: '{"x":1}' } } }],
      [['a', '{"x":1}']],
    ],
    [
      'name and arguments without an object around them',
      [{ tool_calls: [{ id: 'a', name: 'a', arguments: '{"x":1}' }] }],
      [['a', '{"x":1}']],
    ],
    [
      'the function_call of older servers',
      [{ function_call: { name: 'a', arguments: '{"x"' } }, { function_call: { arguments: ':1}' } }],
      [['a', '{"x":1}']],
    ],
    [
      'two names with index 0, without ids or arguments',
      [{ tool_calls: [fragment('a')] }, { tool_calls: [fragment('b')] }],
      [
        ['a', '{}'],
        ['b', '{}'],
      ],
    ],
    [
      'a name that grows',
      [{ tool_calls: [fragment('open', { id: 'a' })] }, { tool_calls: [fragment('opening_hours')] }],
      [['opening_hours', '{}']],
    ],
    [
      'null ids and no index',
      [
        {
          tool_calls: ['1', '2'].map((x) => ({ id: null, function: { name: 'a', arguments: `{"x":${x}}` } })),
        },
      ],
      [
        ['a', '{"x":1}'],
        ['a', '{"x":2}'],
      ],
    ],
  ])('reads %s', (_, deltas, calls) => {
    expect(toolCalls(...deltas)).toEqual(calls);
  });

  const saidOf = (...messages: readonly unknown[]): string =>
    read(new ChatAnswer(options), [...messages, chunk({}, 'stop')])
      .map((event) => (event.type === 'token' ? event.text : ''))
      .join('');

  it.each<[string, unknown, string]>([
    ['zero', 0, '0'],
    ['a number with decimals', 12.5, '12.5'],
    ['texts without parts', ['It is ', 6], 'It is 6'],
    ['one part alone', { type: 'text', text: 'Fine.' }, 'Fine.'],
    ['a part whose text has a value', [{ type: 'output_text', text: { value: 'Fine.' } }], 'Fine.'],
    ['a part marked as thought', [{ text: 'hm', thought: true }, { text: 'Fine.' }], 'Fine.'],
    ['a redacted thought', [{ type: 'redacted_thinking', data: 'hm' }, 'Fine.'], 'Fine.'],
    [
      'a summary',
      [
        { type: 'summary_text', text: 'hm' },
        { type: 'text', text: 'Fine.' },
      ],
      'Fine.',
    ],
  ])('speaks content that is %s', (_, content, text) => {
    expect(saidOf(chunk({ content }))).toBe(text);
  });

  it('says an answer once that the last chunk repeats as a message', () => {
    const whole = { choices: [{ index: 0, message: { content: 'It is fine.' }, finish_reason: 'stop' }] };
    const messages = [chunk({ content: 'It is ' }), chunk({ content: 'fine.' }), whole];
    expect(saidOf(...messages)).toBe('It is fine.');
  });

  it('keeps the fields that only the server understands, also from a later fragment', () => {
    const signature = { extra_content: { google: { thought_signature: 'c2ln' } } };
    const messages = [
      chunk({ tool_calls: [{ ...fragment('a'), id: 'x' }] }),
      chunk({ tool_calls: [{ index: 0, id: 'x', ...signature }] }),
      chunk({}, 'stop'),
    ];
    const extra = { origin: 'http://test', call: signature, function: {} };
    expect(read(new ChatAnswer(options), messages)[0]).toMatchObject({ call: { name: 'a', extra } });
  });

  it('tells calls apart by an index that is written as text', () => {
    const part = (index: string, id: string | null, name: string | null, written: string): object =>
      chunk({ tool_calls: [{ index, id, function: { name, arguments: written } }] });
    const messages = [
      part('0', 'x', 'a', '{"d":'),
      part('1', 'y', 'b', '{"d":'),
      part('0', null, null, '1}'),
      part('1', '', '', '2}'),
      chunk({}, 'tool_calls'),
    ];
    expect(read(new ChatAnswer(options), messages)).toEqual([
      { type: 'tool_call', call: { id: 'x', name: 'a', arguments: '{"d":1}' } },
      { type: 'tool_call', call: { id: 'y', name: 'b', arguments: '{"d":2}' } },
      { type: 'done', finishReason: 'tool_calls' },
    ]);
  });

  it('speaks a refusal, which is an answer too', () => {
    const messages = [chunk({ content: null, refusal: 'I cannot do that.' }), chunk({}, 'stop')];
    expect(read(new ChatAnswer(options), messages)[0]).toEqual({ type: 'token', text: 'I cannot do that.' });
  });
});
