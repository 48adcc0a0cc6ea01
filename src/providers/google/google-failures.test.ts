import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProviderError } from '../../core/errors.js';
import type { LlmUsage } from '../../metrics/provider-usage.js';
import type { GoogleFault } from '../../simulators/google/google-script.js';
import { startGoogleSimulator, type GoogleSimulator } from '../../simulators/google/google-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { LlmEvent, LlmRequest, SignOfLife } from '../language-model.js';
import {
  googleLanguageModel,
  type GoogleLanguageModel,
  type GoogleOptions,
} from './google-language-model.js';

const apiKey = 'gm-right-71c05e';
const sentence = 'Sure, I can book that. What day works for you?';

let google: GoogleSimulator;
let model: GoogleLanguageModel;
beforeEach(async () => {
  google = await startGoogleSimulator({
    apiKey,
    pace: { firstTokenMs: 0, tokenMs: 0 },
    answers: () => sentence,
  });
  model = create();
});
afterEach(async () => {
  await Promise.all([model.close(), google.close()]);
});

function create(options: Partial<GoogleOptions> = {}): GoogleLanguageModel {
  return googleLanguageModel({ apiKey, baseUrl: google.baseUrl, ...options });
}

function request(options: Partial<LlmRequest> = {}): LlmRequest {
  const signal = new AbortController().signal;
  return { messages: [{ role: 'user', content: 'hello' }], tools: [], signal, ...options };
}

async function eventsOf(options: Partial<LlmRequest> = {}): Promise<LlmEvent[]> {
  const seen: LlmEvent[] = [];
  for await (const event of model.generate(request(options))) seen.push(event);
  return seen;
}

async function failureOf(promise: Promise<unknown>): Promise<ProviderError> {
  const thrown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ProviderError)) throw new Error('No ProviderError was thrown.', { cause: thrown });
  return thrown;
}

describe('a failure of Gemini', () => {
  it.each<[GoogleFault, object]>([
    [{ fault: 'reset' }, { category: 'connection' }],
    [{ fault: 'status', status: 401 }, { category: 'auth' }],
    [
      { fault: 'status', status: 429, retryAfter: '1' },
      { category: 'rate_limit', retryAfterMs: 1000 },
    ],
    [{ fault: 'status', status: 500 }, { category: 'server' }],
    [{ fault: 'status', status: 503, body: '<html><title>Down</title>' }, { category: 'server' }],
    [{ fault: 'status', status: 302, body: '' }, { category: 'server' }],
    [{ fault: 'drop', afterTokens: 3 }, { category: 'connection' }],
    [{ fault: 'truncate', afterTokens: 3 }, { category: 'connection' }],
    [{ fault: 'garbage', afterTokens: 0 }, { category: 'connection' }],
    [{ fault: 'error_event', afterTokens: 2 }, { category: 'server' }],
    [{ fault: 'bare_error', afterTokens: 2 }, { category: 'server' }],
    [{ fault: 'error_event', afterTokens: 2, status: 429 }, { category: 'rate_limit' }],
    [{ fault: 'html' }, { category: 'server' }],
  ])('has its category: %j', async (fault, expected) => {
    google.failNext(fault);
    expect(await failureOf(eventsOf())).toMatchObject({ kind: 'llm', provider: 'google', ...expected });
    expect(google.attempts).toBe(1);
  });

  it('shows neither a wrong key nor the right one', async () => {
    const wrong = create({ apiKey: 'gm-wrong-0123456789' });
    const { message, category } = await failureOf(wrong.probe(new AbortController().signal));
    await wrong.close();
    expect(category).toBe('auth');
    expect(message).not.toContain('gm-wrong');
    expect(message).toContain('GEMINI_API_KEY');
  });

  it('names the field for an unknown model', async () => {
    const unknown = create({ model: 'gemini-9-tiny' });
    const error = await failureOf(unknown.probe(new AbortController().signal));
    await unknown.close();
    expect(error).toMatchObject({ category: 'bad_request', field: 'llm.model' });
  });

  it('shows that a model does not answer conversations', async () => {
    const embedding = create({ model: 'gemini-embedding-2' });
    const error = await failureOf(embedding.warmUp());
    await embedding.close();
    expect(error).toMatchObject({ category: 'bad_request', field: 'llm.model' });
  });

  it('is none where another service only cannot be reached at the start', async () => {
    const gone = await startGoogleSimulator();
    await gone.close();
    const away = create({ baseUrl: gone.baseUrl });
    await expect(away.warmUp()).resolves.toEqual([]);
    expect(await failureOf(away.probe(new AbortController().signal))).toMatchObject({
      category: 'connection',
    });
    await away.close();
  });
});

describe('a stall of Gemini', () => {
  let clock: VirtualClock;
  beforeEach(async () => {
    clock = new VirtualClock();
    await model.close();
    model = create({ clock, firstTokenTimeoutMs: 900, tokenTimeoutMs: 300 });
  });

  it.each<[GoogleFault, number, string]>([
    [{ fault: 'no_headers' }, 900, 'No answer began within 900 ms.'],
    [{ fault: 'stall', afterTokens: 0 }, 900, 'No answer began within 900 ms.'],
  ])('is a timeout before the first token: %j', async (fault, limitMs, words) => {
    google.failNext(fault);
    const failed = failureOf(eventsOf());
    await google.received(1);
    clock.advance(limitMs - 1);
    clock.advance(1);
    const error = await failed;
    expect(error).toMatchObject({ category: 'timeout', retryable: true });
    expect(error.message).toContain(words);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is a timeout in the middle of an answer', async () => {
    google.failNext({ fault: 'stall', afterTokens: 2 });
    const answer = model.generate(request())[Symbol.asyncIterator]();
    await answer.next();
    await answer.next();
    const failed = failureOf(answer.next());
    await new Promise(setImmediate);
    clock.advance(300);
    expect((await failed).message).toContain('It fell silent for 300 ms.');
  });

  it('does no harm behind a complete answer', async () => {
    await model.close();
    model = create({ clock, firstTokenTimeoutMs: 1_000_000, tokenTimeoutMs: 1_000_000 });
    google.failNext({ fault: 'never_ends' });
    const state = { isOver: false };
    const reading = eventsOf().finally(() => (state.isOver = true));
    while (!state.isOver) {
      await new Promise(setImmediate);
      clock.advance(10);
    }
    expect((await reading).at(-1)).toEqual({ type: 'done', finishReason: 'stop' });
  });
});

describe('a request to Gemini that ends before its headers', () => {
  let clock: VirtualClock;
  let usage: LlmUsage[];
  const onUsage = (one: LlmUsage): number => usage.push(one);
  beforeEach(async () => {
    clock = new VirtualClock();
    usage = [];
    await Promise.all([model.close(), google.close()]);
    google = await startGoogleSimulator({ clock, manners: 'late_headers', pace: { firstTokenMs: 370 } });
    model = create({ clock, firstTokenTimeoutMs: 300 });
  });

  it('reports its usage if it is aborted', async () => {
    const abort = new AbortController();
    const asked = eventsOf({ signal: abort.signal, onUsage });
    await google.received(1);
    abort.abort();
    expect(await asked).toEqual([]);
    expect(usage).toMatchObject([{ outputTokens: 0, estimated: true }]);
    expect(usage).toMatchObject(google.billed);
  });

  it('reports its usage if it is too late', async () => {
    const failed = failureOf(eventsOf({ onUsage }));
    await google.received(1);
    clock.advance(300);
    expect(await failed).toMatchObject({ category: 'timeout' });
    expect(usage).toMatchObject([{ outputTokens: 0, estimated: true }]);
    expect(usage).toMatchObject(google.billed);
  });

  it('reports nothing if it was aborted before it was sent', async () => {
    const abort = new AbortController();
    const asked = eventsOf({ signal: abort.signal, onUsage });
    abort.abort();
    expect(await asked).toEqual([]);
    expect([usage, google.billed]).toEqual([[], []]);
  });
});

describe('a connection to Gemini', () => {
  it('is kept between the check and the answers', async () => {
    await model.warmUp();
    for (let count = 0; count < 2; count++) {
      // The connection is free a moment after the end of the body.
      await new Promise(setImmediate);
      await eventsOf();
    }
    expect(google.connections).toBe(1);
  });

  it('is opened ahead with a request that is free, once', async () => {
    model.preconnect();
    model.preconnect();
    while (google.probes === 0) await new Promise(setImmediate);
    await google.idle();
    expect([google.probes, google.attempts]).toEqual([1, 0]);
  });

  it('shows its signs of life', async () => {
    const signs: SignOfLife[] = [];
    await eventsOf({ onProgress: (sign) => signs.push(sign) });
    expect(signs.length).toBeGreaterThan(3);
    expect(new Set(signs)).toEqual(new Set(['answer']));
  });

  it('ends with the signal, without another event', async () => {
    const abort = new AbortController();
    const seen: LlmEvent[] = [];
    for await (const event of model.generate(request({ signal: abort.signal }))) {
      seen.push(event);
      abort.abort();
    }
    expect(seen).toHaveLength(1);
    await google.idle();
  });
});
