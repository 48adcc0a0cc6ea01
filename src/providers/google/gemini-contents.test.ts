import { describe, expect, it } from '@jest/globals';
import type { ChatMessage, ToolCall } from '../language-model.js';
import { geminiConversation, signaturePlaceholder, type Signatures } from './gemini-contents.js';

const origin = 'https://here.example';

function contents(messages: readonly ChatMessage[], signatures: Signatures = 'own'): unknown {
  return geminiConversation(messages, origin, signatures).contents;
}

const user = (content: string): ChatMessage => ({ role: 'user', content });
const agent = (content: string, ...toolCalls: readonly ToolCall[]): ChatMessage => ({
  role: 'assistant',
  content,
  ...(toolCalls.length > 0 && { toolCalls }),
});
const result = (toolCallId: string, content: string): ChatMessage => ({ role: 'tool', toolCallId, content });
const call = (id: string, thoughtSignature?: string, from = origin): ToolCall => ({
  ...{ id, name: 'look', arguments: '{"at":1}' },
  ...(thoughtSignature !== undefined && {
    extra: { origin: from, call: { thoughtSignature }, function: {} },
  }),
});
const wireCall = (id: string, thoughtSignature?: string): object => ({
  functionCall: { id, name: 'look', args: { at: 1 } },
  ...(thoughtSignature !== undefined && { thoughtSignature }),
});
const response = (id: string, output: unknown): object => ({
  functionResponse: { id, name: 'look', response: { output } },
});

describe("a conversation in Gemini's form", () => {
  it('begins with a user, though the agent greets first', () => {
    expect(contents([agent('Hello.'), user('Hi.')])).toEqual([
      { role: 'user', parts: [{ text: '(The caller is on the line.)' }] },
      { role: 'model', parts: [{ text: 'Hello.' }] },
      { role: 'user', parts: [{ text: 'Hi.' }] },
    ]);
  });

  it('ends with a user, also after a cut answer', () => {
    expect(contents([user('Hi.'), agent('Well')])).toMatchObject([
      {},
      {},
      { parts: [{ text: '(Please go on.)' }] },
    ]);
    expect(contents([])).toEqual([{ role: 'user', parts: [{ text: '(The caller is on the line.)' }] }]);
  });

  it('has the first system messages apart, and later ones in their place', () => {
    const messages: ChatMessage[] = [
      { role: 'system', content: 'Be kind.' },
      { role: 'system', content: 'Be brief.' },
      user('Hi.'),
      { role: 'system', content: 'Go on.' },
    ];
    expect(geminiConversation(messages, origin, 'own')).toEqual({
      systemInstruction: { parts: [{ text: 'Be kind.\n\nBe brief.' }] },
      contents: [{ role: 'user', parts: [{ text: 'Hi.' }, { text: '(Go on.)' }] }],
    });
  });

  it('joins texts of one role and leaves empty ones out', () => {
    expect(contents([user('a'), user(''), user('b'), agent(''), agent('c'), agent('d'), user('e')])).toEqual([
      { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
      { role: 'model', parts: [{ text: 'c' }, { text: 'd' }] },
      { role: 'user', parts: [{ text: 'e' }] },
    ]);
  });

  it('answers parallel calls together, in their order, as JSON where it is JSON', () => {
    const messages = [
      user('a'),
      agent('b', call('x', 's'), call('y')),
      result('y', '{"n":2}'),
      result('x', 'one'),
    ];
    expect(contents(messages)).toEqual([
      { role: 'user', parts: [{ text: 'a' }] },
      { role: 'model', parts: [{ text: 'b' }, wireCall('x', 's'), wireCall('y')] },
      { role: 'user', parts: [response('x', 'one'), response('y', { n: 2 })] },
    ]);
  });

  it('keeps words behind results in a content of their own', () => {
    expect(contents([user('a'), agent('', call('x', 's')), result('x', '1'), user('b')])).toEqual([
      { role: 'user', parts: [{ text: 'a' }] },
      { role: 'model', parts: [wireCall('x', 's')] },
      { role: 'user', parts: [response('x', 1)] },
      { role: 'user', parts: [{ text: 'b' }] },
    ]);
  });

  it('says so where a call has no result, and tells results of unknown calls as text', () => {
    expect(contents([user('a'), agent('', call('x', 's')), result('z', 'late'), user('b')])).toEqual([
      { role: 'user', parts: [{ text: 'a' }] },
      { role: 'model', parts: [wireCall('x', 's')] },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'x', name: 'look', response: { error: 'The call has no result.' } } },
        ],
      },
      { role: 'user', parts: [{ text: "(A tool's result: late)" }, { text: 'b' }] },
    ]);
  });

  it.each<[string, Signatures, ToolCall, string | undefined]>([
    ['the own one', 'own', call('x', 's'), 's'],
    [
      'a placeholder for that of another service',
      'own',
      call('x', 's', 'https://there.example'),
      signaturePlaceholder,
    ],
    ['a placeholder where there is none', 'own', call('x'), signaturePlaceholder],
    ['a placeholder where the own one was refused', 'placeholder', call('x', 's'), signaturePlaceholder],
    ['none for models that need none', 'none', call('x'), undefined],
    ['the own one also there', 'none', call('x', 's'), 's'],
  ])('has as a signature %s', (_what, signatures, made, expected) => {
    expect(contents([user('a'), agent('', made), result('x', '1')], signatures)).toMatchObject([
      {},
      { parts: [wireCall('x', expected)] },
      {},
    ]);
  });

  it('returns the signature of the text before a call, unless the text was cut', () => {
    const signedText = { text: 'One moment.', thoughtSignature: 't' };
    const signed: ToolCall = {
      ...call('x'),
      extra: { origin, call: { thoughtSignature: 's', signedText }, function: {} },
    };
    const partsFor = (heard: string): unknown =>
      contents([user('a'), agent(heard, signed), result('x', '1')]);
    expect(partsFor('One moment.')).toMatchObject([
      {},
      { parts: [{ text: 'One moment.', thoughtSignature: 't' }, wireCall('x', 's')] },
      {},
    ]);
    expect(partsFor('One')).toMatchObject([{}, { parts: [{ text: 'One' }, wireCall('x', 's')] }, {}]);
    expect(JSON.stringify(partsFor('One'))).not.toContain('"t"');
  });
});
