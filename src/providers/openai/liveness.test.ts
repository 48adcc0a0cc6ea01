import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  apis,
  failureOf,
  generate,
  hello,
  OpenAiAccount,
  sentence,
} from '../../../test/harness/openai-account.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { LlmEvent } from '../language-model.js';

let openAi: OpenAiAccount;

beforeAll(async () => {
  openAi = await OpenAiAccount.open();
});
beforeEach(() => openAi.reset());
afterAll(() => openAi.close());

describe.each(apis)("OpenAI's %s API", (api) => {
  it('gives up on a server that never answers', async () => {
    for (const fault of [{ fault: 'no_headers' }, { fault: 'stall', afterTokens: 0 }] as const) {
      const clock = new VirtualClock();
      const before = openAi.simulator.requests.length;
      openAi.simulator.failNext(fault);
      const failed = failureOf(generate(openAi.create({ api, clock, firstTokenTimeoutMs: 3000 })));
      await openAi.simulator.received(before + 1);
      clock.advance(2999);
      clock.advance(1);
      expect(await failed).toMatchObject({
        category: 'timeout',
        retryable: true,
        message: expect.stringContaining('3000 ms'),
      });
      expect(clock.pendingTimers).toBe(0);
      await openAi.simulator.idle();
    }
  });

  it('gives up on a server that falls silent in the middle', async () => {
    const clock = new VirtualClock();
    openAi.simulator.failNext({ fault: 'stall', afterTokens: 1 });
    const stream = openAi.create({ api, clock, tokenTimeoutMs: 1500 }).generate({
      messages: hello,
      tools: [],
      signal: new AbortController().signal,
    });
    expect(await stream.next()).toMatchObject({ value: { type: 'token', text: 'Sure' } });
    const failed = failureOf(stream.next());
    clock.advance(1500);
    expect(await failed).toMatchObject({
      category: 'timeout',
      message: expect.stringContaining('fell silent'),
    });
    expect(clock.pendingTimers).toBe(0);
    await openAi.simulator.idle();
  });

  it('does not blame the server for a listener that takes its time', async () => {
    const clock = new VirtualClock();
    let text = '';
    const request = { messages: hello, tools: [], signal: new AbortController().signal };
    for await (const event of openAi.create({ api, clock, tokenTimeoutMs: 1500 }).generate(request)) {
      clock.advance(60_000);
      if (event.type === 'token') text += event.text;
    }
    expect(text).toBe(sentence);
  });

  it('counts an answer as complete though its stream is not ended', async () => {
    const clock = new VirtualClock();
    openAi.simulator.failNext({ fault: 'never_ends' });
    const generation = generate(openAi.create({ api, clock, tokenTimeoutMs: 1e9 }));
    const settled = generation.then(() => true);
    const stillRuns = (): Promise<boolean> => new Promise((resolve) => setImmediate(resolve, false));
    while (!(await Promise.race([settled, stillRuns()]))) clock.advance(10);
    expect((await generation).at(-1)).toEqual({ type: 'done', finishReason: 'stop' });
    await openAi.simulator.idle();
  });

  it('closes the stream at the server when it is aborted, wherever that happens', async () => {
    for (const fault of [
      { fault: 'no_headers' },
      { fault: 'stall', afterTokens: 0 },
      { fault: 'stall', afterTokens: 2 },
    ] as const) {
      const clock = new VirtualClock();
      const abort = new AbortController();
      const before = openAi.simulator.requests.length;
      openAi.simulator.failNext(fault);
      const seen: LlmEvent[] = [];
      const generation = (async () => {
        const request = { messages: hello, tools: [], signal: abort.signal };
        for await (const event of openAi.create({ api, clock }).generate(request)) seen.push(event);
      })();
      await openAi.simulator.received(before + 1);
      abort.abort();
      await generation;
      await openAi.simulator.idle();
      expect(seen.filter(({ type }) => type === 'done')).toEqual([]);
      expect(clock.pendingTimers).toBe(0);
    }
  });
});
