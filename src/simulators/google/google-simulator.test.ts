import { afterEach, describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../virtual-clock.js';
import {
  startGoogleSimulator,
  type GoogleSimulator,
  type GoogleSimulatorOptions,
} from './google-simulator.js';

let simulator: GoogleSimulator | null = null;
afterEach(() => simulator?.close());

async function start(options: GoogleSimulatorOptions = {}): Promise<GoogleSimulator> {
  simulator = await startGoogleSimulator(options);
  return simulator;
}

const answerPath = '/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent?alt=sse';

function post(body: object, path = answerPath, key: string | null = 'any'): Promise<Response> {
  return fetch((simulator?.baseUrl ?? '') + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== null && { 'x-goog-api-key': key }) },
    body: JSON.stringify(body),
  });
}

const user = { role: 'user', parts: [{ text: 'hello' }] };
const model = { role: 'model', parts: [{ text: 'Hi.' }] };
const calls = (...ids: readonly string[]): object => ({
  role: 'model',
  parts: ids.map((id) => ({ functionCall: { id, name: 'book', args: {} }, thoughtSignature: 'x' })),
});
const responses = (...ids: readonly string[]): object => ({
  role: 'user',
  parts: ids.map((id) => ({ functionResponse: { id, name: 'book', response: { output: 1 } } })),
});
const declared = (fields: object): object => ({
  tools: [{ functionDeclarations: [{ name: 'book', ...fields }] }],
});

describe('the simulated Gemini', () => {
  it('sends its first token after 370 ms and one every 12 ms from then on, by its clock', async () => {
    const clock = new VirtualClock();
    const { billed } = await start({ clock, answers: () => 'one two three' });
    const body = { contents: [user] };
    const response = await post(body);
    await simulator?.received(1);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    while (clock.pendingTimers > 0) clock.advance(1);
    expect(clock.nowMs()).toBe(370 + 2 * 12);
    expect(await response.text()).toMatch(
      /one.*\r\n\r\ndata.* two.*\r\n\r\ndata.* three.*"STOP".*\r\n\r\n$/s,
    );
    expect(billed).toEqual([{ inputTokens: Math.ceil(JSON.stringify(body).length / 4), outputTokens: 3 }]);
  });

  it.each<[string, object]>([
    ['no contents', { contents: [] }],
    ['an unknown field', { contents: [user], seed: 1 }],
    ['another role', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }],
    ['no parts', { contents: [{ role: 'user', parts: [] }] }],
    ['an empty part', { contents: [{ role: 'user', parts: [{}] }] }],
    ['an empty text', { contents: [{ role: 'user', parts: [{ text: '' }] }] }],
    ['the model first', { contents: [model, user] }],
    ['the model last', { contents: [user, model] }],
    ['a call behind the model', { contents: [user, model, calls('a'), responses('a')] }],
    ['too few responses', { contents: [user, calls('a', 'b'), responses('a')] }],
    ['a response to another call', { contents: [user, calls('a'), responses('b')] }],
    ['a response to no call', { contents: [user, responses('a')] }],
    [
      'words among the responses',
      { contents: [user, calls('a'), { ...responses('a'), parts: [{ text: 'x' }] }] },
    ],
    [
      'an unsigned call',
      { contents: [user, { role: 'model', parts: [{ functionCall: { name: 'book' } }] }, responses()] },
    ],
    [
      'a keyword that the older parameters do not have',
      {
        contents: [user],
        ...declared({ parameters: { type: 'object', additionalProperties: false } }),
      },
    ],
    [
      'a tool choice without tools',
      { contents: [user], toolConfig: { functionCallingConfig: { mode: 'ANY' } } },
    ],
    [
      'both kinds of thinking',
      {
        contents: [user],
        generationConfig: { thinkingConfig: { thinkingLevel: 'LOW', thinkingBudget: 0 } },
      },
    ],
  ])('refuses a request with %s, and records it', async (_, body) => {
    const { problems, billed } = await start();
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } });
    expect(problems).toHaveLength(1);
    expect(billed).toEqual([]);
  });

  it('takes JSON Schema, and placeholders as signatures', async () => {
    await start({ pace: { firstTokenMs: 0, tokenMs: 0 } });
    const signed = {
      functionCall: { id: 'a', name: 'book' },
      thoughtSignature: 'skip_thought_signature_validator',
    };
    const schema = {
      type: 'object',
      additionalProperties: false,
      properties: { day: { $ref: '#/$defs/day' } },
    };
    const body = {
      contents: [user, { role: 'model', parts: [signed] }, responses('a')],
      ...declared({ parametersJsonSchema: schema }),
    };
    expect((await post(body)).status).toBe(200);
    expect(simulator?.problems).toEqual([]);
    expect(simulator?.requests[0]).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', toolCalls: [{ id: 'a' }] },
        { role: 'tool', content: '1' },
      ],
      tools: [{ name: 'book', parameters: schema }],
    });
  });

  it('refuses unknown keys, models and routes, each as the service does', async () => {
    await start({ apiKey: 'right' });
    const wrong = await post({ contents: [user] });
    expect(wrong.status).toBe(400);
    expect(JSON.stringify(await wrong.json())).toContain('API_KEY_INVALID');
    expect((await post({ contents: [user] }, answerPath, null)).status).toBe(403);
    const unknown = answerPath.replace('gemini-3.5', 'gemini-9');
    expect((await post({ contents: [user] }, unknown, 'right')).status).toBe(404);
    expect((await post({}, '/v1beta/files', 'right')).status).toBe(404);
    expect(simulator?.requests).toEqual([]);
  });

  it('records a key in the address', async () => {
    await start({ pace: { firstTokenMs: 0, tokenMs: 0 } });
    await post({ contents: [user] }, `${answerPath}&key=any`);
    expect(simulator?.problems).toEqual(['The key is in the address.']);
  });

  it('plays its faults in order, one request each', async () => {
    await start({ pace: { firstTokenMs: 0, tokenMs: 0 } });
    simulator?.failNext({ fault: 'status', status: 429, retryAfter: '3' }, { fault: 'html' });
    const limited = await post({ contents: [user] });
    expect(limited.status).toBe(429);
    expect(JSON.stringify(await limited.json())).toContain('"retryDelay":"3s"');
    expect((await post({ contents: [user] })).headers.get('content-type')).toBe('text/html');
    expect(await (await post({ contents: [user] })).text()).toContain('STOP');
  });
});
