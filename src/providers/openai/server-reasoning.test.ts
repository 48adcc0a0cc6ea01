import { afterEach, describe, expect, it } from '@jest/globals';
import { chunk, question, recordings, said, spelled, thought } from '../../../test/harness/chat-stream.js';
import { OpenAiServers, type Answered } from '../../../test/harness/openai-servers.js';
import type { ChatMessage, ToolDefinition } from '../language-model.js';

const servers = new OpenAiServers();

afterEach(() => servers.close());

describe('reasoning, streamed a character at a time,', () => {
  it.each([
    ['<think> tags', `<think>\n${thought}</think>\n\n${question}`],
    ['tags in capitals', `<THINK>${thought}</Think>${question}`],
    ['tags with attributes and white space', `<Think effort="low">${thought}</THINK >${question}`],
    ['a closing tag alone with white space', `${thought}</ think\n>${question}`],
    ['tags that do not match', `<thinking>${thought}</think>${question}`],
    [
      'harmony channels',
      `<|channel|>analysis<|message|>${thought}<|end|><|start|>assistant<|channel|>final<|message|>${question}<|return|>`,
    ],
    ['tags of other names', `<scratchpad>${thought}</scratchpad><analysis>${thought}</analysis>${question}`],
    ['a namespace', `<mm:think>${thought}</mm:think>${question}`],
    ['marks in bars', `<|think|>${thought}<|/think|>${question}`],
    ['tags within each other', `<think>${thought}<think>${thought}</think>${thought}</think>${question}`],
    ['a tag that the reasoning mentions', `<think>${thought} No <think> here.</think>${question}`],
    ['brackets', `[THINK]${thought}[/THINK]${question}`],
    ['Kimi’s marks', `◁think▷${thought}◁/think▷${question}`],
    ['Gemma’s channel', `<|channel>thought\n${thought}<channel|>${question}`],
    [
      'Cohere’s marks',
      `<|START_THINKING|>${thought}<|END_THINKING|><|START_RESPONSE|>${question}<|END_RESPONSE|>`,
    ],
    ['a closing tag alone', `${thought}</think>\n${question}`],
    ['tags within tags', `<think>Hm. <think>${thought}</think> So.</think>\n${question}`],
    ['a tag named after a scratchpad', `<scratchpad>${thought}</scratchpad>${question}`],
    ['a tag named after an analysis', `<analysis>\n${thought}\n</analysis>\n${question}`],
    ['MiniMax’s tags', `<mm:think>${thought}</mm:think>${question}`],
    ['tags between bars', `<|thinking|>${thought}<|/thinking|>${question}`],
    ['MedGemma’s marks', `<unused94>thought\n${thought}<unused95>${question}`],
    ['twice', `<think>${thought}</think>\n<think>${thought}</think>${question}`],
    ['a tag that is never closed, behind the answer', `${question}<think>${thought}`],
  ])('in %s is kept out of the text', async (_, text) => {
    const server = await servers.serve({ answers: recordings(spelled(text)) });
    const answered = await servers.ask(servers.modelAt(server));
    expect(answered.text).toBe(question);
    expect(server.requests).toHaveLength(1);
  });

  it('before a lone closing tag is held back from the second answer on', async () => {
    const server = await servers.serve({ answers: recordings(spelled(`${thought}</think>\n${question}`)) });
    const model = servers.modelAt(server);
    await servers.ask(model);
    const tokens = (await servers.ask(model)).events.flatMap((event) =>
      event.type === 'token' ? [event.text] : [],
    );
    expect(tokens.join('')).toBe(question);
  });

  it('is expected by the model’s name, and no text is lost if none comes', async () => {
    const server = await servers.serve({
      answers: recordings(spelled(`${thought}</think>${question}`), spelled(question)),
    });
    const model = servers.modelAt(server, { model: 'deepseek-r1:8b' });
    const tokens = (await servers.ask(model)).events.flatMap((event) =>
      event.type === 'token' ? [event.text] : [],
    );
    expect(tokens.join('')).toBe(question);
    expect((await servers.ask(model)).text).toBe(question);
  });

  describe('that the config announces (opensInReasoning)', () => {
    const spoken = ({ events }: Answered): string =>
      events.flatMap((event) => (event.type === 'token' ? [event.text] : [])).join('');

    it('is never spoken, not even in the first answer or after an answer without reasoning', async () => {
      const reasoned = spelled(`${thought}</think>${question}`);
      const server = await servers.serve({ answers: recordings(reasoned, spelled(question), reasoned) });
      const model = servers.modelAt(server, { opensInReasoning: true });
      for (let answer = 0; answer < 3; answer++) expect(spoken(await servers.ask(model))).toBe(question);
    });

    it('is not spoken if it takes the whole length', async () => {
      const cut = said(thought) + chunk({}, { finish_reason: 'length' });
      const server = await servers.serve({
        answers: recordings(cut, spelled(`${thought}</think>${question}`)),
      });
      expect(spoken(await servers.ask(servers.modelAt(server, { opensInReasoning: true })))).toBe(question);
    });

    it('is no longer assumed of a model that opens its reasoning itself', async () => {
      const server = await servers.serve({
        answers: recordings(spelled(`<think>${thought}</think>${question}`)),
      });
      const model = servers.modelAt(server, { opensInReasoning: true });
      await servers.ask(model);
      const second = await servers.ask(model);
      expect(second.events.filter(({ type }) => type === 'token').length).toBe(question.length);
    });

    it('is not expected if the config says no, whatever the model’s name', async () => {
      const server = await servers.serve({ answers: recordings(spelled(question)) });
      const model = servers.modelAt(server, { model: 'deepseek-r1:8b', opensInReasoning: false });
      expect((await servers.ask(model)).events.filter(({ type }) => type === 'token').length).toBe(
        question.length,
      );
    });
  });
});

describe('reasoning models', () => {
  const tool: ToolDefinition = {
    name: 'book',
    description: 'x',
    parameters: { type: 'object', properties: {} },
  };
  const hello: ChatMessage[] = [{ role: 'user', content: 'hello' }];

  it.each([
    ['gpt-6-luna', 'none'],
    ['gpt-5.1', 'none'],
    ['openai/gpt-5.6-terra', 'none'],
    ['gpt-5-mini', 'minimal'],
    ['gpt-4.1-mini', undefined],
    ['gpt-oss:20b', undefined],
    ['llama3.2', undefined],
  ])('(%s) are asked for effort %s', async (model, effort) => {
    const server = await servers.serve({ answers: () => question });
    await servers.ask(servers.modelAt(server, { model }));
    await servers.ask(servers.modelAt(server, { model, api: 'responses' }));
    const [chat, responses] = server.requests.map(({ body }) => body);
    expect(chat?.reasoning_effort).toBe(effort);
    expect(responses?.reasoning).toEqual(effort === undefined ? undefined : { effort });
  });

  it('take tools by default', async () => {
    const server = await servers.serve({ models: ['gpt-6-luna'], answers: () => question });
    await servers.ask(servers.modelAt(server), hello, [tool]);
    expect([server.requests.length, server.problems]).toEqual([1, []]);
  });

  it('use the effort that the user sets', async () => {
    const server = await servers.serve({ answers: () => question });
    await servers.ask(servers.modelAt(server, { parameters: { reasoning_effort: 'low' } }));
    await servers.ask(
      servers.modelAt(server, { api: 'responses', parameters: { reasoning: { effort: 'low' } } }),
    );
    expect(server.requests[0]?.body.reasoning_effort).toBe('low');
    expect(server.requests[1]?.body.reasoning).toEqual({ effort: 'low' });
  });

  it.each([
    ['chat', 'reasoning_effort'],
    ['responses', 'reasoning'],
  ] as const)('are asked again without the field if the server does not know it (%s)', async (api, field) => {
    const server = await servers.serve({ unknownFields: [field], answers: () => question });
    const model = servers.modelAt(server, { api });
    expect(await servers.ask(model)).toMatchObject({ text: question, told: [] });
    await servers.ask(model);
    expect(server.requests.map(({ body }) => field in body)).toEqual([true, false, false]);
  });
});
