import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { drawn } from '../../../test/harness/thorough.js';
import { speechToTextContract } from '../../simulators/contracts/speech-to-text-contract.js';
import type { AudioEncoding } from '../../audio/audio-frame.js';
import type { DeepgramManners } from '../../simulators/deepgram/deepgram-manners.js';
import { hearingInTurn } from '../../simulators/simulated-hearing.js';
import { DeepgramSimulator } from '../../simulators/deepgram/deepgram-simulator.js';
import type { SpeechToText } from '../speech-to-text.js';
import { deepgramSpeechToText } from './deepgram-speech-to-text.js';

const utterance = 'book my appointment';

interface Case {
  readonly model: string;
  readonly encoding: AudioEncoding;
  readonly manners?: DeepgramManners | 'random';
}

const cases: readonly Case[] = [
  { model: 'nova-3', encoding: 'linear16' },
  { model: 'nova-3', encoding: 'mulaw' },
  { model: 'flux-general-en', encoding: 'linear16' },
  { model: 'flux-general-en', encoding: 'mulaw' },
  ...(
    [
      { cadence: 'chatty', results: 'no_channel', extras: true },
      { cadence: 'quiet', finalize: 'unflagged', results: 'no_words', speechFinal: false },
      { cadence: 'final_only', finalize: 'words_follow', results: 'zero_length_words' },
      'random',
    ] satisfies (DeepgramManners | 'random')[]
  ).map((manners): Case => ({ model: 'nova-3', encoding: 'mulaw', manners })),
  { model: 'flux-general-en', encoding: 'mulaw', manners: { cadence: 'quiet', extras: true } },
];

describe.each(drawn(cases, 6))(
  '$model over $encoding with manners $manners',
  ({ model, encoding, manners = {} }) => {
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
      'Deepgram as a SpeechToText',
      speechToTextContract({
        utterance,
        create: (): SpeechToText => {
          const stt = deepgramSpeechToText({
            apiKey: 'secret',
            baseUrl: simulator.baseUrl,
            model,
            // A machine that is busy with other tests must not try the adapter's patience.
            connectTimeoutMs: 30_000,
            // Flux has no answer to a flush where nothing was said, so this wait is gone through.
            flushTimeoutMs: 1500,
          });
          const { name, accepts } = stt;
          // The suite opens every stream for linear PCM; what is told here is what goes over the wire.
          return {
            name,
            accepts,
            warmUp: () => stt.warmUp(),
            open: (options) => stt.open({ ...options, format: { ...options.format, encoding } }),
          };
        },
      }),
    );

    it('gives Deepgram no cause for complaint', () => {
      expect(simulator.connections.length).toBeGreaterThan(0);
      expect(simulator.problems).toEqual([]);
    });
  },
);
