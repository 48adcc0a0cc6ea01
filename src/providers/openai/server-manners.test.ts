/** What servers other than OpenAI’s are asked, and in which form. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { question } from '../../../test/harness/chat-stream.js';
import { OpenAiServers } from '../../../test/harness/openai-servers.js';
import type { ChatMessage } from '../language-model.js';

const servers = new OpenAiServers();

afterEach(() => servers.close());

describe('a server with a strict template', () => {
  const call: ChatMessage[] = [
    { role: 'system', content: 'You are a desk.' },
    { role: 'assistant', content: 'Hello, how can I help?' },
    { role: 'user', content: 'Friday.' },
    {
      role: 'assistant',
      content: 'Let me see.',
      toolCalls: [{ id: 'call_0', name: 'book', arguments: '{"day":"friday"}' }],
    },
    { role: 'tool', toolCallId: 'call_0', content: 'booked' },
    { role: 'assistant', content: 'It is booked.' },
    { role: 'user', content: 'Thanks.' },
  ];

  it.each(['mistral', 'gemma', 'qwen', 'devstral'] as const)(
    'like %s gets a form that it accepts within one attempt, and from then on',
    async (template) => {
      const server = await servers.serve({ template, answers: () => question });
      const model = servers.modelAt(server);
      const first = await servers.ask(model, call);
      expect([first.text, first.told]).toEqual([question, []]);
      const refused = server.requests.length - 1;
      expect(refused).toBe(template === 'qwen' ? 0 : 1);
      await servers.ask(model, call);
      expect(server.requests).toHaveLength(refused + 2);
    },
  );

  it.each(['mistral', 'qwen', 'gemma'] as const)(
    'like %s resumes an answer that was cut',
    async (template) => {
      const server = await servers.serve({ template, answers: () => 'Sure. Which day suits you?' });
      const model = servers.modelAt(server);
      await servers.ask(model, call);
      server.failNext({ fault: 'drop', afterTokens: 3 });
      const { text, told } = await servers.ask(model, call);
      expect(text).toBe('Sure. Which day suits you?');
      expect(told.map(({ type }) => type)).toEqual(['error', 'reconnect', 'recovered']);
    },
  );

  it('that accepts no text beside a tool call gets the text after the result', async () => {
    const server = await servers.serve({ template: 'mistral', answers: () => question });
    const model = servers.modelAt(server);
    await servers.ask(model, call.slice(2));
    const shaped = server.requests.at(-1)?.messages.map(({ role, content }) => [role, content]);
    expect(shaped).toEqual([
      ['user', 'Friday.'],
      ['assistant', ''],
      ['tool', 'booked'],
      ['assistant', 'Let me see.\nIt is booked.'],
      ['user', 'Thanks.'],
    ]);
    await servers.ask(model, call.slice(2, 5));
    expect(server.requests.at(-1)?.messages.map(({ content }) => content)).toEqual(['Friday.', '', 'booked']);
    expect((await servers.ask(model, [...call.slice(2, 5), ...call.slice(6)])).told).toEqual([]);
    expect(server.requests).toHaveLength(4);
  });

  it('may be named in the config', async () => {
    const server = await servers.serve({ template: 'mistral', answers: () => question });
    await servers.ask(servers.modelAt(server, { messageShape: 'strict' }), call);
    expect(server.requests).toHaveLength(1);
  });

  it('that accepts no form is asked three times', async () => {
    const server = await servers.serve({});
    const refusal = {
      object: 'error',
      message: 'Conversation roles must alternate user/assistant/...',
      code: 400,
    };
    server.failNext(
      ...Array.from({ length: 9 }, () => ({ fault: 'status', status: 400, body: refusal }) as const),
    );
    await expect(servers.ask(servers.modelAt(server), call)).rejects.toMatchObject({
      category: 'bad_request',
      message: expect.stringContaining('roles must alternate'),
    });
    expect(server.requests).toHaveLength(3);
  });
});

describe('what belongs to OpenAI’s own service', () => {
  const variables = {
    OPENAI_ORG_ID: 'org-1',
    OPENAI_PROJECT_ID: 'proj-1',
    OPENAI_CUSTOM_HEADERS: 'X-Team: voice\nAuthorization: Bearer other',
    OPENAI_ADMIN_KEY: 'sk-admin-1',
  };
  afterEach(() => {
    for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name);
  });

  it('is not sent to another server; its own key is', async () => {
    Object.assign(process.env, variables);
    const server = await servers.serve({ answers: () => question });
    expect((await servers.ask(servers.modelAt(server))).text).toBe(question);
    const names = Object.keys(server.requests[0]?.headers ?? {});
    expect(names.filter((name) => /openai-|x-team/.test(name))).toEqual([]);
  });
});

describe('Azure’s classic URL', () => {
  it.each([
    '/openai/deployments/desk',
    '/openai/deployments/desk/',
    '/openai/deployments/desk/chat/completions',
    '/OpenAI/Deployments/desk/chat/completions/',
    '/gateway/deployments/desk',
  ])('works with the path %j before its query', async (path) => {
    const server = await servers.serve({ answers: () => question });
    const baseUrl = `${new URL(server.baseUrl).origin}${path}?api-version=2024-10-21`;
    expect((await servers.ask(servers.modelAt(server, { baseUrl }))).text).toBe(question);
    const provider = servers.bareModelAt(server, { baseUrl });
    await expect(provider.warmUp()).resolves.toEqual([]);
  });
});
