import { describe, expect, it } from '@jest/globals';
import { ConversationHistory } from './conversation-history.js';

const call = (id: string) => ({ id, name: 'find_slot', arguments: '{"day":"friday"}' });

describe('the conversation history', () => {
  it('gives the system prompt, then turn by turn what the caller said and what the caller heard', () => {
    const history = new ConversationHistory('You are a desk.');
    history.setHeard(0, 'Hello.');
    history.setUser(1, 'book my appointment');
    history.setHeard(1, 'Which day?');
    history.setUser(2, 'friday');
    expect(history.messages()).toEqual([
      { role: 'system', content: 'You are a desk.' },
      { role: 'assistant', content: 'Hello.' },
      { role: 'user', content: 'book my appointment' },
      { role: 'assistant', content: 'Which day?' },
      { role: 'user', content: 'friday' },
    ]);
  });

  it.each([null, ''])('begins without a system message where the prompt is %j', (prompt) => {
    expect(new ConversationHistory(prompt).messages()).toEqual([]);
  });

  it('keeps no trace of an answer of which nothing was heard', () => {
    const history = new ConversationHistory(null);
    history.setUser(1, 'wait');
    history.setHeard(1, '');
    expect(history.messages()).toEqual([{ role: 'user', content: 'wait' }]);
  });

  it("replaces the caller's words when the turn is continued, and keeps the tools that ran for it", () => {
    const history = new ConversationHistory(null);
    history.setUser(1, 'reschedule');
    history.addToolCalls(1, [call('a')]);
    history.addToolResult(1, 'a', 'none');
    history.setUser(1, 'reschedule for friday');
    expect(history.messages()).toEqual([
      { role: 'user', content: 'reschedule for friday' },
      { role: 'assistant', content: '', toolCalls: [call('a')] },
      { role: 'tool', toolCallId: 'a', content: 'none' },
    ]);
  });

  describe('with something said before a tool call', () => {
    function asked(): ConversationHistory {
      const history = new ConversationHistory(null);
      history.setUser(1, 'reschedule');
      history.addToolCalls(1, [call('a')], 'Let me\n look. ');
      history.addToolResult(1, 'a', 'none');
      return history;
    }
    const contents = (history: ConversationHistory): string[] =>
      history.messages().flatMap((message) => (message.role === 'assistant' ? [message.content] : []));

    it('gives it beside the call while the answer goes on', () => {
      expect(contents(asked())).toEqual(['Let me look.']);
    });

    it.each([
      ['Let me look. Found it.', ['Let me look.', 'Found it.']],
      ['Let me look.', ['Let me look.']],
      ['Let me', ['Let me']],
      ['', ['']],
      ['One moment. Let me look. Found it.', ['One moment. Let me look.', 'Found it.']],
      ['Sorry, that failed.', ['', 'Sorry, that failed.']],
    ])('keeps of it what was heard, once: %j', (heard, expected) => {
      const history = asked();
      history.setHeard(1, heard);
      expect(contents(history)).toEqual(expected);
    });

    it('gives each call its own where there are several', () => {
      const history = asked();
      history.addToolCalls(1, [call('b')], 'Still looking.');
      history.addToolResult(1, 'b', 'at ten');
      history.setHeard(1, 'Let me look. Still');
      expect(contents(history)).toEqual(['Let me look.', 'Still']);
    });

    it('keeps none of it where the answer is revoked', () => {
      const history = asked();
      history.setUser(1, 'reschedule for friday');
      expect(contents(history)).toEqual(['']);
      history.setHeard(1, 'Which day?');
      expect(contents(history)).toEqual(['', 'Which day?']);
    });

    it('keeps what was heard also where the tool has no result', () => {
      const history = new ConversationHistory(null);
      history.addToolCalls(1, [call('a')], 'Let me look.');
      history.setHeard(1, 'Let me look.');
      expect(contents(history)).toEqual(['Let me look.']);
    });
  });

  it('leaves out tool calls until their result is there, and puts a late result back into its own turn', () => {
    const history = new ConversationHistory(null);
    history.setUser(1, 'friday');
    history.addToolCalls(1, [call('a'), call('b')]);
    expect(history.messages()).toEqual([{ role: 'user', content: 'friday' }]);
    history.setHeard(1, 'One moment.');
    history.setUser(2, 'hello?');
    history.addToolResult(1, 'b', 'at ten');
    expect(history.messages()).toEqual([
      { role: 'user', content: 'friday' },
      { role: 'assistant', content: '', toolCalls: [call('b')] },
      { role: 'tool', toolCallId: 'b', content: 'at ten' },
      { role: 'assistant', content: 'One moment.' },
      { role: 'user', content: 'hello?' },
    ]);
    history.addToolResult(1, 'a', 'none');
    expect(history.messages()[1]).toEqual({
      role: 'assistant',
      content: '',
      toolCalls: [call('a'), call('b')],
    });
  });

  it('returns copies that cannot change it', () => {
    const history = new ConversationHistory('You are a desk.');
    history.messages().pop();
    expect(history.messages()).toHaveLength(1);
  });
});
