import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../../test/contracts/describe-contract.js';
import { speechToTextContract } from '../../../simulators/contracts/speech-to-text-contract.js';
import type { OpenAiRecogniserManners } from '../../../simulators/openai/recogniser/openai-recogniser-manners.js';
import {
  startOpenAiRecogniserSimulator,
  type OpenAiRecogniserSimulator,
} from '../../../simulators/openai/recogniser/openai-recogniser-simulator.js';
import { hearingInTurn } from '../../../simulators/simulated-hearing.js';
import { openAiSpeechToText } from './openai-speech-to-text.js';

const utterance = 'book my appointment';

interface Case {
  readonly model: string;
  readonly manners: OpenAiRecogniserManners | 'random';
  readonly seed?: number;
}

const cases: readonly Case[] = [
  { model: 'gpt-live-transcribe', manners: {} },
  { model: 'gpt-transcribe', manners: { extras: true, spaced: true } },
  { model: 'gpt-live-transcribe', manners: { order: 'reversed_pairs', deltas: 'none' } },
  { model: 'gpt-live-transcribe', manners: 'random', seed: 3 },
  { model: 'gpt-realtime-whisper', manners: 'random', seed: 8 },
];

describe.each(cases)('$model with manners $manners', ({ model, manners, seed = 1 }) => {
  let simulator: OpenAiRecogniserSimulator;
  beforeAll(async () => {
    simulator = await startOpenAiRecogniserSimulator({
      hearing: hearingInTurn(() => utterance),
      latencies: { flushMs: 20, partialMs: 10 },
      manners,
      seed,
    });
  });
  afterAll(() => simulator.close());

  describeContract(
    'OpenAI as a SpeechToText',
    speechToTextContract({
      utterance,
      // A machine that is busy with other tests must not fail the connection.
      create: () =>
        openAiSpeechToText({
          ...{ apiKey: 'secret-key', baseUrl: simulator.baseUrl, model },
          ...{ connectTimeoutMs: 30_000, flushTimeoutMs: 30_000 },
        }),
    }),
  );

  it('gives OpenAI no cause for complaint', () => {
    expect(simulator.attempts).toBeGreaterThan(0);
    expect(simulator.problems).toEqual([]);
  });
});
