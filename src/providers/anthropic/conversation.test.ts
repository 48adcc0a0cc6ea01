import { describe, expect, it } from '@jest/globals';
import type { ChatMessage, ToolCall } from '../language-model.js';
import { wireConversation } from './conversation.js';

const server = { origin: 'https://api.anthropic.com', model: 'claude-haiku-5-5' };
const text = (words: string): object => ({ type: 'text', text: words });

function written(...messages: readonly ChatMessage[]): object {
  return wireConversation(messages, server).messages.map(({ role, content }) => [role, ...content]);
}

function call(id: string, extra?: ToolCall['extra']): ToolCall {
  return { id, name: 'book', arguments: '{"day":"Friday"}', ...(extra && { extra }) };
}

describe('a conversation for the Messages API', () => {
  it('has its system prompt apart', () => {
    const { system, messages } = wireConversation(
      [
        { role: 'system', content: 'Be kind.' },
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello.' },
      ],
      server,
    );
    expect(system).toBe('Be kind.\n\nBe brief.');
    expect(messages).toEqual([{ role: 'user', content: [text('Hello.')] }]);
  });

  it('begins with the user, also where the agent greeted', () => {
    const begins = text('(The caller is on the line.)');
    expect(written({ role: 'assistant', content: 'Hello!' }, { role: 'user', content: 'Hi.' })).toEqual([
      ['user', begins],
      ['assistant', text('Hello!')],
      ['user', text('Hi.')],
    ]);
    expect(written()).toEqual([['user', begins]]);
    expect(written({ role: 'system', content: 'Greet.' })).toEqual([['user', begins]]);
  });

  it('ends with the user, and joins what the same side says in a row', () => {
    expect(
      written(
        { role: 'user', content: 'Hello.' },
        { role: 'user', content: 'Are you there?' },
        { role: 'assistant', content: 'Yes. ' },
        { role: 'assistant', content: 'I am.' },
      ),
    ).toEqual([
      ['user', text('Hello.'), text('Are you there?')],
      ['assistant', text('Yes. '), text('I am.')],
      ['user', text('(Please go on.)')],
    ]);
  });

  it('has no blank text, and instructions in its middle in the user’s words', () => {
    expect(
      written(
        { role: 'user', content: 'Hello.' },
        { role: 'assistant', content: ' ' },
        { role: 'system', content: 'Go on.' },
      ),
    ).toEqual([['user', text('Hello.'), text('(Go on.)')]]);
  });

  it('has a result for each call, directly behind it and first', () => {
    expect(
      written(
        { role: 'user', content: 'Friday.' },
        { role: 'assistant', content: 'Let me see.', toolCalls: [call('a'), call('b')] },
        { role: 'tool', toolCallId: 'a', content: 'booked' },
        { role: 'tool', toolCallId: 'strange', content: 'booked' },
        { role: 'user', content: 'Hurry!' },
      ),
    ).toEqual([
      ['user', text('Friday.')],
      [
        'assistant',
        text('Let me see.'),
        { type: 'tool_use', id: 'a', name: 'book', input: { day: 'Friday' } },
        { type: 'tool_use', id: 'b', name: 'book', input: { day: 'Friday' } },
      ],
      [
        'user',
        { type: 'tool_result', tool_use_id: 'a', content: 'booked' },
        expect.objectContaining({ type: 'tool_result', tool_use_id: 'b', is_error: true }),
        text('Hurry!'),
      ],
    ]);
  });

  it('has ids in the service’s letters, each once: calls of other vendors may be in it', () => {
    const turn: readonly ChatMessage[] = [
      { role: 'user', content: 'Friday.' },
      { role: 'assistant', content: '', toolCalls: [call('call.0')] },
      { role: 'tool', toolCallId: 'call.0', content: '' },
    ];
    expect(written(...turn, ...turn)).toEqual([
      ['user', text('Friday.')],
      ['assistant', expect.objectContaining({ id: 'call_0' })],
      ['user', { type: 'tool_result', tool_use_id: 'call_0' }, text('Friday.')],
      ['assistant', expect.objectContaining({ id: 'call_0_2' })],
      ['user', { type: 'tool_result', tool_use_id: 'call_0_2' }],
    ]);
  });

  it('takes arguments that are no JSON object for none', () => {
    const odd = { id: 'a', name: 'book', arguments: '{"day":' };
    expect(
      written(
        { role: 'user', content: 'Friday.' },
        { role: 'assistant', content: '', toolCalls: [odd] },
        { role: 'tool', toolCallId: 'a', content: 'Error: invalid arguments' },
      ),
    ).toMatchObject([{}, ['assistant', { input: {} }], {}]);
  });

  describe('with thinking', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
      { type: 'text', text: 'Let  me see.' },
      { type: 'tool_use', id: 'a', name: 'book', input: { day: 'Friday' } },
    ];
    const extraOf = (origin: string, model: string): ToolCall['extra'] => ({
      ...{ origin, call: { model, content } },
      function: {},
    });
    const turn = (extra: ToolCall['extra']): ChatMessage[] => [
      { role: 'user', content: 'Friday.' },
      { role: 'assistant', content: 'Let me see.', toolCalls: [call('a', extra)] },
      { role: 'tool', toolCallId: 'a', content: 'booked' },
    ];

    it('sends the answer of the current turn back as it was', () => {
      const { messages, canThink } = wireConversation(turn(extraOf(server.origin, server.model)), server);
      expect(messages[1]?.content).toEqual(content);
      expect(canThink).toBe(true);
    });

    it('leaves out what another model, another server or an earlier turn thought', () => {
      for (const extra of [extraOf(server.origin, 'claude-opus-5'), extraOf('https://other', server.model)]) {
        const { messages, canThink } = wireConversation(turn(extra), server);
        expect(messages[1]?.content.map(({ type }) => type)).toEqual(['text', 'tool_use']);
        expect(canThink).toBe(false);
      }
      const later: ChatMessage[] = [
        ...turn(extraOf(server.origin, server.model)),
        { role: 'user', content: 'Thanks.' },
      ];
      const { messages, canThink } = wireConversation(later, server);
      expect(messages[1]?.content.map(({ type }) => type)).toEqual(['text', 'tool_use']);
      expect(canThink).toBe(true);
    });
  });
});
