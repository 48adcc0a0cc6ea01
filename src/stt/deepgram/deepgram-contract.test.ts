import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AudioEncoding } from '../../audio/audio-frame.js';
import { hearingInTurn } from '../../testing/deepgram/simulated-hearing.js';
import { DeepgramSimulator } from '../../testing/deepgram-simulator.js';
import { describeSpeechToText } from '../../testing/stt-contract.js';
import type { SpeechToText } from '../speech-to-text.js';
import { deepgramSpeechToText } from './deepgram-speech-to-text.js';

const utterance = 'book my appointment';

describe.each<{ model: string; encoding: AudioEncoding }>([
  { model: 'nova-3', encoding: 'linear16' },
  { model: 'nova-3', encoding: 'mulaw' },
  { model: 'flux-general-en', encoding: 'linear16' },
  { model: 'flux-general-en', encoding: 'mulaw' },
])('$model over $encoding', ({ model, encoding }) => {
  let simulator: DeepgramSimulator;
  beforeAll(async () => {
    simulator = await DeepgramSimulator.start({
      hearing: hearingInTurn(() => utterance),
      latencies: { finalizeMs: 20, partialMs: 10 },
    });
  });
  afterAll(() => simulator.close());

  describeSpeechToText('Deepgram', {
    utterance,
    create: (): SpeechToText => {
      const stt = deepgramSpeechToText({
        apiKey: 'secret',
        baseUrl: simulator.baseUrl,
        model,
        // A machine that is busy with other tests must not try the adapter's patience.
        connectTimeoutMs: 30_000,
        flushTimeoutMs: 3000,
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
  });

  it('gives Deepgram no cause for complaint', () => {
    expect(simulator.connections.length).toBeGreaterThan(0);
    expect(simulator.violations).toEqual([]);
  });
});
