import { afterAll, beforeAll, describe } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { speechToTextContract } from '../../simulators/contracts/speech-to-text-contract.js';
import { systemClock } from '../../core/clock.js';
import { hearingInTurn } from '../../simulators/simulated-hearing.js';
import { DeepgramSimulator } from '../../simulators/deepgram/deepgram-simulator.js';
import { deepgramSpeechToText } from '../../providers/deepgram/deepgram-speech-to-text.js';
import { localSpeechToText, type LocalSpeechToText } from '../../providers/local/stt/local-speech-to-text.js';
import { supervisedSpeechToText } from './supervised-speech-to-text.js';

const utterance = 'book my appointment';

describe('with a Deepgram that works', () => {
  let simulator: DeepgramSimulator;
  beforeAll(async () => {
    simulator = await DeepgramSimulator.start({
      hearing: hearingInTurn(() => utterance),
      latencies: { finalizeMs: 20, partialMs: 10 },
    });
  });
  afterAll(() => simulator.close());

  describeContract(
    'supervised Deepgram as a SpeechToText',
    speechToTextContract({
      utterance,
      create: () => {
        const provider = deepgramSpeechToText({ apiKey: 'secret', baseUrl: simulator.baseUrl });
        return supervisedSpeechToText({ candidates: [{ provider }], clock: systemClock });
      },
    }),
  );
});

describe.each([
  ['nova-3', 'random'],
  ['flux-general-en', { forceEndTurn: 'disabled' }],
] as const)('with %s and manners %j', (model, manners) => {
  let simulator: DeepgramSimulator;
  beforeAll(async () => {
    simulator = await DeepgramSimulator.start({
      hearing: hearingInTurn(() => utterance),
      latencies: { finalizeMs: 20, partialMs: 10 },
      manners,
    });
  });
  afterAll(() => simulator.close());

  describeContract(
    'supervised Deepgram as a SpeechToText',
    speechToTextContract({
      utterance,
      endsBySilence: model === 'flux-general-en',
      create: () => {
        const provider = deepgramSpeechToText({ apiKey: 'secret', baseUrl: simulator.baseUrl, model });
        return supervisedSpeechToText({ candidates: [{ provider }], clock: systemClock });
      },
    }),
  );
});

describe('with a Deepgram that cannot be reached', () => {
  let local: LocalSpeechToText;
  beforeAll(() => {
    local = localSpeechToText();
  });
  afterAll(() => local.close());

  describeContract(
    'the local recogniser as a fallback as a SpeechToText',
    speechToTextContract({
      utterance,
      create: async () => {
        const gone = await DeepgramSimulator.start();
        const provider = deepgramSpeechToText({ apiKey: 'secret', baseUrl: gone.baseUrl });
        await gone.close();
        return supervisedSpeechToText({
          candidates: [{ provider }, { provider: local }],
          clock: systemClock,
        });
      },
    }),
  );
});
