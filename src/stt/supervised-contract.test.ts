import { afterAll, beforeAll, describe } from '@jest/globals';
import { systemClock } from '../clock.js';
import { hearingInTurn } from '../testing/deepgram/simulated-hearing.js';
import { DeepgramSimulator } from '../testing/deepgram-simulator.js';
import { describeSpeechToText } from '../testing/stt-contract.js';
import { deepgramSpeechToText } from './deepgram/deepgram-speech-to-text.js';
import { localSpeechToText, type LocalSpeechToText } from './local/local-speech-to-text.js';
import { supervisedSpeechToText } from './supervised-speech-to-text.js';

const utterance = 'book my appointment';

describe('with a Deepgram that is well', () => {
  let simulator: DeepgramSimulator;
  beforeAll(async () => {
    simulator = await DeepgramSimulator.start({
      hearing: hearingInTurn(() => utterance),
      latencies: { finalizeMs: 20, partialMs: 10 },
    });
  });
  afterAll(() => simulator.close());

  describeSpeechToText('supervised Deepgram', {
    utterance,
    create: () => {
      const provider = deepgramSpeechToText({ apiKey: 'secret', baseUrl: simulator.baseUrl });
      return supervisedSpeechToText({ members: [{ provider }], clock: systemClock });
    },
  });
});

describe('with a Deepgram that nobody can reach', () => {
  let local: LocalSpeechToText;
  beforeAll(() => {
    local = localSpeechToText();
  });
  afterAll(() => local.close());

  describeSpeechToText('the local recogniser as a fallback', {
    utterance,
    create: async () => {
      const gone = await DeepgramSimulator.start();
      const provider = deepgramSpeechToText({ apiKey: 'secret', baseUrl: gone.baseUrl });
      await gone.close();
      return supervisedSpeechToText({ members: [{ provider }, { provider: local }], clock: systemClock });
    },
  });
});
