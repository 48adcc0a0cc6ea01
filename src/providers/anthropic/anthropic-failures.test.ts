import { afterEach, describe, expect, it } from '@jest/globals';
import {
  AnthropicAccount,
  anthropicKey,
  billOf,
  generated,
} from '../../../test/harness/anthropic-account.js';
import { textOf } from '../../../test/harness/openai-account.js';
import type { LlmUsage } from '../../metrics/provider-usage.js';
import type { AnthropicFault } from '../../simulators/anthropic/anthropic-script.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { anthropicError } from './anthropic-errors.js';

let account: AnthropicAccount | null = null;
afterEach(async () => {
  await account?.close();
  account = null;
});

async function failing(...faults: readonly AnthropicFault[]): Promise<AnthropicAccount> {
  account = await AnthropicAccount.open();
  account.simulator.failNext(...faults);
  return account;
}

describe('an Anthropic language model whose server fails', () => {
  it.each<[AnthropicFault, object]>([
    [
      { fault: 'status', status: 400 },
      { category: 'bad_request', retryable: false },
    ],
    [
      { fault: 'status', status: 402 },
      { category: 'auth', message: expect.stringContaining('Add credits') },
    ],
    [
      {
        ...{ fault: 'status', status: 400 },
        message: 'Your credit balance is too low to access the Anthropic API.',
      },
      { category: 'auth', message: expect.stringContaining('billing') },
    ],
    [
      { fault: 'status', status: 403, message: 'Not allowed.' },
      { category: 'auth', message: expect.stringMatching(/Not allowed\. Check ANTHROPIC_API_KEY/) },
    ],
    [
      { fault: 'status', status: 404, message: 'model: claude-haiku-5-5' },
      { category: 'bad_request', field: 'llm.model', message: expect.stringContaining('claude-sonnet-5-5') },
    ],
    [{ fault: 'status', status: 413 }, { category: 'bad_request' }],
    [
      { fault: 'status', status: 429, retryAfter: '7' },
      { category: 'rate_limit', retryable: true, retryAfterMs: 7000 },
    ],
    [
      { fault: 'status', status: 429, code: 'enforced_spend_limit_reached' },
      { category: 'rate_limit', retryable: false },
    ],
    [
      { fault: 'status', status: 500 },
      { category: 'server', retryable: true },
    ],
    [{ fault: 'status', status: 504 }, { category: 'timeout' }],
    [
      { fault: 'status', status: 529, retryAfter: '2' },
      { category: 'server', retryAfterMs: 2000 },
    ],
    [{ fault: 'reset' }, { category: 'connection' }],
    [{ fault: 'html' }, { category: 'server', message: expect.stringContaining('base URL') }],
  ])('tells %j', async (fault, expected) => {
    const { simulator } = await failing(fault);
    const usage: LlmUsage[] = [];
    const onUsage = (one: LlmUsage): number => usage.push(one);
    await expect(generated(account!.create(), { onUsage })).rejects.toMatchObject({
      ...{ kind: 'llm', provider: 'anthropic' },
      ...expected,
    });
    // The supervisor repeats requests, not the adapter.
    expect(simulator.attempts).toBe(1);
    if (fault.fault !== 'html') expect([usage, simulator.billed]).toEqual([[], []]);
  });

  it.each<[AnthropicFault['fault'], object]>([
    ['drop', { category: 'connection' }],
    ['truncate', { category: 'connection' }],
    ['garbage', { category: 'connection' }],
    ['error_event', { category: 'server', message: expect.stringContaining('Overloaded') }],
  ])('tells a %s in the middle of an answer', async (fault, expected) => {
    await failing({ fault, afterTokens: 2 } as AnthropicFault);
    await expect(generated(account!.create())).rejects.toMatchObject(expected);
  });

  it('is content with a complete answer whose stream does not end', async () => {
    const clock = new VirtualClock();
    await failing({ fault: 'never_ends' });
    const answer = generated(account!.create({ clock }));
    await account!.simulator.received(1);
    const state = { isOver: false };
    void answer.finally(() => (state.isOver = true)).catch(() => undefined);
    while (!state.isOver) {
      clock.advance(10);
      await new Promise(setImmediate);
    }
    expect((await answer).events.at(-1)).toEqual({ type: 'done', finishReason: 'stop' });
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[string, readonly AnthropicFault[]]>([
    ['ended', []],
    ['did not end', [{ fault: 'never_ends' }]],
  ])('waits as long for the rest of a paused answer, whose first stream %s', async (_, faults) => {
    const clock = new VirtualClock();
    const pace = { firstTokenMs: 400, tokenMs: 0 };
    account = await AnthropicAccount.open({ clock, pace });
    const { simulator } = account;
    simulator.failNext(...faults);
    account.answer = { text: 'I am looking it up. ', stopReason: 'pause_turn' };
    const model = account.create({ clock, firstTokenTimeoutMs: 1_000_000, tokenTimeoutMs: 1_000_000 });
    const answer = generated(model, {}, () => (account!.answer = 'We open at nine.'));
    const state = { isOver: false };
    void answer.finally(() => (state.isOver = true)).catch(() => undefined);
    while (!state.isOver) {
      clock.advance(10);
      await new Promise(setImmediate);
    }
    const { events, usage } = await answer;
    expect(textOf(events)).toBe('I am looking it up. We open at nine.');
    expect(usage.map(billOf)).toEqual(simulator.billed);
    expect(usage).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each<[AnthropicFault, string]>([
    [{ fault: 'no_headers' }, 'No answer began within 8000 ms.'],
    [{ fault: 'stall', afterTokens: 2 }, 'It fell silent for 4000 ms.'],
  ])('waits for its limits after %j', async (fault, words) => {
    const clock = new VirtualClock();
    await failing(fault);
    let onToken = (): void => undefined;
    const usage: LlmUsage[] = [];
    const onUsage = (one: LlmUsage): number => usage.push(one);
    // The answer must have arrived up to where it stops before time goes on.
    let due = 'afterTokens' in fault ? fault.afterTokens : 0;
    const arrived = new Promise<void>((resolve) => {
      if (due === 0) resolve();
      onToken = () => {
        if (--due === 0) resolve();
      };
    });
    const failure = generated(account!.create({ clock }), { onUsage }, () => onToken()).then(
      () => null,
      (thrown: unknown) => thrown as Error,
    );
    await account!.simulator.received(1);
    await arrived;
    let error: Error | null | undefined;
    void failure.then((thrown) => (error = thrown));
    while (error === undefined) {
      clock.advance(100);
      await new Promise(setImmediate);
    }
    expect(error).toMatchObject({ category: 'timeout', message: expect.stringContaining(words) });
    expect(usage).toMatchObject([{ estimated: true }]);
    expect(clock.pendingTimers).toBe(0);
    if (fault.fault === 'stall') expect(usage.map(billOf)).toEqual(account!.simulator.billed);
  });

  it('gives nothing if it is aborted before the first token', async () => {
    const clock = new VirtualClock();
    await failing({ fault: 'stall', afterTokens: 0 });
    const abort = new AbortController();
    const answer = generated(account!.create({ clock }), { signal: abort.signal });
    await account!.simulator.received(1);
    abort.abort();
    expect(await answer).toMatchObject({ events: [], usage: [{ outputTokens: 0, estimated: true }] });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the error of an Anthropic language model', () => {
  const context = { provider: 'anthropic', apiKey: anthropicKey, model: 'claude-haiku-5-5' };

  it('never has the key in it', () => {
    const error = anthropicError(new TypeError(`fetch failed for ${anthropicKey}`), context);
    expect(`${error.message} ${String(error.cause)}`).not.toContain(anthropicKey);
    expect(error.message).toContain('[key]');
  });

  it('tells why a connection failed, which fetch hides in the cause', () => {
    const cause = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
    const error = anthropicError(new TypeError('fetch failed', { cause }), context);
    expect(error.message).toBe('The connection to anthropic failed: fetch failed: ECONNREFUSED');
  });
});
