import { describe, expect, it } from '@jest/globals';
import type { ProviderUsage } from '../metrics/provider-usage.js';
import { usageProblems, type Billed } from './usage-check.js';

const asked = {
  kind: 'llm',
  provider: 'openai',
  inputTokens: 90,
  cachedInputTokens: 40,
  outputTokens: 12,
} as const;
const reported: readonly ProviderUsage[] = [
  { kind: 'stt', provider: 'deepgram', seconds: 1.1 },
  { kind: 'stt', provider: 'deepgram', seconds: 2.2 },
  asked,
  { ...asked, outputTokens: 3, estimated: true },
  { kind: 'tts', provider: 'elevenlabs', characters: 30, seconds: 2 },
];
const billed: Billed = {
  stt: [{ seconds: 3.3 }],
  llm: [
    { inputTokens: 90, cachedInputTokens: 40, outputTokens: 12, reasoningTokens: 0 },
    { inputTokens: 91, outputTokens: 4, estimated: true },
  ],
  tts: [
    { characters: 10, seconds: 1 },
    { characters: 20, seconds: 9 },
  ],
};

describe('the check of usage', () => {
  it('agrees with what vendors counted, but for the figures that they do not tell', () => {
    expect(usageProblems(reported, billed)).toEqual([]);
  });

  it('allows audio that a broken connection swallowed, but no less than was heard', () => {
    const less: Billed = { ...billed, stt: [{ seconds: 2 }] };
    expect(usageProblems(reported, less, { cutsAudio: true })).toEqual([]);
    expect(usageProblems(reported, less)).toHaveLength(1);
    const more: Billed = { ...billed, stt: [{ seconds: 3.31 }] };
    expect(usageProblems(reported, more, { cutsAudio: true })).toHaveLength(1);
  });

  it('names every difference', () => {
    const others: Billed = {
      stt: [{ seconds: 3.4 }],
      llm: [{ inputTokens: 90, cachedInputTokens: 0, outputTokens: 12 }],
      tts: [{ characters: 29, seconds: 0 }],
    };
    expect(usageProblems(reported, others)).toEqual([
      'the seconds of the recogniser are 3.3, but the vendor counted 3.4',
      'the characters of the voice are 30, but the vendor counted 29',
      'the requests to the model are 2, but the vendor counted 1',
      "the model's tokens are 90/40/0/12/0, but the vendor counted 90/0/0/12/0",
    ]);
  });
});
