import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../core/errors.js';
import { assemblyAiSpeechToText, type AssemblyAiOptions } from './assemblyai-speech-to-text.js';

describe('the AssemblyAI options', () => {
  it.each<[Partial<AssemblyAiOptions>, string]>([
    [{ minTurnSilenceMs: 20 }, 'minTurnSilenceMs'],
    [{ maxTurnSilenceMs: 100.5 }, 'maxTurnSilenceMs'],
    [{ endOfTurnConfidenceThreshold: 2 }, 'endOfTurnConfidenceThreshold'],
    [{ keyterms: ['x'.repeat(51)] }, 'keyterms'],
    [{ keyterms: Array.from({ length: 101 }, (_, index) => `term ${index}`) }, 'keyterms'],
    [{ model: 'universal-streaming-english', language: 'de' }, 'language'],
    [{ language: 'de', languages: ['en'] }, 'language'],
    [{ extra: { sample_rate: 8000 } }, 'extra.sample_rate'],
    [{ extra: { speech_model: 'u3-rt-pro' } }, 'extra.speech_model'],
  ])('are refused where AssemblyAI would refuse them: %j', (options, field) => {
    let problems: readonly { readonly field: string }[] = [];
    try {
      assemblyAiSpeechToText({ apiKey: 'k', ...options });
    } catch (thrown) {
      problems = (thrown as ConfigError).problems;
    }
    expect(problems).toMatchObject([{ field }]);
  });

  it('may give the base URL in any form, and no key that cannot be one', () => {
    for (const scheme of ['http', 'https', 'ws', 'wss'])
      expect(() => assemblyAiSpeechToText({ apiKey: 'k', baseUrl: `${scheme}://localhost:1` })).not.toThrow();
    expect(() => assemblyAiSpeechToText({ apiKey: 'k', baseUrl: 'localhost' })).toThrow(ConfigError);
    expect(() => assemblyAiSpeechToText({ apiKey: 'two words' })).toThrow(/ASSEMBLYAI_API_KEY/);
  });
});
