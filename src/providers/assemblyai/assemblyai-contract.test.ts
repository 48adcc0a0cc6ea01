import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { drawn } from '../../../test/harness/thorough.js';
import type { AudioEncoding } from '../../audio/audio-frame.js';
import type { AssemblyAiManners } from '../../simulators/assemblyai/assemblyai-manners.js';
import {
  startAssemblyAiSimulator,
  type AssemblyAiSimulator,
} from '../../simulators/assemblyai/assemblyai-simulator.js';
import { speechToTextContract } from '../../simulators/contracts/speech-to-text-contract.js';
import { hearingInTurn } from '../../simulators/simulated-hearing.js';
import type { SpeechToText } from '../speech-to-text.js';
import { assemblyAiSpeechToText } from './assemblyai-speech-to-text.js';

const utterance = 'book my appointment';

interface Case {
  readonly model: string;
  readonly encoding: AudioEncoding;
  readonly manners?: AssemblyAiManners | 'random';
}

const cases: readonly Case[] = [
  { model: 'universal-3-5-pro', encoding: 'mulaw' },
  { model: 'universal-streaming-english', encoding: 'linear16' },
  { model: 'universal-3-5-pro', encoding: 'linear16', manners: { outsideTurn: 'empty', extras: true } },
  { model: 'universal-3-6-pro', encoding: 'mulaw', manners: { words: 'none', partials: 'repeated' } },
  { model: 'universal-streaming-multilingual', encoding: 'mulaw', manners: 'random' },
  { model: 'universal-3-5-pro', encoding: 'linear16', manners: 'random' },
];

describe.each(drawn(cases, 4))(
  '$model over $encoding with manners $manners',
  ({ model, encoding, manners = {} }) => {
    let simulator: AssemblyAiSimulator;
    beforeAll(async () => {
      simulator = await startAssemblyAiSimulator({
        hearing: hearingInTurn(() => utterance),
        latencies: { flushMs: 20, partialMs: 10 },
        manners,
      });
    });
    afterAll(() => simulator.close());

    describeContract(
      'AssemblyAI as a SpeechToText',
      speechToTextContract({
        utterance,
        create: (): SpeechToText => {
          const stt = assemblyAiSpeechToText({
            apiKey: 'secret',
            baseUrl: simulator.baseUrl,
            model,
            // A machine that is busy with other tests must not fail the connection.
            connectTimeoutMs: 30_000,
            // This wait is gone through where nothing was said.
            flushTimeoutMs: 1500,
          });
          const { name, accepts } = stt;
          // The suite opens every stream for linear PCM; this is what goes over the wire.
          return {
            name,
            accepts,
            warmUp: () => stt.warmUp(),
            open: (options) => stt.open({ ...options, format: { ...options.format, encoding } }),
          };
        },
      }),
    );

    it('gives AssemblyAI no cause for complaint', () => {
      expect(simulator.attempts).toBeGreaterThan(0);
      expect(simulator.problems).toEqual([]);
    });
  },
);
