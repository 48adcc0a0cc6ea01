import { afterEach, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { CartesiaVoices } from '../../../test/harness/cartesia-voices.js';
import { phoneFormat, sentences, webFormat, SpokenAnswer } from '../../../test/harness/spoken-answer.js';
import type { AudioFormat } from '../../audio/audio-frame.js';
import type { ProviderError } from '../../core/errors.js';
import type { TtsUsage } from '../../metrics/provider-usage.js';
import { cartesiaTts } from '../../simulators/cartesia/cartesia-definition.js';
import {
  startCartesiaVoiceSimulator,
  type CartesiaVoiceSimulator,
} from '../../simulators/cartesia/cartesia-voice-simulator.js';
import { textToSpeechContract } from '../../simulators/contracts/text-to-speech-contract.js';
import type { VoiceFault } from '../../simulators/vendor-simulator.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { cartesiaTextToSpeech } from './cartesia-text-to-speech.js';

const { apiKey } = cartesiaTts;
const pace = { firstAudioMs: 0, pieceMs: 0 };
const voices = new CartesiaVoices();
afterEach(() => voices.close());

for (const manners of ['documented', 'random'] as const) {
  let simulator: CartesiaVoiceSimulator | undefined;
  describeContract(
    `Cartesia with ${manners} manners as a TextToSpeech`,
    textToSpeechContract({
      create: async () => {
        simulator ??= await startCartesiaVoiceSimulator({
          apiKey,
          pace,
          ...(manners === 'random' && { manners }),
        });
        const tts = cartesiaTextToSpeech({ apiKey, baseUrl: simulator.baseUrl });
        const close = tts.close.bind(tts);
        tts.close = async () => {
          await close();
          await simulator?.close();
          expect(simulator?.problems).toEqual([]);
        };
        return tts;
      },
    }),
  );
}

describe('an answer by Cartesia', () => {
  it('gives each byte that was sent once and in order', async () => {
    const simulator = await voices.simulate();
    const answer = await new SpokenAnswer(voices.create(simulator)).speak(sentences);
    expect(answer.error).toBeNull();
    expect(answer.bytes.equals(Buffer.concat(simulator.sentAudio))).toBe(true);
    expect(simulator.texts.map((text) => text.trim())).toEqual(sentences);
    expect(simulator.problems).toEqual([]);
  });

  it('sends the options as Cartesia names them, and accepts further ones', async () => {
    const simulator = await voices.simulate();
    const tts = voices.create(simulator, {
      ...{ language: 'de', speed: 1.2, volume: 0.8, emotion: 'calm', pronunciationDictId: 'dict' },
      ...{ maxBufferDelayMs: 200, extra: { normalization: 'off' } },
    });
    const answer = await new SpokenAnswer(tts, webFormat).speak(sentences);
    expect(answer.error).toBeNull();
    expect(simulator.problems).toEqual([]);
  });

  it('tells apart pauses: text behind one is spoken in a new context', async () => {
    const clock = new VirtualClock();
    const simulator = await voices.simulate();
    const answer = new SpokenAnswer(voices.create(simulator, { clock }));
    answer.stream.write(sentences[0]!);
    await answer.first('chunk_done');
    clock.advance(5000);
    answer.stream.write(sentences[1]!);
    answer.stream.end();
    await Promise.race([answer.first('done'), answer.first('error')]);
    expect(answer.error).toBeNull();
    expect(simulator.billed).toHaveLength(2);
    expect(simulator.problems).toEqual([]);
    expect(doneChunks(answer)).toEqual([0, 1]);
    const words = answer.events.findLast((event) => event.type === 'alignment' && event.chunk === 1);
    expect(words).toMatchObject({
      origin: 'measured',
      words: [{ text: 'What', startMs: 23 * 60 }, {}, {}, {}, {}],
    });
  });

  it('survives that the server ends its context in a pause', async () => {
    const clock = new VirtualClock();
    const simulator = await voices.simulate({ clock });
    const answer = new SpokenAnswer(voices.create(simulator));
    answer.stream.write(sentences[0]!);
    await settled(clock, () => doneChunks(answer).length === 1);
    clock.advance(1000);
    const tts = answer.stream;
    await untilEnded(simulator);
    tts.write(sentences[1]!);
    tts.end();
    await settled(clock, () => answer.events.at(-1)?.type === 'done' || answer.error !== null);
    expect(answer.error).toBeNull();
    expect(doneChunks(answer)).toEqual([0, 1]);
    expect(simulator.problems).toEqual([]);
  });

  it('ends at once if nothing was left to speak and the context has expired', async () => {
    const clock = new VirtualClock();
    const simulator = await voices.simulate();
    const answer = new SpokenAnswer(voices.create(simulator, { clock }));
    answer.stream.write(sentences[0]!);
    await answer.first('chunk_done');
    clock.advance(5000);
    answer.stream.end();
    await answer.first('done');
    expect(answer.error).toBeNull();
    expect(simulator.problems).toEqual([]);
  });

  it('refuses a format that Cartesia does not make', async () => {
    const wideMulaw: AudioFormat = { encoding: 'mulaw', sampleRateHz: 16000 };
    const answer = await new SpokenAnswer(voices.create(await voices.simulate()), wideMulaw).speak(sentences);
    expect(answer.events).toHaveLength(1);
    expect(answer.error).toMatchObject({ category: 'bad_request', retryable: false });
  });

  it('reports the id of its connection', async () => {
    const { incidents } = await new SpokenAnswer(voices.create(await voices.simulate())).speak(sentences);
    expect(incidents).toEqual([
      { type: 'request', kind: 'tts', provider: 'cartesia', requestId: 'simulated-550e8400' },
    ]);
  });
});

describe('a failure of Cartesia', () => {
  const refusals: readonly (readonly [string, VoiceFault, Partial<ProviderError>])[] = [
    ['a refused key', { fault: 'refuse', status: 401 }, { category: 'auth', retryable: false }],
    ['missing credits', { fault: 'refuse', status: 402 }, { category: 'auth', retryable: false }],
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
    ['half a message', { fault: 'garbage', afterPieces: 1 }, { category: 'server', retryable: true }],
    ['another encoding', { fault: 'wrong_encoding' }, { category: 'server', retryable: true }],
  ];

  it.each(refusals)('%s is reported once, and the next answer is spoken', async (_, fault, expected) => {
    const simulator = await voices.simulate();
    const tts = voices.create(simulator);
    simulator.failNext(fault);
    const answer = await new SpokenAnswer(tts).speak(sentences);
    expect(answer.error).toMatchObject({ kind: 'tts', provider: 'cartesia', ...expected });
    expect(answer.events.filter(({ type }) => type === 'error')).toHaveLength(1);
    expect(`${answer.error?.stack} ${(answer.error?.cause as Error).stack}`).not.toContain(apiKey);
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toBeNull();
  });

  it('names the variable of a refused key, and where credits are bought', async () => {
    const simulator = await voices.simulate();
    simulator.failNext({ fault: 'refuse', status: 401 }, { fault: 'refuse', status: 402 });
    const refused = await new SpokenAnswer(voices.create(simulator)).speak(sentences);
    expect(refused.error?.message).toContain('CARTESIA_API_KEY');
    const poor = await new SpokenAnswer(voices.create(simulator)).speak(sentences);
    expect(poor.error?.message).toContain('https://play.cartesia.ai');
  });

  it.each([
    ['model', { model: 'sonata' }, 'tts.model'],
    ['voice', { voiceId: 'unknown' }, 'tts.voiceId'],
  ])('names the %s that was refused', async (_, options, field) => {
    const simulator = await voices.simulate({ voices: ['f786b574-daa5-4673-aa0c-cbe3e8534c02'] });
    const { error } = await new SpokenAnswer(voices.create(simulator, options)).speak(sentences);
    expect(error).toMatchObject({ category: 'bad_request', field, requestId: 'simulated-550e8400' });
    expect(error?.message).toContain(Object.values(options)[0]);
  });

  it('is a time-out if the server stalls in the middle of an answer', async () => {
    const clock = new VirtualClock();
    const simulator = await voices.simulate();
    simulator.failNext({ fault: 'stall', afterPieces: 1 });
    const answer = new SpokenAnswer(voices.create(simulator, { clock, audioTimeoutMs: 1500 }));
    const spoken = answer.speak(sentences);
    await answer.first('audio');
    clock.advance(1500);
    await spoken;
    expect(answer.error).toMatchObject({ category: 'timeout', retryable: true });
  });

  it('does not lose or add audio if the end overtakes it, or more follows', async () => {
    const simulator = await voices.simulate();
    const tts = voices.create(simulator);
    for (const fault of ['out_of_order', 'stale_audio'] as const) {
      simulator.failNext({ fault });
      simulator.sentAudio.length = 0;
      const answer = await new SpokenAnswer(tts).speak(sentences);
      expect(answer.error).toBeNull();
      expect(answer.bytes.equals(Buffer.concat(simulator.sentAudio))).toBe(true);
      expect(doneChunks(answer)).toEqual([0, 1]);
    }
  });
});

describe('the usage of Cartesia', () => {
  /** Opens an answer; `ended` resolves when it is done or has failed, or after this many pieces of audio. */
  function open(simulator: CartesiaVoiceSimulator, enoughPieces = Infinity) {
    const reports: TtsUsage[] = [];
    let pieces = 0;
    let finish: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (finish = resolve));
    const stream = voices.create(simulator).open({
      format: phoneFormat,
      signal: new AbortController().signal,
      onEvent: ({ type }) => {
        if (type === 'audio') pieces++;
        if (type === 'done' || type === 'error' || pieces >= enoughPieces) finish();
      },
      onUsage: (usage) => reports.push(usage),
    });
    return { stream, ended, reports };
  }
  const used = { kind: 'tts', provider: 'cartesia', model: 'sonic-3.5' };

  it.each([
    ['a complete answer', null],
    ['a failed answer', { fault: 'drop', afterPieces: 2 }],
  ] as const)('equals what is billed for %s', async (_, fault) => {
    const simulator = await voices.simulate();
    if (fault) simulator.failNext(fault);
    const { stream, ended, reports } = open(simulator);
    for (const sentence of sentences) stream.write(sentence);
    stream.end();
    await ended;
    expect(reports).toEqual([{ ...used, ...simulator.billed[0] }]);
  });

  it('equals what is billed for an answer that is cut', async () => {
    const simulator = await voices.simulate();
    simulator.failNext({ fault: 'stall', afterPieces: 2 });
    const { stream, ended, reports } = open(simulator, 2);
    stream.write(sentences[0]!);
    await ended;
    stream.close();
    expect(reports).toEqual([{ ...used, ...simulator.billed[0] }]);
  });

  it('is nothing for an answer that was never sent', async () => {
    const { stream, reports } = open(await voices.simulate());
    stream.write(sentences[0]!);
    stream.close();
    expect(reports).toEqual([]);
  });
});

describe('the check of Cartesia', () => {
  const signal = new AbortController().signal;

  it('passes with the right key and a known voice', async () => {
    const simulator = await voices.simulate();
    await voices.create(simulator).probe(signal);
    expect([simulator.probes, simulator.attempts]).toEqual([1, 0]);
  });

  it('refuses a wrong key and an unknown voice, at start too', async () => {
    const simulator = await voices.simulate({ voices: ['known'] });
    const wrong = voices.create(simulator, { apiKey: 'sk_car_wrong_4711' });
    await expect(wrong.probe(signal)).rejects.toMatchObject({ category: 'auth' });
    await expect(wrong.warmUp()).rejects.toMatchObject({ category: 'auth' });
    const unknown = { category: 'bad_request', field: 'tts.voiceId' };
    await expect(voices.create(simulator).warmUp()).rejects.toMatchObject(unknown);
    await voices.create(simulator, { voiceId: 'known' }).warmUp();
  });

  it('reports an unreachable server', async () => {
    const gone = await startCartesiaVoiceSimulator();
    await gone.close();
    await expect(voices.create(gone).probe(signal)).rejects.toMatchObject({ category: 'connection' });
    await voices.create(gone).warmUp();
    expect((await new SpokenAnswer(voices.create(gone)).speak(sentences)).error).toMatchObject({
      category: 'connection',
    });
  });
});

function doneChunks({ events }: SpokenAnswer): readonly number[] {
  return events.flatMap((event) => (event.type === 'chunk_done' ? [event.chunk] : []));
}

/** Moves the simulator's time until the condition holds. */
async function settled(clock: VirtualClock, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    clock.advance(0);
    await nextTurn();
  }
}

/** Lets messages that were sent arrive. */
async function untilEnded({ openSockets }: CartesiaVoiceSimulator): Promise<void> {
  for (let turn = 0; turn < 50 * openSockets; turn++) await nextTurn();
}
