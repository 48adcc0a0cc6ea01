import { describe, expect, it } from '@jest/globals';
import { costOf, priceOf, type Prices } from './prices.js';

const list: Prices = {
  stt: { deepgram: { perMinute: 0.01 }, 'deepgram/nova-3*': { perMinute: 0.02 } },
  llm: {
    'openai/gpt-*': { inputPerMillion: 1, outputPerMillion: 4 },
    'openai/gpt-6': { inputPerMillion: 2, cachedInputPerMillion: 0.5, outputPerMillion: 8 },
    'anthropic/fast': {
      inputPerMillion: 1,
      cachedInputPerMillion: 0.1,
      cacheWritePerMillion: 1.25,
      outputPerMillion: 5,
    },
  },
  tts: {
    elevenlabs: { perThousandCharacters: 0.05 },
    openai: { perMinute: 0.6 },
  },
};

describe('prices', () => {
  it.each([
    ['gpt-6', 2],
    ['gpt-6-small', 1],
    ['o9', null],
  ])('finds the most exact price: openai/%s', (model, inputPerMillion) => {
    const price = priceOf('llm', { provider: 'openai', model }, [list]);
    expect(price?.inputPerMillion ?? null).toBe(inputPerMillion);
  });

  it('takes the first table that has a price', () => {
    const own: Prices = { stt: { deepgram: { perMinute: 0.001 } } };
    expect(priceOf('stt', { provider: 'deepgram', model: 'nova-3' }, [own, list])).toEqual({
      perMinute: 0.001,
    });
    expect(priceOf('tts', { provider: 'elevenlabs' }, [own, list])).toEqual({ perThousandCharacters: 0.05 });
  });

  it.each([
    [{ kind: 'stt', provider: 'deepgram', model: 'nova-3-medical', seconds: 90 }, 0.03],
    [{ kind: 'stt', provider: 'other', seconds: 90 }, null],
    [{ kind: 'tts', provider: 'elevenlabs', characters: 2000, seconds: 60 }, 0.1],
    [{ kind: 'tts', provider: 'openai', characters: 2000, seconds: 60 }, 0.6],
    [
      {
        kind: 'llm',
        provider: 'openai',
        model: 'gpt-6',
        inputTokens: 1_000_000,
        cachedInputTokens: 400_000,
        outputTokens: 100_000,
        reasoningTokens: 50_000,
      },
      0.6 * 2 + 0.4 * 0.5 + 0.8,
    ],
    [
      {
        kind: 'llm',
        provider: 'anthropic',
        model: 'fast',
        inputTokens: 1_000_000,
        cachedInputTokens: 500_000,
        cacheWriteTokens: 300_000,
        outputTokens: 0,
      },
      0.2 + 0.05 + 0.375,
    ],
  ] as const)('%j costs %s dollars', (usage, usd) => {
    const cost = costOf(usage, [list]);
    if (usd === null) expect(cost).toBeNull();
    else expect(cost).toBeCloseTo(usd, 9);
  });
});
