import { afterEach, describe, expect, it } from '@jest/globals';
import { chunk, question, recordings, said, stop, thought } from '../../../test/harness/chat-stream.js';
import { OpenAiServers } from '../../../test/harness/openai-servers.js';
import type { ChatMessage, ToolDefinition } from '../language-model.js';

const servers = new OpenAiServers();

afterEach(() => servers.close());

describe('the end of an answer', () => {
  it.each([
    ['[DONE] without a line end', `${said(question)}data: [DONE]`],
    ['[DONE] without a space', `${said(question)}data:[DONE]\n\n`],
    ['an unknown finish_reason', chunk({ content: question }, { finish_reason: 'eos_token' })],
    ['lines that end as on Windows', (said(question) + stop).replaceAll('\n', '\r\n')],
    [
      'malformed JSON in the middle',
      `${said('Which day ')}data: {"choices":[{"del\n\n${said('suits you?')}${stop}`,
    ],
    [
      'an empty error in each message',
      (said(question) + stop).replaceAll('{"choices', '{"error":{},"choices'),
    ],
    ['an error that says no', (said(question) + stop).replaceAll('{"choices', '{"error":false,"choices')],
    ['an error without words', (said(question) + stop).replaceAll('{"choices', '{"error":"","choices')],
    ['content of an unknown kind', `${chunk({ content: { x: [] } })}${said(question)}${stop}`],
  ])('(%s) is complete', async (_, sse) => {
    const server = await servers.serve({ answers: recordings(sse) });
    expect((await servers.ask(servers.modelAt(server))).text).toBe(question);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['finish_reason error', `${said('Which day ')}${chunk({}, { finish_reason: 'error' })}data: [DONE]\n\n`],
    ['finish_reason ERROR', `${said('Which day ')}${chunk({}, { finish_reason: 'ERROR' })}data: [DONE]\n\n`],
    ['an error message', `${said('Which day ')}data: {"error":{"message":"Overloaded","code":502}}\n\n`],
    ['an error message of vLLM', `${said('Which day ')}data: {"object":"error","message":"CUDA"}\n\n`],
    ['an error field of llama.cpp', `${said('Which day ')}error: {"code":500,"message":"slot"}\n\n`],
    ['a body that is cut', said('Which day ')],
  ])('(%s) is incomplete: the rest is requested', async (_, sse) => {
    const server = await servers.serve({ answers: recordings(sse, said(question) + stop) });
    const { text, told } = await servers.ask(servers.modelAt(server));
    expect(text).toBe(question);
    expect(told.map(({ type }) => type)).toEqual(['error', 'reconnect', 'recovered']);
  });

  it('comes with the text if the server does not stream', async () => {
    const message = { role: 'assistant', content: question };
    const server = await servers.serve({});
    server.failNext({
      fault: 'status',
      status: 200,
      body: { choices: [{ message, finish_reason: 'stop' }] },
    });
    expect((await servers.ask(servers.modelAt(server))).text).toBe(question);
  });
});

describe('an answer without speakable text', () => {
  it.each([
    ['empty', stop],
    ['blank', said(' \n\n') + stop],
    ['an emoji', said('👍') + stop],
    ['emoji and marks, in pieces', ['🎉', ' ', '…', '🎉'].map(said).join('') + stop],
    ['nothing but reasoning', said(`<think>${thought}</think>`) + stop],
    [
      'reasoning that takes the whole length',
      chunk({ reasoning: thought }) + chunk({}, { finish_reason: 'length' }),
    ],
  ])('(%s) is requested again', async (_, sse) => {
    const server = await servers.serve({ answers: recordings(sse, said(question) + stop) });
    const { text, told } = await servers.ask(servers.modelAt(server));
    expect(text).toBe(question);
    expect(told.map(({ type }) => type)).toEqual(['error', 'reconnect', 'recovered']);
    expect(told[0]).toMatchObject({
      error: { category: 'server', message: expect.stringContaining('anything to say') },
    });
  });

  it('at its start keeps those marks', async () => {
    const server = await servers.serve({
      answers: recordings(['🎉', ' ', question].map(said).join('') + stop),
    });
    expect((await servers.ask(servers.modelAt(server))).text).toBe(`🎉 ${question}`);
  });
});

describe.each(['chat', 'responses'] as const)('tool calls over %s', (api) => {
  const tool: ToolDefinition = {
    name: 'opening_hours',
    description: 'x',
    parameters: { type: 'object', properties: {} },
  };
  const toolCalls = ['monday', 'friday'].map((day) => ({ name: 'opening_hours', arguments: { day } }));

  it.each([
    'plain',
    'index_always_0',
    'no_index',
    'name_repeated',
    'new_id_each_time',
    'object_arguments',
    'double_encoded_arguments',
    'tool_calls_in_text',
    'thought_signature',
    'no_finish_reason',
    'odd_messages',
    'keep_alives',
  ] as const)(
    'in the shape %s are read correctly and sent back as the server wants them',
    async (manners) => {
      let round = 0;
      const server = await servers.serve({
        manners,
        answers: () => (round++ === 0 ? { toolCalls } : question),
      });
      const model = servers.modelAt(server, { api, model: 'gemini-3-flash' });
      const { events } = await servers.ask(model, undefined, [tool]);
      const calls = events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));
      expect(calls.map(({ name, arguments: written }) => [name, JSON.parse(written) as unknown])).toEqual([
        ['opening_hours', { day: 'monday' }],
        ['opening_hours', { day: 'friday' }],
      ]);
      expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
      const results = calls.map(({ id }) => ({
        role: 'tool' as const,
        toolCallId: id,
        content: 'nine to six',
      }));
      const history: ChatMessage[] = [
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: '', toolCalls: calls },
        ...results,
      ];
      expect((await servers.ask(model, history, [tool])).text).toBe(question);
      expect(server.problems).toEqual([]);
    },
  );

  it('carry no field of one server to another', async () => {
    const signed = await servers.serve({ manners: 'thought_signature', answers: () => ({ toolCalls }) });
    const other = await servers.serve({ answers: () => question });
    const { events } = await servers.ask(servers.modelAt(signed, { api }), undefined, [tool]);
    const calls = events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));
    const results = calls.map(({ id }) => ({ role: 'tool' as const, toolCallId: id, content: '' }));
    const history: ChatMessage[] = [{ role: 'assistant', content: '', toolCalls: calls }, ...results];
    await servers.ask(servers.modelAt(other, { api }), history, [tool]);
    expect(other.problems).toEqual([]);
  });
});
