import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ElevenLabsVoices, elevenLabsKey } from '../../../test/harness/elevenlabs-voices.js';
import { sentences, SpokenAnswer } from '../../../test/harness/spoken-answer.js';
import type { ProviderError } from '../../core/errors.js';
import type { ElevenLabsFault, ErrorWording } from '../../simulators/elevenlabs/elevenlabs-fault.js';
import type { SimulatedElevenLabsVoice } from '../../simulators/elevenlabs/simulated-account.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulatorOptions,
} from '../../simulators/elevenlabs/elevenlabs-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { ElevenLabsOptions } from './elevenlabs-text-to-speech.js';

let voices: ElevenLabsVoices;

beforeAll(async () => {
  voices = await ElevenLabsVoices.start();
});
beforeEach(() => voices.reset());
afterEach(() => voices.closeProviders());
afterAll(() => voices.close());

describe('an answer by ElevenLabs', () => {
  it('may pause between sentences without a time-out', async () => {
    const clock = new VirtualClock();
    const answer = new SpokenAnswer(voices.create({ clock }));
    answer.stream.write('One.');
    await answer.first('audio');
    clock.advance(60_000);
    await answer.speak(['Two.']);
    expect(answer.error).toBeNull();
  });

  it('fails if the handshake is never answered', async () => {
    const clock = new VirtualClock();
    voices.simulator.failNext({ fault: 'no_handshake' });
    const answer = new SpokenAnswer(voices.create({ clock, firstAudioTimeoutMs: 2000 }));
    const connection = voices.simulator.nextConnection();
    const spoken = answer.speak(sentences);
    await connection;
    clock.advance(2000);
    await spoken;
    expect(answer.error).toMatchObject({ category: 'timeout', retryable: true });
  });

  const library: SimulatedElevenLabsVoice[] = [{ id: 'library-voice', category: 'professional' }];
  it.each<[string, Partial<ElevenLabsOptions>, Partial<ElevenLabsSimulatorOptions>, Partial<ProviderError>]>([
    [
      'an unknown voice',
      { voiceId: '21m00Tcm4TlvDq8ikWAM' },
      {},
      { category: 'bad_request', field: 'tts.voiceId' },
    ],
    [
      'an unknown model',
      { modelId: 'eleven_monolingual_v1' },
      {},
      { category: 'bad_request', field: 'tts.modelId' },
    ],
    [
      'a voice that its plan does not include',
      { voiceId: 'library-voice' },
      { plan: 'free', voices: library },
      { category: 'bad_request', field: 'tts.voiceId' },
    ],
    ['a wrong key', { voiceId: 'any', apiKey: 'el-wrong-8f31' }, {}, { category: 'auth' }],
  ])('that is refused for %s after the handshake is requested once', async (_, options, server, expected) => {
    const refusing = await startElevenLabsSimulator({ apiKey: elevenLabsKey, ...server });
    const answer = await new SpokenAnswer(voices.create({ baseUrl: refusing.baseUrl, ...options })).speak(
      sentences,
    );
    expect(answer.error).toMatchObject({ retryable: false, ...expected });
    if (expected.field !== undefined) {
      expect(answer.error?.message).toContain(Object.values(options)[0]);
      expect(answer.error?.message).toContain(`Set ${expected.field}`);
    }
    expect(`${answer.error?.stack}`).not.toContain('el-wrong-8f31');
    expect([refusing.connections, refusing.texts]).toEqual([1, []]);
    await refusing.close();
  });

  it.each([
    ['voice_id_does_not_exist', false],
    ['max_active_conversations', false],
    ['quota_exceeded', false],
    ['insufficient_credits', false],
    ['content_policy_violation', false],
    ['something_new', true],
    ['internal_server_error', true],
    ['server_error', true],
    ['something_went_wrong', true],
    ['voice_service_unavailable', true],
    ['model_overloaded', true],
    ['rate_limit_exceeded', true],
    ['too_many_concurrent_requests', true],
    ['system_busy', true],
    ['input_timeout_exceeded', true],
  ])('that ends with %s is retryable: %s', async (code, retryable) => {
    voices.simulator.failNext({ fault: 'error', code, afterPieces: 0 });
    const answer = await new SpokenAnswer(voices.create()).speak(sentences);
    expect(answer.error).toMatchObject({ retryable });
  });

  it.each(['internal_server_error', 'server_error', 'something_went_wrong', 'something_new'])(
    "counts %s as the server's own failure",
    async (code) => {
      voices.simulator.failNext({ fault: 'error', code, afterPieces: 1 });
      expect((await new SpokenAnswer(voices.create()).speak(sentences)).error).toMatchObject({
        category: 'server',
      });
    },
  );

  it.each<[ErrorWording, string, Partial<ProviderError>]>([
    ['error_object', 'service_unavailable', { category: 'server', retryable: true }],
    ['error_object', 'voice_not_found', { category: 'bad_request', field: 'tts.voiceId' }],
    ['detail_object', 'system_busy', { category: 'server', retryable: true }],
    ['detail_object', 'rate_limit_exceeded', { category: 'rate_limit', retryable: true }],
    ['detail_sentence', 'busy', { category: 'server', retryable: true }],
  ])('reports an error worded as %s, %s', async (worded, code, expected) => {
    voices.simulator.failNext({ fault: 'error', code, worded, afterPieces: 1 });
    const answer = await new SpokenAnswer(voices.create()).speak(sentences);
    expect(answer.error).toMatchObject(expected);
    expect(answer.error?.message).toContain(code);
  });

  it('sends text unchanged, even tags, since the server does not read SSML', async () => {
    await new SpokenAnswer(voices.create()).speak(['One <break time="1s"/> two.']);
    expect(voices.simulator.texts).toEqual(['One <break time="1s"/> two. ']);
  });

  it('ignores unknown messages and counts them', async () => {
    const odd = await startElevenLabsSimulator({
      apiKey: elevenLabsKey,
      manners: { unknown: true },
      pace: { firstAudioMs: 0, pieceMs: 0 },
    });
    const tts = voices.create({ baseUrl: odd.baseUrl });
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toBeNull();
    expect(tts.ignoredMessages).toBe(odd.sentAudio.length);
    await tts.close();
    await odd.close();
  });

  it('ignores text that is no message and counts it', async () => {
    const odd = await startElevenLabsSimulator({
      apiKey: elevenLabsKey,
      manners: { oddFrames: true },
      pace: { firstAudioMs: 0, pieceMs: 0 },
    });
    const tts = voices.create({ baseUrl: odd.baseUrl });
    const answer = await new SpokenAnswer(tts).speak(sentences);
    expect(answer.events.at(-1)).toEqual({ type: 'done' });
    expect(answer.bytes.equals(Buffer.concat(odd.sentAudio))).toBe(true);
    expect(tts.ignoredMessages).toBe(odd.sentAudio.length);
    await tts.close();
    await odd.close();
  });

  it.each<[string, ElevenLabsFault, Partial<ProviderError>]>([
    ['half a message of audio', { fault: 'garbage', afterPieces: 1 }, { category: 'server' }],
    [
      'an error in the middle',
      { fault: 'error', code: 'quota_exceeded', afterPieces: 1 },
      { category: 'rate_limit', retryable: false },
    ],
    ['an answer without audio', { fault: 'no_audio' }, { category: 'server' }],
  ])('reports %s', async (_, fault, expected) => {
    const tts = voices.create();
    voices.simulator.failNext(fault);
    const answer = await new SpokenAnswer(tts).speak([
      'A sentence that takes a good while to be spoken, so to say.',
    ]);
    expect(answer.error).toMatchObject(expected);
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toBeNull();
  });

  it('is done once all of it was spoken, even if the server never says so', async () => {
    const clock = new VirtualClock();
    voices.simulator.failNext({ fault: 'never_final' });
    const answer = new SpokenAnswer(voices.create({ clock, audioTimeoutMs: 1500 }));
    const spoken = answer.speak(['Yes.', 'No.']);
    await answer.first('chunk_done');
    clock.advance(1500);
    await spoken;
    expect(answer.events.at(-1)).toEqual({ type: 'done' });
  });
});
