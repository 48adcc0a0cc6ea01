import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeContract } from '../../../../test/contracts/describe-contract.js';
import { OpenAiVoices, openAiVoiceKey } from '../../../../test/harness/openai-voices.js';
import { phoneFormat, sentences, SpokenAnswer, webFormat } from '../../../../test/harness/spoken-answer.js';
import type { ProviderError } from '../../../core/errors.js';
import type { TtsUsage } from '../../../metrics/provider-usage.js';
import { loadHttp } from '../../../network/http-client.js';
import { textToSpeechContract } from '../../../simulators/contracts/text-to-speech-contract.js';
import {
  startOpenAiVoiceSimulator,
  type OpenAiVoiceSimulatorOptions,
} from '../../../simulators/openai/voice/openai-voice-simulator.js';
import type { VoiceFault } from '../../../simulators/vendor-simulator.js';
import { VirtualClock } from '../../../simulators/virtual-clock.js';
import type { TextToSpeech } from '../../text-to-speech.js';
import { openAiTextToSpeech } from './openai-text-to-speech.js';
import { openAiTts } from './openai-voice-definition.js';

const opened: OpenAiVoices[] = [];

async function start(options: OpenAiVoiceSimulatorOptions = {}): Promise<OpenAiVoices> {
  const voices = await OpenAiVoices.start(options);
  opened.push(voices);
  return voices;
}

beforeAll(() => loadHttp());
afterEach(async () => {
  await Promise.all(opened.splice(0).map((voices) => voices.close()));
});

/** The samples that an answer gave, as bytes. */
function bytesOf({ events }: SpokenAnswer): Buffer {
  const parts = events.flatMap((event) => (event.type === 'audio' ? [event.frame.samples] : []));
  return Buffer.concat(parts.map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength)));
}

/** An answer whose use is kept. */
function answerWith(tts: TextToSpeech): { readonly answer: SpokenAnswer; readonly usage: TtsUsage[] } {
  const usage: TtsUsage[] = [];
  const spying: TextToSpeech = {
    ...{ name: tts.name, produces: tts.produces },
    open: (options) => tts.open({ ...options, onUsage: (used) => usage.push(used) }),
  };
  return { answer: new SpokenAnswer(spying, webFormat), usage };
}

function sum(usage: readonly Pick<TtsUsage, 'characters' | 'seconds'>[]): object {
  return {
    characters: usage.reduce((total, { characters }) => total + characters, 0),
    seconds: expect.closeTo(
      usage.reduce((total, { seconds }) => total + seconds, 0),
      6,
    ),
  };
}

for (const manners of [undefined, 'random'] as const) {
  const voices = OpenAiVoices.start(manners && { manners, seed: 7 });
  const suite = textToSpeechContract({ create: async () => (await voices).create() });
  describeContract(`OpenAI's voice as a TextToSpeech, ${manners ?? 'documented'}`, {
    cases: suite.cases,
    close: async () => {
      await suite.close();
      await (await voices).close();
    },
  });
}

describe("OpenAI's voice", () => {
  it('gives each byte that was sent once and in order, however the pieces are cut', async () => {
    const { simulator, create } = bound(await start({ manners: { cutsSamples: true } }));
    const answer = await new SpokenAnswer(create(), webFormat).speak(sentences);
    const [given, sent] = [bytesOf(answer), Buffer.concat(simulator.sentAudio)];
    // The tone begins with a sample of silence, which is dropped.
    expect(sent.length - given.length).toBeLessThan(8);
    expect(given.equals(sent.subarray(sent.length - given.length))).toBe(true);
    expect(simulator.calls.map(({ input }) => input)).toEqual(sentences);
    expect(simulator.problems).toEqual([]);
  });

  it('drops the silence before the first sound', async () => {
    const { create } = bound(await start({ manners: { leadingSilenceMs: 400 } }));
    const answer = await new SpokenAnswer(create(), webFormat).speak([sentences[0]!]);
    const first = answer.events[0];
    expect(first?.type === 'audio' && Math.abs(first.frame.samples[1] ?? 0)).toBeGreaterThan(100);
  });

  it('sends voice, instructions, speed and other fields as OpenAI names them', async () => {
    const { simulator, create } = bound(await start());
    const tts = create({ voice: 'voice_1234', instructions: 'Calmly.', speed: 1.2, extra: { speed: 1.5 } });
    await new SpokenAnswer(tts, webFormat).speak(['Hello.']);
    expect(simulator.calls).toMatchObject([
      { model: 'gpt-4o-mini-tts', voice: 'voice_1234', instructions: 'Calmly.', speed: 1.5 },
    ]);
    expect(simulator.problems).toEqual([]);
  });

  it('asks for the next text while the one before it is spoken, but for no more than two at a time', async () => {
    const clock = new VirtualClock();
    const { simulator, create } = bound(await start({ clock, pace: { firstAudioMs: 75, pieceMs: 5 } }));
    const answer = new SpokenAnswer(create({ clock }), webFormat);
    for (const text of ['One.', 'Two.', 'Three.', 'Four.']) answer.stream.write(text);
    answer.stream.end();
    await simulator.received(2);
    await nextTurn();
    expect(simulator.attempts).toBe(2);
    while (answer.events.at(-1)?.type !== 'done') {
      clock.advance(5);
      await nextTurn();
    }
    expect(simulator.mostAnswers).toBe(2);
    const chunks = answer.events.flatMap((event) => (event.type === 'chunk_done' ? [event.chunk] : []));
    expect(chunks).toEqual([0, 1, 2, 3]);
  });

  it('reports the id of each request', async () => {
    const { create } = bound(await start());
    const answer = await new SpokenAnswer(create(), webFormat).speak(sentences);
    expect(answer.incidents).toEqual([
      { type: 'request', kind: 'tts', provider: 'openai', requestId: 'req_simulated_1' },
      { type: 'request', kind: 'tts', provider: 'openai', requestId: 'req_simulated_2' },
    ]);
  });

  const refusals: readonly (readonly [string, VoiceFault, Partial<ProviderError>])[] = [
    ['a refused key', { fault: 'refuse', status: 401 }, { category: 'auth', retryable: false }],
    ['an account without credit', { fault: 'refuse', status: 402 }, { category: 'auth', retryable: false }],
    [
      'too many requests',
      { fault: 'refuse', status: 429, retryAfter: '2' },
      { category: 'rate_limit', retryable: true, retryAfterMs: 2000 },
    ],
    ['a server error', { fault: 'refuse', status: 503 }, { category: 'server', retryable: true }],
    [
      'a connection that breaks',
      { fault: 'drop', afterPieces: 2 },
      { category: 'connection', retryable: true },
    ],
    ['half a message', { fault: 'garbage', afterPieces: 2 }, { category: 'connection', retryable: true }],
    ['another encoding', { fault: 'wrong_encoding' }, { category: 'server', retryable: true }],
  ];

  it.each(refusals)('reports %s once and can speak the next answer', async (_, fault, expected) => {
    const { simulator, create } = bound(await start());
    const tts = create();
    simulator.failNext(fault);
    const { answer, usage } = answerWith(tts);
    await answer.speak([sentences[0]!]);
    expect(answer.error).toMatchObject({ kind: 'tts', provider: 'openai', ...expected });
    expect(answer.events.filter(({ type }) => type === 'error')).toHaveLength(1);
    expect(`${answer.error?.stack}${String(answer.error?.cause)}`).not.toContain(openAiVoiceKey);
    expect(sum(usage)).toEqual(sum(simulator.billed));
    expect((await new SpokenAnswer(tts, webFormat).speak(sentences)).error).toBeNull();
  });

  it('speaks the text before one that is refused to its end', async () => {
    const { simulator, create } = bound(await start());
    const answer = new SpokenAnswer(create(), webFormat);
    answer.stream.write('Good morning.');
    await simulator.received(1);
    simulator.failNext({ fault: 'refuse', status: 500 });
    answer.stream.write('How are you?');
    await answer.first('error');
    expect(answer.events.map(({ type }) => type).slice(-2)).toEqual(['chunk_done', 'error']);
  });

  it('gives up on a server that stalls', async () => {
    const clock = new VirtualClock();
    const { simulator, create } = bound(await start({ clock, pace: { firstAudioMs: 75, pieceMs: 5 } }));
    simulator.failNext({ fault: 'stall', afterPieces: 0 });
    const answer = new SpokenAnswer(create({ clock }), webFormat);
    answer.stream.write('Good morning.');
    await simulator.received(1);
    clock.advance(5000);
    await answer.first('error');
    expect(answer.error).toMatchObject({ category: 'timeout', message: 'OpenAI gave no audio for 5000 ms.' });
  });

  it('reports an unknown model, and names another', async () => {
    const { create } = bound(await start());
    const tts = create({ model: 'tts-9' });
    const answer = await new SpokenAnswer(tts, webFormat).speak(['Hello.']);
    expect(answer.error).toMatchObject({ category: 'bad_request', field: 'tts.model' });
    await expect(tts.warmUp()).rejects.toMatchObject({ category: 'bad_request', field: 'tts.model' });
  });

  it('reports an unknown voice', async () => {
    const { create } = bound(await start());
    const answer = await new SpokenAnswer(create({ voice: 'rachel' }), webFormat).speak(['Hello.']);
    expect(answer.error).toMatchObject({ category: 'bad_request', field: 'tts.voice' });
  });

  it('refuses a format that it does not have', async () => {
    const { create } = bound(await start());
    const answer = await new SpokenAnswer(create(), phoneFormat).speak(['Hello.']);
    expect(answer.error).toMatchObject({ category: 'bad_request' });
  });

  it('reports an unreachable server', async () => {
    const gone = await startOpenAiVoiceSimulator();
    await gone.close();
    const tts = openAiTextToSpeech({ apiKey: openAiVoiceKey, baseUrl: gone.baseUrl });
    const { answer, usage } = answerWith(tts);
    await answer.speak(sentences);
    expect(answer.error).toMatchObject({ category: 'connection', retryable: true });
    expect(usage).toEqual([]);
    await tts.close();
  });
});

describe("the check of OpenAI's voice", () => {
  it('says when the model will be shut down', async () => {
    const { simulator, create } = bound(await start());
    await expect(create().warmUp()).resolves.toMatchObject([
      { field: 'tts.model', message: "The model 'gpt-4o-mini-tts' will be shut down on 2027-01-06." },
    ]);
    expect(simulator.problems).toEqual([]);
  });

  it('rejects if the key is refused', async () => {
    const { create } = bound(await start());
    await expect(create({ apiKey: 'sk-test-wrong-991' }).warmUp()).rejects.toMatchObject({
      category: 'auth',
      message: 'OpenAI refused the key (HTTP 401). Check OPENAI_API_KEY, or the apiKey in the config.',
    });
  });
});

describe("connections to OpenAI's voice", () => {
  it('are opened ahead and kept', async () => {
    const { simulator, create } = bound(await start());
    const tts = create();
    tts.preconnect();
    await simulator.idle();
    while (simulator.probes === 0) await nextTurn();
    await new SpokenAnswer(tts, webFormat).speak(['Hello.']);
    await new SpokenAnswer(tts, webFormat).speak(['Hello again.']);
    expect(simulator.connections).toBeLessThanOrEqual(2);
  });

  it('end when the answer is closed', async () => {
    const clock = new VirtualClock();
    const { simulator, create } = bound(await start({ clock, pace: { firstAudioMs: 75, pieceMs: 5 } }));
    const { answer, usage } = answerWith(create({ clock }));
    answer.stream.write('Good morning, this is the front desk.');
    await simulator.received(1);
    // Two pieces: so much is awaited before the answer begins.
    clock.advance(75 + 5);
    await answer.first('audio');
    answer.stream.close();
    await simulator.idle();
    expect(sum(usage)).toEqual(sum(simulator.billed));
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("the config of OpenAI's voice", () => {
  it.each([
    [{ model: 'gpt-realtime-2.1-mini' }, ['model']],
    [{ model: 'tts-1', instructions: 'Calmly.' }, ['instructions']],
    [{ baseUrl: 'https://name.openai.azure.com' }, ['baseUrl']],
    [{ instructions: 'Calmly.', baseUrl: 'wss://api.openai.com/v1' }, []],
  ])('%j is checked', (config, fields) => {
    const problems = openAiTts.problemsOf?.({ apiKey: 'sk-a', ...config }) ?? [];
    expect(problems.map(({ field }) => field)).toEqual(fields);
  });
});

describe('what was used', () => {
  it('is what OpenAI bills for a complete answer', async () => {
    const { simulator, create } = bound(await start({ manners: 'random' }));
    const { answer, usage } = answerWith(create());
    await answer.speak([...sentences, '...']);
    expect(usage).toMatchObject([{ kind: 'tts', provider: 'openai', model: 'gpt-4o-mini-tts' }]);
    expect(sum(usage)).toEqual(sum(simulator.billed));
  });
});

function bound(voices: OpenAiVoices): {
  readonly simulator: OpenAiVoices['simulator'];
  readonly create: OpenAiVoices['create'];
} {
  return { simulator: voices.simulator, create: (options) => voices.create(options) };
}
