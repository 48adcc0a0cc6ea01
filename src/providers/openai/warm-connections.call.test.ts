/** Connections to the model between turns, over the real time that platforms close them in. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startOpenAiSimulator, type OpenAiSimulator } from '../../simulators/openai/openai-simulator.js';
import { openAiLanguageModel, type OpenAiLanguageModel } from './openai-language-model.js';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0)) await one.close();
});

async function start(): Promise<{ readonly server: OpenAiSimulator; readonly model: OpenAiLanguageModel }> {
  const server = await startOpenAiSimulator({ pace: { firstTokenMs: 0, tokenMs: 0 } });
  const model = openAiLanguageModel({ apiKey: 'sk-any', baseUrl: server.baseUrl });
  closing.push(model, server);
  return { server, model };
}

async function answer(model: OpenAiLanguageModel): Promise<void> {
  const messages = [{ role: 'user' as const, content: 'hello' }];
  const request = { messages, tools: [], signal: new AbortController().signal };
  for await (const event of model.generate(request)) expect(event.type).not.toBe('tool_call');
}

/** Resolves when the platform's own fetch has given up a connection that it began to keep at the same moment, twice. */
async function untilPlatformGivesUp(): Promise<void> {
  const server = createServer((_request, response) => {
    response.setHeader('connection', 'keep-alive').end('x');
  });
  server.keepAliveTimeout = 75_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (let time = 0; time < 2; time++) {
    const connected = once(server, 'connection') as Promise<[Socket]>;
    await (await fetch(url)).text();
    const [socket] = await connected;
    socket.resume();
    if (!socket.destroyed) await once(socket, 'close');
  }
  server.close();
}

describe('the connection to the model', () => {
  it('is there for a turn that comes long after the platform would have closed it', async () => {
    const { server, model } = await start();
    await answer(model);
    await untilPlatformGivesUp();
    await answer(model);
    expect(server.connections).toBe(1);
  });
});
