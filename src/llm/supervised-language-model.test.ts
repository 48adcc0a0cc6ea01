import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProviderError, type ProviderErrorCategory } from '../errors.js';
import type { ProviderIncident } from '../events/provider-incident.js';
import type { Supervision } from '../supervisor/supervision.js';
import { languageModelContract } from '../testing/llm-contract.js';
import type { OpenAiFault } from '../testing/openai/openai-script.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../testing/openai-simulator.js';
import { ScriptedLanguageModel, type LlmScript } from '../testing/scripted-language-model.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import type { ChatMessage, LanguageModel, LlmEvent, LlmRequest } from './language-model.js';
import { openAiLanguageModel } from './openai/openai-language-model.js';
import { supervisedLanguageModel, type SupervisedLanguageModel } from './supervised-language-model.js';

const hello: readonly ChatMessage[] = [{ role: 'user', content: 'hello' }];
const done: LlmEvent = { type: 'done', finishReason: 'stop' };
const stop = 'That is all.';
const well: LlmScript = [['Sure, ', 'I can ', 'book that.', done]];
const lookUp: LlmEvent = { type: 'tool_call', call: { id: 'a', name: 'look_up', arguments: '{}' } };

function failure(category: ProviderErrorCategory, retryAfterMs?: number): { readonly fails: ProviderError } {
  return {
    fails: new ProviderError(`It failed: ${category}.`, {
      kind: 'llm',
      provider: 'one',
      category,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    }),
  };
}

/** A call in which one model after the other may fail, on a clock that moves when nothing else does. */
class Call {
  readonly clock: VirtualClock;
  readonly incidents: ProviderIncident[] = [];
  readonly events: LlmEvent[] = [];
  /** When the last event or the end came, in milliseconds since the request. */
  tookMs = 0;
  readonly model: SupervisedLanguageModel;
  #abort = new AbortController();

  constructor(clock: VirtualClock, model: SupervisedLanguageModel) {
    this.clock = clock;
    this.model = model;
  }

  get text(): string {
    return this.events.map((event) => (event.type === 'token' ? event.text : '')).join('');
  }

  /** The incidents in short, each once it happened. */
  get told(): readonly string[] {
    return this.incidents.map((incident) => {
      switch (incident.type) {
        case 'error':
          return `${incident.error.provider} ${incident.error.category}`;
        case 'reconnect':
          return `${incident.provider} again ${incident.attempt}`;
        case 'failover':
          return `${incident.from} to ${incident.to}`;
        case 'recovered':
          return `${incident.provider} recovered`;
        case 'warning':
          return incident.code;
      }
    });
  }

  readonly onIncident = (incident: ProviderIncident): void => void this.incidents.push(incident);

  /** One turn; resolves with what was thrown, if anything was. Aborts at `abortAtMs`. */
  async ask(abortAtMs = Infinity): Promise<unknown> {
    this.events.length = 0;
    this.#abort = new AbortController();
    const startMs = this.clock.nowMs();
    let over: { readonly thrown: unknown } | null = null;
    const note = (thrown: unknown): void => void (over = { thrown });
    this.#read().then(() => note(null), note);
    const ending = (): { readonly thrown: unknown } | null => over;
    for (;;) {
      for (let turns = 0; turns < 5; turns++) await nextTurn();
      this.tookMs = this.clock.nowMs() - startMs;
      const ended = ending();
      if (ended) return ended.thrown;
      if (this.tookMs >= abortAtMs && !this.#abort.signal.aborted) this.#abort.abort();
      else this.clock.advance(10);
    }
  }

  /** One turn over a real wire: time stands still but for the waits that it must go through. */
  async askOverWire(silence?: Promise<unknown>): Promise<unknown> {
    const waits = this.onIncident;
    const settled = this.#read((incident) => {
      waits(incident);
      // The wait begins when this returns.
      if (incident.type === 'reconnect') setImmediate(() => this.clock.advance(1000));
    }).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    void silence?.then(() => this.clock.advance(4000));
    return settled;
  }

  /** Resolves when so many tokens have come. */
  async tokens(count: number): Promise<void> {
    while (this.events.length < count) await nextTurn();
  }

  async #read(onIncident = this.onIncident): Promise<void> {
    const request: LlmRequest = {
      messages: hello,
      tools: [],
      signal: this.#abort.signal,
      onIncident,
    };
    for await (const event of this.model.generate(request)) this.events.push(event);
  }
}

function callWith(
  scripts: Readonly<Record<string, LlmScript>>,
  supervision: Partial<Supervision> = {},
  slaMs?: number,
): { readonly call: Call; readonly models: readonly ScriptedLanguageModel[]; readonly clock: VirtualClock } {
  const clock = new VirtualClock();
  const models = Object.entries(scripts).map(
    ([name, script]) => new ScriptedLanguageModel(name, clock, script),
  );
  const members = models.map((provider, index) => ({ provider, ...(index === 0 && { slaMs }) }));
  const model = supervisedLanguageModel({ members, clock, supervision, random: () => 0.5 });
  return { call: new Call(clock, model), models, clock };
}

describe('a supervised language model whose member does well', () => {
  languageModelContract('A supervised language model', {
    create: () => callWith({ one: well }).call.model,
    createFailing: () => callWith({ one: [[{ fails: new Error('No.') }]] }).call.model,
  });

  it('passes its events on and says nothing', async () => {
    const { call, models, clock } = callWith({ one: well, two: well });
    expect(await call.ask()).toBeNull();
    expect(call.text).toBe('Sure, I can book that.');
    expect(call.told).toEqual([]);
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 0]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a supervised language model before the first token', () => {
  it('asks again after a delay, twice as long each time', async () => {
    const { call } = callWith(
      { one: [[failure('connection')], [failure('server')], ...well] },
      { attempts: 3, retryDelayMs: 200 },
    );
    expect(await call.ask()).toBeNull();
    expect(call.told).toEqual([
      'one connection',
      'one again 1',
      'one server',
      'one again 2',
      'one recovered',
    ]);
    expect(call.tookMs).toBe(600);
  });

  it('asks the next one where repeating does not help', async () => {
    const { call } = callWith({ one: [[failure('server')]], two: well });
    expect(await call.ask()).toBeNull();
    expect(call.text).toBe('Sure, I can book that.');
    expect(call.told).toEqual(['one server', 'one again 1', 'one server', 'one to two', 'two recovered']);
  });

  it.each(['auth', 'bad_request', 'internal'] as const)('does not repeat after %s', async (category) => {
    const { call, models } = callWith({ one: [[failure(category)]], two: well });
    expect(await call.ask()).toBeNull();
    expect(models[0]?.requests).toHaveLength(1);
    expect(call.told).toEqual([`one ${category}`, 'one to two', 'two recovered']);
    expect(call.tookMs).toBe(0);
  });

  it('waits as long as the provider asks to, if the budget allows it', async () => {
    const { call } = callWith({ one: [[failure('rate_limit', 2000)], ...well] });
    expect(await call.ask()).toBeNull();
    expect(call.tookMs).toBe(2000);
  });

  it('passes over a provider that asks for more than the budget', async () => {
    const { call, models } = callWith({ one: [[failure('rate_limit', 60_000)]], two: well });
    expect(await call.ask()).toBeNull();
    expect(call.tookMs).toBe(0);
    expect(models[0]?.requests).toHaveLength(1);
  });

  it('gives up on a model that does not begin, and tells it so, in favour of the next', async () => {
    const { call, models, clock } = callWith(
      { one: [[{ hangs: true }]], two: well },
      { firstResultTimeoutMs: 1500 },
    );
    expect(await call.ask()).toBeNull();
    expect(call.tookMs).toBe(1500);
    expect(call.told).toEqual(['one timeout', 'one to two', 'two recovered']);
    expect(models[0]?.requests[0]?.signal.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives the only model a second chance, but not beyond the budget', async () => {
    const { call } = callWith({ one: [[{ hangs: true }]] }, { firstResultTimeoutMs: 1500, budgetMs: 2000 });
    expect(await call.ask()).toMatchObject({ category: 'timeout', provider: 'one' });
    expect(call.tookMs).toBe(2000);
    expect(call.told).toEqual(['one timeout', 'one again 1']);
  });

  it('lets a model take its time over a tool call that it is seen to write', async () => {
    const writing = Array.from({ length: 10 }, () => [
      { afterMs: 900 },
      { shows: 'progress' } as const,
    ]).flat();
    const { call } = callWith({ one: [[...writing, lookUp, done]] }, { firstResultTimeoutMs: 1000 });
    expect(await call.ask()).toBeNull();
    expect(call.events).toEqual([lookUp, done]);
  });

  it('throws the last error where all have failed, and tells of it only so', async () => {
    const { call } = callWith({ one: [[failure('auth')]], two: [[{ fails: new Error('Two broke.') }]] });
    expect(await call.ask()).toMatchObject({
      kind: 'llm',
      provider: 'two',
      category: 'internal',
      cause: new Error('Two broke.'),
    });
    expect(call.told).toEqual(['one auth', 'one to two']);
  });

  it('keeps what a provider said out of the cause', async () => {
    const { call } = callWith({ one: [[{ fails: new Error('sk-secret') }]], two: well });
    await call.ask();
    expect(call.incidents.at(1)).toMatchObject({ type: 'failover', cause: 'It failed inside.' });
  });
});

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
    expect(call.told).toEqual(['one timeout', 'one to two', 'two recovered']);
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

  it('has nobody else say what a content filter has stopped', async () => {
    const { call, models } = callWith({ one: [['Take the ', failure('bad_request')]], two: well });
    expect(await call.ask()).toMatchObject({ category: 'bad_request' });
    expect(models[1]?.requests).toHaveLength(0);
  });

  it('has the budget for each silence, not for the answer', async () => {
    const slow = Array.from({ length: 10 }, (_, word) => [{ afterMs: 900 }, `w${word} `]).flat();
    const { call } = callWith({
      one: [
        [...slow, failure('server')],
        ['w9 ', stop, done],
      ],
    });
    expect(await call.ask()).toBeNull();
    expect(call.text).toMatch(/w8 w9 .*That is all\.$/);
  });
});

describe('a supervised language model that is aborted', () => {
  it.each<[string, LlmScript]>([
    ['before the first token', [[{ hangs: true }]]],
    ['in the middle', [['Sure, ', { hangs: true }]]],
    ['while it waits to ask again', [[failure('rate_limit', 2000)]]],
    ['while it asks for the rest', [['Sure, ', failure('server')], [{ hangs: true }]]],
  ])('ends at once %s, without another word', async (_, script) => {
    const { call, clock, models } = callWith({ one: script, two: well });
    expect(await call.ask(400)).toBeNull();
    expect(call.tookMs).toBe(400);
    const told = call.told.length;
    clock.advance(60_000);
    await nextTurn();
    expect(call.told).toHaveLength(told);
    expect(call.events).not.toContainEqual(done);
    expect(models[1]?.requests).toHaveLength(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not hold it against the model', async () => {
    const { call, models } = callWith({ one: [[{ hangs: true }], ...well], two: well });
    await call.ask(400);
    await call.ask();
    expect(models.map(({ requests }) => requests.length)).toEqual([2, 0]);
  });
});

describe('a supervised language model from turn to turn', () => {
  it('leaves a model that failed alone, and tells when it is back', async () => {
    const { call, models, clock } = callWith({ one: [[failure('internal')], ...well], two: well });
    await call.ask();
    await call.ask();
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 2]);
    clock.advance(30_000);
    // The probe runs beside a turn that it does not hold up.
    await call.ask();
    await call.ask();
    expect(models.map(({ requests }) => requests.length)).toEqual([2, 3]);
    expect(call.told).toEqual(['one internal', 'one to two', 'two recovered', 'two to one']);
  });

  it('changes over when a model was too slow several times in a row', async () => {
    const slow: LlmScript = [[{ afterMs: 800 }, 'Yes.', done]];
    const { call, models } = callWith({ one: slow, two: well }, { slaBreaches: 2 }, 500);
    await call.ask();
    expect(call.told).toEqual([]);
    await call.ask();
    expect(call.text).toBe('Yes.');
    expect(call.told).toEqual(['one to two']);
    await call.ask();
    expect(models.map(({ requests }) => requests.length)).toEqual([2, 1]);
    expect(call.told).toEqual(['one to two']);
  });

  it('does not call slow a model whose tool call came late', async () => {
    const { call } = callWith(
      { one: [[{ afterMs: 800 }, lookUp, done]], two: well },
      { slaBreaches: 1 },
      500,
    );
    await call.ask();
    expect(call.told).toEqual([]);
  });

  it('tells each call of the change that it sees', async () => {
    const { call, clock } = callWith({ one: [['Yes.', done], [failure('internal')]], two: well });
    const other = new Call(clock, call.model);
    await call.ask();
    await other.ask();
    await call.ask();
    expect(other.told).toEqual(['one internal', 'one to two', 'two recovered']);
    expect(call.told).toEqual(['one to two']);
  });
});

describe('the members of a supervised language model', () => {
  it('are warmed, probed and closed together', async () => {
    const { call, models } = callWith({ one: well, two: well });
    await call.model.warmUp();
    await call.model.probe(new AbortController().signal);
    await call.model.close();
    expect(models.map(({ warmUps, closed }) => [warmUps, closed])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it('may fail to warm up as long as one does not, and are not asked then', async () => {
    const { call, models } = callWith({ one: well, two: well });
    models[0]!.warmUpFails = failure('auth').fails;
    await call.model.warmUp();
    await call.ask();
    expect(models.map(({ requests }) => requests.length)).toEqual([0, 1]);
    models[1]!.warmUpFails = new Error('No model file.');
    await expect(call.model.warmUp()).rejects.toBe(models[0]!.warmUpFails);
  });

  it('can be used if one of them can', async () => {
    const { call, models } = callWith({ one: well, two: well });
    const { signal } = new AbortController();
    models[0]!.probeFails = failure('auth').fails;
    await expect(call.model.probe(signal)).resolves.toBeUndefined();
    models[1]!.probeFails = failure('connection').fails;
    await expect(call.model.probe(signal)).rejects.toMatchObject({ category: 'auth' });
  });
});

describe("a supervised language model behind OpenAI's wire", () => {
  const sentence = 'Sure, I can book that. What day works for you?';
  let simulator: OpenAiSimulator;
  beforeAll(async () => {
    simulator = await startOpenAiSimulator({
      pace: { firstTokenMs: 0, tokenMs: 0 },
      answers: () => sentence,
    });
  });
  afterAll(() => simulator.close());

  function call(fallback?: LanguageModel): Call {
    const clock = new VirtualClock();
    const provider = openAiLanguageModel({ apiKey: 'sk-test', baseUrl: simulator.baseUrl, clock });
    const members = [{ provider }, ...(fallback ? [{ provider: fallback }] : [])];
    return new Call(clock, supervisedLanguageModel({ members, clock, random: () => 0.5 }));
  }

  languageModelContract('A supervised OpenAI', {
    create: () => call().model,
  });

  it.each<[string, OpenAiFault, ProviderErrorCategory]>([
    ['a reset connection', { fault: 'reset' }, 'connection'],
    ['too many requests', { fault: 'status', status: 429, retryAfter: '1' }, 'rate_limit'],
    ['a server error', { fault: 'status', status: 500 }, 'server'],
    ["a proxy's page", { fault: 'html' }, 'server'],
    ['a connection that breaks in the middle', { fault: 'drop', afterTokens: 4 }, 'connection'],
    ['a stream that ends in the middle', { fault: 'truncate', afterTokens: 6 }, 'connection'],
    ['a stream that lacks its end only', { fault: 'truncate', afterTokens: 1000 }, 'connection'],
    ['an error in the stream', { fault: 'error_event', afterTokens: 2 }, 'server'],
    ['garbage in the middle', { fault: 'garbage', afterTokens: 5 }, 'server'],
  ])('makes up for %s', async (_, fault, category) => {
    simulator.failNext(fault);
    const turn = call();
    expect(await turn.askOverWire()).toBeNull();
    expect(turn.text).toBe(sentence);
    expect(turn.told).toEqual([`openai ${category}`, 'openai again 1', 'openai recovered']);
    await simulator.idle();
    expect(turn.clock.pendingTimers).toBe(0);
  });

  it('makes up for silence before the first token', async () => {
    simulator.failNext({ fault: 'no_headers' });
    const turn = call();
    const silence = simulator.received(simulator.requests.length + 1);
    expect(await turn.askOverWire(silence)).toBeNull();
    expect(turn.text).toBe(sentence);
    expect(turn.told).toEqual(['openai timeout', 'openai again 1', 'openai recovered']);
    await simulator.idle();
  });

  it('makes up for silence in the middle', async () => {
    simulator.failNext({ fault: 'stall', afterTokens: 3 });
    const turn = call();
    expect(await turn.askOverWire(turn.tokens(3))).toBeNull();
    expect(turn.text).toBe(sentence);
    expect(turn.told).toEqual(['openai timeout', 'openai again 1', 'openai recovered']);
    await simulator.idle();
  });

  it('has patience with an answer that drips in', async () => {
    simulator.failNext({ fault: 'slow_drip', bytes: 40, everyMs: 0 });
    const turn = call();
    expect(await turn.askOverWire()).toBeNull();
    expect(turn.text).toBe(sentence);
    expect(turn.told).toEqual([]);
  });

  it('falls back where nobody listens', async () => {
    const gone = await startOpenAiSimulator();
    await gone.close();
    const clock = new VirtualClock();
    const provider = openAiLanguageModel({ apiKey: 'sk-test', baseUrl: gone.baseUrl, clock });
    const spare = new ScriptedLanguageModel('spare', clock, well);
    const members = [{ provider }, { provider: spare }];
    const turn = new Call(clock, supervisedLanguageModel({ members, clock, random: () => 0.5 }));
    expect(await turn.askOverWire()).toBeNull();
    expect(turn.told).toEqual([
      'openai connection',
      'openai again 1',
      'openai connection',
      'openai to spare',
      'spare recovered',
    ]);
  });

  it('falls back where the key is refused, and does not try it again', async () => {
    const clock = new VirtualClock();
    const fallback = new ScriptedLanguageModel('spare', clock, well);
    simulator.failNext({ fault: 'status', status: 401 });
    const turn = call(fallback);
    expect(await turn.askOverWire()).toBeNull();
    expect(await turn.askOverWire()).toBeNull();
    expect(turn.told).toEqual(['openai auth', 'openai to spare', 'spare recovered']);
    expect(fallback.requests).toHaveLength(2);
  });
});
