import { describe, expect, it } from '@jest/globals';
import type { ProviderUsage } from './provider-usage.js';
import { noUsage, sumOfUsage, UsageLedger } from './usage-ledger.js';

const heard: ProviderUsage = { kind: 'stt', provider: 'deepgram', model: 'nova-3', seconds: 30 };
const asked: ProviderUsage = {
  kind: 'llm',
  provider: 'openai',
  model: 'gpt-6',
  inputTokens: 100,
  cachedInputTokens: 40,
  outputTokens: 20,
};
const spoken: ProviderUsage = { kind: 'tts', provider: 'acme', characters: 80, seconds: 5 };
const prices = {
  stt: { deepgram: { perMinute: 0.6 } },
  llm: { openai: { inputPerMillion: 1000, outputPerMillion: 5000 } },
};

describe('a ledger of usage', () => {
  it('adds up reports of the same model, and keeps what was wasted apart', () => {
    const ledger = new UsageLedger([prices]);
    ledger.add(asked, false);
    ledger.add({ ...asked, reasoningTokens: 5, estimated: true }, false);
    ledger.add(asked, true);
    expect(ledger.total.entries).toEqual([
      {
        ...{
          kind: 'llm',
          provider: 'openai',
          model: 'gpt-6',
          wasted: false,
          requests: 2,
          estimatedRequests: 1,
        },
        ...{
          inputTokens: 200,
          cachedInputTokens: 80,
          cacheWriteTokens: 0,
          outputTokens: 40,
          reasoningTokens: 5,
        },
        usd: 0.4,
      },
      {
        ...{
          kind: 'llm',
          provider: 'openai',
          model: 'gpt-6',
          wasted: true,
          requests: 1,
          estimatedRequests: 0,
        },
        ...{
          inputTokens: 100,
          cachedInputTokens: 40,
          cacheWriteTokens: 0,
          outputTokens: 20,
          reasoningTokens: 0,
        },
        usd: 0.2,
      },
    ]);
    expect(ledger.total.estimated).toBe(true);
    expect(ledger.total.usd).toBeCloseTo(0.6, 9);
  });

  it('names vendors without a price instead of taking them for free', () => {
    const ledger = new UsageLedger([prices]);
    ledger.add(spoken, false);
    expect(ledger.total).toMatchObject({ usd: null, absent: ['acme'] });
    ledger.add(heard, false);
    ledger.add(spoken, false);
    expect(ledger.total).toMatchObject({ usd: 0.3, absent: ['acme'] });
    expect(ledger.total.entries[0]).toMatchObject({ characters: 160, seconds: 10, usd: null });
  });

  it('gives what is new since the last turn; the parts sum to the whole', () => {
    const ledger = new UsageLedger([prices]);
    ledger.add(heard, false);
    const first = ledger.take();
    ledger.add(heard, false);
    ledger.add(asked, false);
    const second = ledger.take();
    expect(first.entries).toHaveLength(1);
    expect(second.entries).toHaveLength(2);
    expect(ledger.take()).toEqual(noUsage);
    expect(sumOfUsage([first, second])).toEqual(ledger.total);
  });
});
