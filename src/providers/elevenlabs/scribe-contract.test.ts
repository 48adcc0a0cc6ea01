import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { drawn } from '../../../test/harness/thorough.js';
import type { AudioEncoding } from '../../audio/audio-frame.js';
import { speechToTextContract } from '../../simulators/contracts/speech-to-text-contract.js';
import type { ScribeManners } from '../../simulators/elevenlabs/scribe-manners.js';
import { startScribeSimulator, type ScribeSimulator } from '../../simulators/elevenlabs/scribe-simulator.js';
import { hearingInTurn } from '../../simulators/simulated-hearing.js';
import type { SpeechToText } from '../speech-to-text.js';
import { scribeSpeechToText } from './scribe-speech-to-text.js';

const utterance = 'book my appointment';

interface Case {
  readonly encoding: AudioEncoding;
  readonly timestamps: boolean;
  readonly manners?: ScribeManners | 'random';
}

const cases: readonly Case[] = [
  { encoding: 'mulaw', timestamps: false },
  { encoding: 'linear16', timestamps: true },
  { encoding: 'mulaw', timestamps: false, manners: { echo: 'after', partials: 'repeated', extras: true } },
  { encoding: 'linear16', timestamps: true, manners: { timed: 'before', silentCommit: 'none' } },
  { encoding: 'mulaw', timestamps: true, manners: 'random' },
  { encoding: 'linear16', timestamps: false, manners: 'random' },
];

describe.each(drawn(cases, 4))('$encoding, timestamps $timestamps, manners $manners', (chosen) => {
  const { encoding, timestamps, manners = {} } = chosen;
  let simulator: ScribeSimulator;
  beforeAll(async () => {
    simulator = await startScribeSimulator({
      hearing: hearingInTurn(() => utterance),
      latencies: { flushMs: 20, partialMs: 10 },
      manners,
    });
  });
  afterAll(() => simulator.close());

  describeContract(
    'Scribe as a SpeechToText',
    speechToTextContract({
      utterance,
      create: (): SpeechToText => {
        const stt = scribeSpeechToText({
          apiKey: 'secret',
          baseUrl: simulator.baseUrl,
          timestamps,
          // A machine that is busy with other tests must not fail the connection.
          connectTimeoutMs: 30_000,
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

  it('gives ElevenLabs no cause for complaint', () => {
    expect(simulator.attempts).toBeGreaterThan(0);
    expect(simulator.problems).toEqual([]);
  });
});
