import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { ElevenLabsVoices, elevenLabsKey } from '../../../test/harness/elevenlabs-voices.js';
import { phoneFormat, sentences, webFormat, SpokenAnswer } from '../../../test/harness/spoken-answer.js';
import { textToSpeechContract } from '../../simulators/contracts/text-to-speech-contract.js';
import type { AudioFormat } from '../../audio/audio-frame.js';
import type { ProviderError } from '../../core/errors.js';
import type { ElevenLabsFault } from '../../simulators/elevenlabs/elevenlabs-fault.js';
import { startElevenLabsSimulator } from '../../simulators/elevenlabs/elevenlabs-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { elevenLabsTextToSpeech } from './elevenlabs-text-to-speech.js';

let voices: ElevenLabsVoices;

beforeAll(async () => {
  voices = await ElevenLabsVoices.start();
  // Loads the SDK, which takes seconds on a busy machine: the first answer would count them as the server's silence.
  await voices.create({ connection: 'http' }).warmUp();
  await voices.closeProviders();
});
beforeEach(() => voices.reset());
afterEach(() => voices.closeProviders());
afterAll(() => voices.close());

for (const connection of ['websocket', 'http'] as const) {
  describeContract(
    `ElevenLabs by ${connection} as a TextToSpeech`,
    textToSpeechContract({
      create: () =>
        elevenLabsTextToSpeech({ apiKey: elevenLabsKey, baseUrl: voices.simulator.baseUrl, connection }),
    }),
  );
}

describe.each(['websocket', 'http'] as const)('ElevenLabs by %s', (connection) => {
  it('gives each byte that ElevenLabs sent once and in order', async () => {
    const answer = await new SpokenAnswer(voices.create({ connection })).speak(sentences);
    expect(answer.bytes.equals(Buffer.concat(voices.simulator.sentAudio))).toBe(true);
    expect(voices.simulator.texts.map((text) => text.trim())).toEqual(sentences);
    expect(voices.simulator.problems).toEqual([]);
  });

  it('gives the audio of a WAV file without its header', async () => {
    voices.simulator.failNext({ fault: 'container', container: 'wav' });
    const answer = await new SpokenAnswer(voices.create({ connection })).speak([sentences[0]!]);
    expect(answer.bytes.equals(Buffer.concat(voices.simulator.sentAudio))).toBe(true);
  });

  it.each(['mp3', 'mp3_without_tag', 'ogg', 'flac'] as const)(
    'refuses audio that is %s',
    async (container) => {
      for (const format of [phoneFormat, webFormat]) {
        voices.simulator.failNext({ fault: 'container', container });
        const answer = await new SpokenAnswer(voices.create({ connection }), format).speak(sentences);
        expect(answer.events.map(({ type }) => type).filter((type) => type === 'audio')).toEqual([]);
        expect(answer.error).toMatchObject({ category: 'server', retryable: true });
        expect(answer.error?.message).toContain('another format');
      }
    },
  );

  const refusals: readonly (readonly [string, ElevenLabsFault, Partial<ProviderError>])[] = [
    [
      'a refused key',
      { fault: 'refuse', status: 401, code: 'invalid_api_key', message: `No such key: ${elevenLabsKey}` },
      { category: 'auth', retryable: false },
    ],
    [
      'a used-up quota, though its status is that of a refused key',
      { fault: 'refuse', status: 401, code: 'quota_exceeded' },
      { category: 'rate_limit', retryable: false },
    ],
    [
      'too many requests',
      { fault: 'refuse', status: 429, code: 'too_many_concurrent_requests', retryAfter: '2' },
      { category: 'rate_limit', retryable: true, retryAfterMs: 2000 },
    ],
    [
      'an unknown voice',
      { fault: 'refuse', status: 404, code: 'voice_not_found' },
      { category: 'bad_request', retryable: false, field: 'tts.voiceId' },
    ],
    [
      'a plan without the voice',
      { fault: 'refuse', status: 402, code: 'payment_required' },
      { category: 'bad_request', retryable: false, field: 'tts.voiceId' },
    ],
    ['a server error', { fault: 'refuse', status: 500 }, { category: 'server', retryable: true }],
    [
      'a connection that breaks',
      { fault: 'drop', afterPieces: 2 },
      { category: 'connection', retryable: true },
    ],
  ];

  it.each(refusals)('reports %s once and can speak the next answer', async (_, fault, expected) => {
    const tts = voices.create({ connection });
    voices.simulator.failNext(fault);
    const answer = await new SpokenAnswer(tts).speak(sentences);
    expect(answer.error).toMatchObject({ kind: 'tts', provider: 'elevenlabs', ...expected });
    expect(answer.events.filter(({ type }) => type === 'error')).toHaveLength(1);
    expect(`${answer.error?.stack} ${(answer.error?.cause as Error).stack}`).not.toContain(elevenLabsKey);
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toBeNull();
  });

  it('gives no audio of an answer in another encoding', async () => {
    voices.simulator.failNext({ fault: 'wrong_encoding' });
    const { error, events } = await new SpokenAnswer(voices.create({ connection })).speak(sentences);
    expect(error).toMatchObject({ category: 'server', retryable: true });
    expect(events.filter(({ type }) => type === 'audio' || type === 'chunk_done')).toEqual([]);
  });

  it('reports an unreachable server', async () => {
    const gone = await startElevenLabsSimulator();
    await gone.close();
    const answer = await new SpokenAnswer(voices.create({ connection, baseUrl: gone.baseUrl })).speak(
      sentences,
    );
    expect(answer.error).toMatchObject({ category: 'connection', retryable: true });
  });

  it('gives up on a server that stalls in the middle of an answer', async () => {
    const clock = new VirtualClock();
    voices.simulator.failNext({ fault: 'stall', afterPieces: 1 });
    const answer = new SpokenAnswer(voices.create({ connection, clock, audioTimeoutMs: 1500 }));
    const spoken = answer.speak(sentences);
    await answer.first('audio');
    clock.advance(1500);
    await spoken;
    expect(answer.error).toMatchObject({ category: 'timeout', retryable: true });
  });

  it('refuses a format that ElevenLabs does not make', async () => {
    const wideMulaw: AudioFormat = { encoding: 'mulaw', sampleRateHz: 16000 };
    const answer = await new SpokenAnswer(voices.create({ connection }), wideMulaw).speak(sentences);
    expect(answer.events).toHaveLength(1);
    expect(answer.error).toMatchObject({ category: 'bad_request', retryable: false });
  });
});

describe('the HTTP connection of ElevenLabs', () => {
  it('is opened when the caller begins to speak, and kept for the answers', async () => {
    const quiet = await startElevenLabsSimulator({
      apiKey: elevenLabsKey,
      pace: { firstAudioMs: 0, pieceMs: 0 },
    });
    const tts = voices.create({
      connection: 'http',
      baseUrl: quiet.baseUrl,
      voiceId: 'JBFqnCBsd6RMkjVDRZzb',
      // The first answer loads the vendor's library.
      firstAudioTimeoutMs: 30_000,
    });
    tts.preconnect(phoneFormat);
    while (quiet.warmings < 1) await nextTurn();
    await new SpokenAnswer(tts).speak(sentences);
    const connections = quiet.httpConnections;
    for (let turn = 0; turn < 3; turn++) {
      tts.preconnect(phoneFormat);
      expect((await new SpokenAnswer(tts).speak(sentences)).error).toBeNull();
    }
    expect([quiet.httpConnections, quiet.warmings]).toEqual([connections, 1]);
    await tts.close();
    await quiet.close();
  });
});

describe('an answer by ElevenLabs', () => {
  it.each(['websocket', 'http'] as const)(
    'of a third-generation model is spoken by HTTP only (%s)',
    async (connection) => {
      const answer = await new SpokenAnswer(voices.create({ connection, modelId: 'eleven_v3' })).speak(
        sentences,
      );
      if (connection === 'http') expect(answer.events.at(-1)).toEqual({ type: 'done' });
      else expect(answer.error).toMatchObject({ category: 'bad_request', field: 'tts.modelId' });
      expect(voices.simulator.connections).toBe(0);
    },
  );
});

describe('the id of a request to ElevenLabs', () => {
  const http = { connection: 'http' } as const;

  it('is reported for each HTTP request, as in its header', async () => {
    const { incidents } = await new SpokenAnswer(voices.create(http)).speak(sentences);
    expect(incidents).toEqual(
      sentences.map(() => ({
        ...{ type: 'request', kind: 'tts', provider: 'elevenlabs' },
        requestId: expect.stringMatching(/^simulated-\d+$/),
      })),
    );
  });

  it('is in the error of a refused HTTP request', async () => {
    voices.simulator.failNext({ fault: 'refuse', status: 500 });
    const { error } = await new SpokenAnswer(voices.create(http)).speak(sentences);
    expect(error?.requestId).toMatch(/^simulated-\d+$/);
  });

  it('is not made up for a socket, which has none', async () => {
    const { incidents, error } = await new SpokenAnswer(voices.create()).speak(sentences);
    expect([incidents, error]).toEqual([[], null]);
  });
});
