import { describe, expect, it } from '@jest/globals';
import { callWith, done, failure, hello, lookUp, well } from '../../../test/harness/supervised-model.js';

describe('a supervised language model in the middle of an answer', () => {
  it('asks for the rest, and says nothing twice', async () => {
    const { call, models } = callWith({
      one: [
        ['Sure, ', 'I can bo', failure('connection')],
        ['Sure, I can ', 'book that.', done],
      ],
    });
    expect(await call.ask()).toBeNull();
    expect(call.text).toBe('Sure, I can book that.');
    expect(call.events.at(-1)).toEqual(done);
    const [, asked] = models[0]!.requests;
    expect(asked?.messages.slice(0, -1)).toEqual([
      ...hello,
      { role: 'assistant', content: 'Sure, I can bo' },
    ]);
    expect(asked?.messages.at(-1)).toMatchObject({
      role: 'system',
      content: expect.stringContaining('"Sure, I can bo"'),
    });
    expect(call.told).toEqual(['one connection', 'one again 1', 'one recovered']);
  });

  it('counts a stream that ends without its end as cut off', async () => {
    const { call } = callWith({ one: [['Sure, I can '], ['I can book ', 'that.', done]] });
    expect(await call.ask()).toBeNull();
    expect(call.text).toBe('Sure, I can book that.');
  });

  it('has the next one go on where one has fallen silent', async () => {
    const { call, clock } = callWith(
      { one: [['Sure, I can', { hangs: true }]], two: [['book that.', done]] },
      { stallTimeoutMs: 1200 },
    );
    expect(await call.ask()).toBeNull();
    expect(call.text).toBe('Sure, I can book that.');
    expect(call.tookMs).toBe(1200);
    expect(call.told).toEqual(['one timeout', 'one to two']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on more than once', async () => {
    const { call } = callWith({
      one: [
        ['One, ', 'two, ', failure('server')],
        ['one, two, three, ', failure('server')],
      ],
      two: [['two, three, ', 'four.', done]],
    });
    expect(await call.ask()).toBeNull();
    expect(call.text).toBe('One, two, three, four.');
  });

  it('gives the words that were held back before a tool call', async () => {
    const { call } = callWith({
      one: [
        ['Let me ', failure('server')],
        ['Let me', lookUp, done],
      ],
    });
    expect(await call.ask()).toBeNull();
    expect(call.events).toEqual([{ type: 'token', text: 'Let me ' }, lookUp, done]);
  });

  it('does not go on behind a tool call, which might be made twice', async () => {
    const { call, models } = callWith({ one: [[lookUp, failure('connection')]], two: well });
    expect(await call.ask()).toMatchObject({ category: 'connection' });
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 0]);
    expect(call.told).toEqual([]);
  });

  it('asks no other model for what a content filter has stopped', async () => {
    const { call, models } = callWith({ one: [['Take the ', failure('bad_request')]], two: well });
    expect(await call.ask()).toMatchObject({ category: 'bad_request' });
    expect(models[1]?.requests).toHaveLength(0);
  });

  it('has the budget for each silence, not for the answer', async () => {
    const slow = Array.from({ length: 10 }, (_, word) => [{ afterMs: 900 }, `w${word} `]).flat();
    const { call } = callWith({
      one: [
        [...slow, failure('server')],
        ['w9 ', 'That is all.', done],
      ],
    });
    expect(await call.ask()).toBeNull();
    expect(call.text).toMatch(/w8 w9 .*That is all\.$/);
  });
});
