import { expect, it } from '@jest/globals';
import type { ElevenLabsClient } from '@elevenlabs/elevenlabs-js';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ProviderError } from '../../core/errors.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { TtsEvent } from '../text-to-speech.js';
import { ElevenLabsHttpStream } from './elevenlabs-http-stream.js';

/** A server that never answers; the request ends with its signal. */
const silent = {
  textToSpeech: {
    stream: (_voice: string, _request: object, { abortSignal }: { readonly abortSignal: AbortSignal }) => ({
      withRawResponse: () =>
        new Promise((_, reject) => {
          abortSignal.addEventListener('abort', () => reject(new Error('It was aborted.')));
        }),
    }),
  },
} as unknown as ElevenLabsClient;

it('does not take the time that the SDK needs to load for the silence of the server', async () => {
  const clock = new VirtualClock();
  const events: TtsEvent[] = [];
  let loaded: (client: ElevenLabsClient) => void = () => undefined;
  const stream = new ElevenLabsHttpStream({
    client: new Promise((resolve) => {
      loaded = resolve;
    }),
    ...{ output: 'ulaw_8000', format: { encoding: 'mulaw', sampleRateHz: 8000 } },
    ...{ voiceId: () => Promise.resolve('voice'), voice: { modelId: 'eleven_flash_v2_5' } },
    ...{ apiKey: 'test-key', onRequest: () => undefined, signal: new AbortController().signal },
    errorOf: ({ message, category = 'server' }) =>
      new ProviderError(message, { kind: 'tts', provider: 'eleven', category }),
    ...{ clock, firstAudioTimeoutMs: 4000, audioTimeoutMs: 2000 },
    onEvent: (event) => events.push(event),
  });
  stream.write('Hello.');
  await nextTurn();
  clock.advance(20_000);
  await nextTurn();
  expect(events).toEqual([]);
  loaded(silent);
  await nextTurn();
  clock.advance(3999);
  await nextTurn();
  expect(events).toEqual([]);
  clock.advance(1);
  await nextTurn();
  expect(events).toMatchObject([{ type: 'error', error: { category: 'timeout' } }]);
  stream.close();
});
