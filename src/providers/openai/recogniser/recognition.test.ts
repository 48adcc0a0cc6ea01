import { describe, expect, it } from '@jest/globals';
import { openAiStt } from './openai-recogniser-definition.js';
import { recognitionProblems, sessionOf } from './recognition.js';

describe('the options of the recogniser', () => {
  it('are refused where the model does not take them', () => {
    const fields = (options: Parameters<typeof recognitionProblems>[0]): readonly string[] =>
      recognitionProblems(options).map(({ field }) => field);
    expect(fields({ language: ['en', 'de'], keyterms: ['Ann'], prompt: 'A dentist.' })).toEqual([]);
    expect(fields({ model: 'whisper-1', language: ['en', 'de'] })).toEqual(['language']);
    expect(fields({ model: 'gpt-4o-transcribe', keyterms: ['Ann'] })).toEqual(['keyterms']);
    expect(fields({ model: 'gpt-realtime-whisper', prompt: 'A dentist.' })).toEqual(['prompt']);
    expect(fields({ keyterms: ['a <b>'] })).toEqual(['keyterms']);
  });

  it('and the address are checked with the config', () => {
    const problems = openAiStt.problemsOf?.({ apiKey: 'sk-a b', baseUrl: 'nowhere', prompt: 'x' });
    expect(problems?.map(({ field }) => field)).toEqual(['apiKey', 'baseUrl']);
  });

  it('may be anything else of OpenAI’s, merged into the session', () => {
    const session = sessionOf(
      { extra: { audio: { input: { turn_detection: { type: 'server_vad' } } }, include: [] } },
      { encoding: 'linear16', sampleRateHz: 24_000 },
    );
    expect(session).toEqual({
      type: 'transcription',
      include: [],
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          transcription: { model: 'gpt-live-transcribe' },
          turn_detection: { type: 'server_vad' },
        },
      },
    });
  });
});
