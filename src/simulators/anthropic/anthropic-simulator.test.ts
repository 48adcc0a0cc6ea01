import { afterEach, describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../virtual-clock.js';
import { anthropicLlm } from './anthropic-definition.js';
import {
  startAnthropicSimulator,
  type AnthropicSimulator,
  type AnthropicSimulatorOptions,
} from './anthropic-simulator.js';

let simulator: AnthropicSimulator | null = null;
afterEach(() => simulator?.close());

async function start(options: AnthropicSimulatorOptions = {}): Promise<AnthropicSimulator> {
  simulator = await startAnthropicSimulator(options);
  return simulator;
}

function post(body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${simulator?.baseUrl ?? ''}/v1/messages`, {
    method: 'POST',
    headers: {
      'x-api-key': 'sk-ant-any',
      'anthropic-version': '2026-10-21',
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
  });
}

const user = { role: 'user', content: 'hello' };
const call = { type: 'tool_use', id: 'a', name: 'book', input: {} };
const request = {
  model: 'claude-haiku-5-5',
  max_tokens: 100,
  stream: true,
  thinking: { type: 'disabled' },
  messages: [user],
};

describe('the simulated Anthropic', () => {
  it('sends its first token after 370 ms and one every 12 ms from then on, by its clock', async () => {
    const clock = new VirtualClock();
    await start({ clock, answers: () => 'one two three' });
    const response = await post(request);
    await simulator?.received(1);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('request-id')).toBe('req_simulated_1');
    while (clock.pendingTimers > 0) clock.advance(1);
    expect(clock.nowMs()).toBe(370 + 2 * 12);
    const types = [...(await response.text()).matchAll(/^event: (\w+)$/gm)].map(([, type]) => type);
    expect(types).toEqual([
      ...['message_start', 'ping', 'content_block_start'],
      ...['content_block_delta', 'content_block_delta', 'content_block_delta'],
      ...['content_block_stop', 'message_delta', 'message_stop'],
    ]);
    expect(simulator?.billed).toEqual([{ inputTokens: expect.any(Number), outputTokens: 3 }]);
  });

  it.each<[string, object]>([
    ['no max_tokens', { ...request, max_tokens: undefined }],
    ['no messages', { ...request, messages: [] }],
    ['an unknown field', { ...request, seed: 7 }],
    ['a sampling field of the older version', { ...request, temperature: 1 }],
    ['an assistant first', { ...request, messages: [{ role: 'assistant', content: 'Hi.' }, user] }],
    ['an assistant last', { ...request, messages: [user, { role: 'assistant', content: 'Hi.' }] }],
    ['a blank text', { ...request, messages: [{ role: 'user', content: [{ type: 'text', text: ' ' }] }] }],
    [
      'a call without its result',
      { ...request, messages: [user, { role: 'assistant', content: [call] }, user] },
    ],
    [
      'a result without its call',
      { ...request, messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x' }] }] },
    ],
    [
      'thinking that it did not send',
      {
        ...request,
        messages: [
          user,
          { role: 'assistant', content: [{ type: 'thinking', thinking: '', signature: 's' }] },
          user,
        ],
      },
    ],
    ['thinking by a budget', { ...request, thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['a choice of tools without tools', { ...request, tool_choice: { type: 'any' } }],
  ])('refuses a request with %s, and records it', async (_what, body) => {
    const { problems } = await start();
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error' },
      request_id: 'req_simulated_1',
    });
    expect(problems).toHaveLength(1);
  });

  it('refuses unknown keys, versions and models', async () => {
    await start({ apiKey: 'sk-ant-right' });
    expect((await post(request)).status).toBe(401);
    const key = { 'x-api-key': 'sk-ant-right' };
    expect((await post(request, { ...key, 'anthropic-version': '2020-01-01' })).status).toBe(400);
    expect((await post({ ...request, model: 'claude-9' }, key)).status).toBe(404);
    expect(simulator?.requests).toEqual([]);
    expect(simulator?.attempts).toBe(3);
  });

  it('plays its faults in order, one request each', async () => {
    const faults: string[] = [];
    await start({ pace: { firstTokenMs: 0, tokenMs: 0 }, onFault: () => faults.push('fault') });
    simulator?.failNext(
      { fault: 'status', status: 529, retryAfter: '3' },
      { fault: 'truncate', afterTokens: 2 },
    );
    const busy = await post(request);
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([529, '3']);
    expect(await busy.json()).toMatchObject({ error: { type: 'overloaded_error' } });
    expect(await (await post(request)).text()).not.toContain('message_stop');
    expect(await (await post(request)).text()).toContain('message_stop');
    expect(faults).toHaveLength(2);
    expect(simulator?.billed.map(({ estimated }) => estimated)).toEqual([true, undefined]);
  });

  it('is started by its definition, with a key of its own', async () => {
    const running = await anthropicLlm.start({ apiKey: anthropicLlm.apiKey, manners: 'random' });
    expect(running.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await running.close();
  });
});
