import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  startOpenAiSimulator,
  type OpenAiSimulator,
  type OpenAiSimulatorOptions,
} from '../../simulators/openai/openai-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { openAiLanguageModel, type OpenAiLanguageModel } from './openai-language-model.js';

const clock = new VirtualClock();
const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  expect(clock.pendingTimers).toBe(0);
  for (const one of closing.splice(0)) await one.close();
});

async function start(
  options: OpenAiSimulatorOptions = {},
): Promise<{ readonly server: OpenAiSimulator; readonly model: OpenAiLanguageModel }> {
  const server = await startOpenAiSimulator({ pace: { firstTokenMs: 0, tokenMs: 0 }, ...options });
  const model = openAiLanguageModel({ apiKey: 'sk-any', baseUrl: server.baseUrl, clock });
  closing.push(model, server);
  return { server, model };
}

async function answer(model: OpenAiLanguageModel): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'hello' }];
  const request = { messages, tools: [], signal: new AbortController().signal };
  for await (const event of model.generate(request)) expect(event.type).not.toBe('tool_call');
  // The stream's end frees the connection a moment later.
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

/** Resolves when the server has been asked for its model and the answer is read. */
async function connected(server: OpenAiSimulator): Promise<void> {
  while (server.probes === 0 || server.openAnswers > 0) await nextTurn();
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

describe('a model whose caller begins to speak', () => {
  it('opens the connection that the turn then uses', async () => {
    const { server, model } = await start();
    model.preconnect();
    await connected(server);
    expect([server.connections, server.problems]).toEqual([1, []]);
    await answer(model);
    expect(server.connections).toBe(1);
  });

  it('opens none where one is idle, however often it is asked to', async () => {
    const { server, model } = await start();
    await answer(model);
    for (let time = 0; time < 3; time++) model.preconnect();
    await answer(model);
    expect([server.connections, server.probes]).toEqual([1, 0]);
  });

  it('does not mind a server that refuses the question, or is away', async () => {
    const { server, model } = await start({ apiKey: 'sk-other' });
    model.preconnect();
    await connected(server);
    expect(server.connections).toBe(1);
    await server.close();
    model.preconnect();
    await nextTurn();
  });

  it('uses one connection for turns that follow each other', async () => {
    const { server, model } = await start();
    for (let turn = 0; turn < 5; turn++) await answer(model);
    expect(server.connections).toBe(1);
  });

  it('lets go of its connections when it is closed', async () => {
    const { server, model } = await start();
    await answer(model);
    await model.close();
    await model.close();
    model.preconnect();
    await nextTurn();
    expect(server.connections).toBe(1);
  });
});
