import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { ScriptedLanguageModel } from '../../../test/harness/scripted-language-model.js';
import { Call, well } from '../../../test/harness/supervised-model.js';
import type { ProviderErrorCategory } from '../../core/errors.js';
import type { LanguageModel } from '../../providers/language-model.js';
import { openAiLanguageModel } from '../../providers/openai/openai-language-model.js';
import { languageModelContract } from '../../simulators/contracts/language-model-contract.js';
import type { OpenAiFault } from '../../simulators/openai/openai-script.js';
import { startOpenAiSimulator, type OpenAiSimulator } from '../../simulators/openai/openai-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { supervisedLanguageModel } from './supervised-language-model.js';

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
    const candidates = [{ provider }, ...(fallback ? [{ provider: fallback }] : [])];
    return new Call(clock, supervisedLanguageModel({ candidates, clock, random: () => 0.5 }));
  }

  describeContract(
    'A supervised OpenAI as a LanguageModel',
    languageModelContract({
      create: () => call().model,
    }),
  );

  it.each<[string, OpenAiFault, ProviderErrorCategory]>([
    ['a reset connection', { fault: 'reset' }, 'connection'],
    ['too many requests', { fault: 'status', status: 429, retryAfter: '1' }, 'rate_limit'],
    ['a server error', { fault: 'status', status: 500 }, 'server'],
    ["a proxy's page", { fault: 'html' }, 'server'],
    ['a connection that breaks in the middle', { fault: 'drop', afterTokens: 4 }, 'connection'],
    ['a stream that ends in the middle', { fault: 'truncate', afterTokens: 6 }, 'connection'],
    ['a stream that lacks its end only', { fault: 'truncate', afterTokens: 1000 }, 'connection'],
    ['an error in the stream', { fault: 'error_event', afterTokens: 2 }, 'server'],
    ['garbage in the middle', { fault: 'garbage', afterTokens: 5 }, 'connection'],
  ])('makes up for %s', async (_, fault, category) => {
    simulator.failNext(fault);
    const turn = call();
    expect(await turn.askOverWire()).toBeNull();
    expect(turn.text).toBe(sentence);
    const garbled = fault.fault === 'garbage' ? ['llm_odd_messages'] : [];
    expect(turn.told).toEqual([...garbled, `openai ${category}`, 'openai again 1', 'openai recovered']);
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
    const [failure] = turn.incidents.filter(({ type }) => type === 'error');
    expect(failure).toMatchObject({ error: { requestId: expect.stringMatching(/^req_simulated_\d+$/) } });
    await simulator.idle();
  });

  it('has patience with an answer that drips in', async () => {
    simulator.failNext({ fault: 'slow_drip', bytes: 40, everyMs: 0 });
    const turn = call();
    expect(await turn.askOverWire()).toBeNull();
    expect(turn.text).toBe(sentence);
    expect(turn.told).toEqual([]);
  });

  it('falls back where the server cannot be reached', async () => {
    const gone = await startOpenAiSimulator();
    await gone.close();
    const clock = new VirtualClock();
    const provider = openAiLanguageModel({ apiKey: 'sk-test', baseUrl: gone.baseUrl, clock });
    const spare = new ScriptedLanguageModel('spare', clock, well);
    const candidates = [{ provider }, { provider: spare }];
    const turn = new Call(clock, supervisedLanguageModel({ candidates, clock, random: () => 0.5 }));
    expect(await turn.askOverWire()).toBeNull();
    expect(turn.told).toEqual([
      'openai connection',
      'openai again 1',
      'openai connection',
      'openai to spare',
    ]);
  });

  it('tells two models of one provider apart, and no recovery of the one that failed', async () => {
    const clock = new VirtualClock();
    const model = (name: string) =>
      openAiLanguageModel({ apiKey: 'sk-test', baseUrl: simulator.baseUrl, model: name, clock });
    const candidates = [{ provider: model('gpt-4.1') }, { provider: model('gpt-4.1-mini') }];
    simulator.failNext({ fault: 'status', status: 401 });
    const turn = new Call(clock, supervisedLanguageModel({ candidates, clock, random: () => 0.5 }));
    expect(await turn.askOverWire()).toBeNull();
    expect(turn.told).toEqual(['openai (gpt-4.1) auth', 'openai (gpt-4.1) to openai (gpt-4.1-mini)']);
  });

  it('falls back where the key is refused, and does not try it again', async () => {
    const clock = new VirtualClock();
    const fallback = new ScriptedLanguageModel('spare', clock, well);
    simulator.failNext({ fault: 'status', status: 401 });
    const turn = call(fallback);
    expect(await turn.askOverWire()).toBeNull();
    expect(await turn.askOverWire()).toBeNull();
    expect(turn.told).toEqual(['openai auth', 'openai to spare']);
    expect(fallback.requests).toHaveLength(2);
  });
});
