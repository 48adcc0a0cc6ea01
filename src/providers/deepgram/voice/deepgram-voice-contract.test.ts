import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../../test/contracts/describe-contract.js';
import { DeepgramVoices, deepgramVoiceKey } from '../../../../test/harness/deepgram-voices.js';
import { textToSpeechContract } from '../../../simulators/contracts/text-to-speech-contract.js';
import type { DeepgramVoiceManners } from '../../../simulators/deepgram/voice/deepgram-voice-manners.js';
import { deepgramTextToSpeech } from './deepgram-voice.js';

const cases: readonly (DeepgramVoiceManners | 'random')[] = [
  {},
  { metadata: false, chatty: true, warnings: 'documented' },
  { chatty: true, unknown: true, uneven: true },
  'random',
];

describe.each(cases)('with manners %j', (manners) => {
  let voices: DeepgramVoices;
  beforeAll(async () => {
    voices = await DeepgramVoices.start({ manners });
  });
  afterAll(() => voices.close());

  describeContract(
    'Deepgram as a TextToSpeech',
    textToSpeechContract({
      create: () => deepgramTextToSpeech({ apiKey: deepgramVoiceKey, baseUrl: voices.simulator.baseUrl }),
    }),
  );

  it('gives Deepgram no cause for complaint', () => {
    expect(voices.simulator.attempts).toBeGreaterThan(0);
    expect(voices.simulator.problems).toEqual([]);
  });
});
