import { afterEach, describe, expect, it } from '@jest/globals';
import type { LanguageModel } from '../../providers/language-model.js';
import { answersOf } from './openai-script.js';
import {
  startOpenAiSimulator,
  type OpenAiSimulator,
  type OpenAiSimulatorOptions,
} from './openai-simulator.js';
import { VirtualClock } from '../virtual-clock.js';

let simulator: OpenAiSimulator | null = null;
afterEach(() => simulator?.close());

async function start(options: OpenAiSimulatorOptions = {}): Promise<OpenAiSimulator> {
  simulator = await startOpenAiSimulator(options);
  return simulator;
}

function post(body: object, path = '/chat/completions', key = 'sk-any'): Promise<Response> {
  return fetch((simulator?.baseUrl ?? '') + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const request = { model: 'gpt-6-luna', stream: true, messages: [{ role: 'user', content: 'hello' }] };

describe('the simulated OpenAI', () => {
  it('sends its first token after 370 ms and one every 12 ms from then on, by its clock', async () => {
    const clock = new VirtualClock();
    const { requests } = await start({ clock, answers: () => 'one two three' });
    const response = await post(request);
    await simulator?.received(1);
    expect(requests).toHaveLength(1);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    while (clock.pendingTimers > 0) clock.advance(1);
    expect(clock.nowMs()).toBe(370 + 2 * 12);
    expect(await response.text()).toMatch(/one.*\n.*two.*\n.*three.*\n.*"stop".*\n\ndata: \[DONE\]\n\n$/s);
  });

  it('serves a language model over the wire', async () => {
    const model: LanguageModel = {
      name: 'parrot',
      async *generate({ messages }) {
        yield await Promise.resolve({ type: 'token' as const, text: messages.at(-1)?.content ?? '' });
        yield { type: 'done' as const, finishReason: 'stop' as const };
      },
    };
    await start({ answers: answersOf(model), pace: { firstTokenMs: 0, tokenMs: 0 } });
    expect(await (await post(request)).text()).toContain('"content":"hello"');
  });

  it.each([
    ['no model', { ...request, model: undefined }],
    ['no stream', { ...request, stream: false }],
    ['no messages', { ...request, messages: [] }],
    ['an empty list of tools', { ...request, tools: [] }],
    [
      'a tool result without a call',
      { ...request, messages: [...request.messages, { role: 'tool', tool_call_id: 'x', content: '' }] },
    ],
    [
      'a tool call without a result',
      {
        ...request,
        messages: [
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id: 'x', type: 'function', function: { name: 'book', arguments: '{}' } }],
          },
          ...request.messages,
        ],
      },
    ],
  ])('refuses a request with %s, and records it', async (_, body) => {
    const { problems } = await start();
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(problems).toHaveLength(1);
  });

  it('refuses unknown keys and unknown routes', async () => {
    await start({ apiKey: 'sk-right' });
    expect((await post(request)).status).toBe(401);
    expect((await post(request, '/completions', 'sk-right')).status).toBe(404);
    expect(simulator?.requests).toEqual([]);
  });

  it('plays its faults in order, one request each', async () => {
    await start({ pace: { firstTokenMs: 0, tokenMs: 0 } });
    simulator?.failNext({ fault: 'status', status: 429, retryAfter: '3' }, { fault: 'html' });
    const limited = await post(request);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3']);
    expect((await post(request)).headers.get('content-type')).toBe('text/html');
    expect(await (await post(request)).text()).toContain('[DONE]');
  });
});
