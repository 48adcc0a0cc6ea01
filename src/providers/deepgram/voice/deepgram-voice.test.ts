import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DeepgramVoices, deepgramVoiceKey } from '../../../../test/harness/deepgram-voices.js';
import { phoneFormat, sentences, SpokenAnswer, webFormat } from '../../../../test/harness/spoken-answer.js';
import type { ProviderError } from '../../../core/errors.js';
import type { DeepgramVoiceFault } from '../../../simulators/deepgram/voice/deepgram-voice-fault.js';
import { VirtualClock } from '../../../simulators/virtual-clock.js';

let voices: DeepgramVoices;

beforeEach(async () => {
  voices = await DeepgramVoices.start();
});
afterEach(() => voices.close());

const types = ({ events }: SpokenAnswer): string[] => events.map(({ type }) => type);

/** Waits for something that the network brings. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await nextTurn();
}

describe('Deepgram as a voice', () => {
  it('gives each byte that Deepgram sent once and in order', async () => {
    const answer = await new SpokenAnswer(voices.create()).speak(sentences);
    expect(answer.bytes.equals(Buffer.concat(voices.simulator.sentAudio))).toBe(true);
    expect(voices.simulator.texts).toEqual(sentences);
    expect(voices.simulator.problems).toEqual([]);
    expect(types(answer).filter((type) => type !== 'audio')).toEqual(['chunk_done', 'chunk_done', 'done']);
  });

  it('asks for the format, the voice and the options of the config', async () => {
    const tts = voices.create({
      voice: 'aura-2-celeste-es',
      speed: 0.9,
      mipOptOut: true,
      extra: { tag: ['one', 'two'] },
    });
    await new SpokenAnswer(tts, webFormat).speak(['Hola.']);
    expect(voices.simulator.queries[0]?.parameters).toEqual({
      model: 'aura-2-celeste-es',
      encoding: 'linear16',
      sample_rate: '24000',
      speed: '0.9',
      mip_opt_out: 'true',
      tag: ['one', 'two'],
    });
  });

  it('tells the id of each connection once for an answer', async () => {
    const tts = voices.create();
    const request = { type: 'request', kind: 'tts', provider: 'deepgram', requestId: 'simulated' };
    for (const texts of [sentences, ['Once more.']])
      expect((await new SpokenAnswer(tts).speak(texts)).incidents).toEqual([request]);
  });

  it('speaks the next answer over the same connection', async () => {
    const tts = voices.create();
    for (let answer = 0; answer < 3; answer++) await new SpokenAnswer(tts).speak(sentences);
    expect(voices.simulator.attempts).toBe(1);
  });

  it('uses the connection that was opened when the caller began to speak', async () => {
    const tts = voices.create();
    tts.preconnect(phoneFormat);
    tts.preconnect(phoneFormat);
    await new SpokenAnswer(tts).speak(sentences);
    expect(voices.simulator.attempts).toBe(1);
  });

  it('never exceeds the limits of a connection, however long the answer', async () => {
    const long = Array.from({ length: 45 }, (_, index) => `Sentence number ${index}.`);
    const answer = await new SpokenAnswer(voices.create()).speak(long);
    expect(voices.simulator.problems).toEqual([]);
    expect(voices.simulator.texts).toEqual(long);
    expect(voices.simulator.attempts).toBe(3);
    expect(answer.bytes.equals(Buffer.concat(voices.simulator.sentAudio))).toBe(true);
    expect(answer.events.filter(({ type }) => type === 'chunk_done')).toHaveLength(45);
  });

  it('speaks a text that is longer than Deepgram takes', async () => {
    const text = Array.from({ length: 500 }, (_, index) => `word${index}`).join(' ');
    const answer = await new SpokenAnswer(voices.create()).speak([text]);
    expect(voices.simulator.problems).toEqual([]);
    expect(voices.simulator.texts.join(' ')).toBe(text);
    expect(types(answer).filter((type) => type !== 'audio')).toEqual(['chunk_done', 'done']);
  });

  it('completes chunks without words in their turn, without asking Deepgram', async () => {
    const answer = await new SpokenAnswer(voices.create()).speak(['...', 'Yes.', '!', 'No.', '?']);
    expect(voices.simulator.texts).toEqual(['Yes.', 'No.']);
    const order = answer.events.flatMap((event) =>
      event.type === 'audio' || event.type === 'chunk_done' ? [`${event.type} ${event.chunk}`] : [],
    );
    expect([...new Set(order)]).toEqual([
      'chunk_done 0',
      'audio 1',
      'chunk_done 1',
      'chunk_done 2',
      'audio 3',
      'chunk_done 3',
      'chunk_done 4',
    ]);
  });

  it('drops audio that comes after the last flush was answered', async () => {
    const tts = voices.create();
    voices.simulator.failNext({ fault: 'stale_audio' });
    const first = await new SpokenAnswer(tts).speak(sentences);
    const second = await new SpokenAnswer(tts).speak(['Next.']);
    const sent = Buffer.concat(voices.simulator.sentAudio);
    expect(sent.subarray(0, first.bytes.length).equals(first.bytes)).toBe(true);
    expect(sent.subarray(-second.bytes.length).equals(second.bytes)).toBe(true);
    expect(sent.length).toBeGreaterThan(first.bytes.length + second.bytes.length);
    expect(tts.ignoredMessages).toBeGreaterThan(0);
  });

  it('closes the connection of an answer that is cut, so that none of its audio is heard later', async () => {
    const tts = voices.create();
    const cut = new SpokenAnswer(tts);
    cut.stream.write(sentences[0]!);
    await cut.first('audio');
    cut.stream.close();
    const heard = cut.events.length;
    const next = await new SpokenAnswer(tts).speak(['Next.']);
    expect(cut.events).toHaveLength(heard);
    expect(voices.simulator.attempts).toBe(2);
    expect(next.bytes.length).toBe(8 * 60 * 'Next.'.length);
    expect(voices.simulator.problems).toEqual([]);
    await until(() => voices.simulator.openSockets === 1);
  });

  it('keeps a connection that was still being opened when its answer was cut', async () => {
    const tts = voices.create();
    const cut = new SpokenAnswer(tts);
    cut.stream.write(sentences[0]!);
    cut.stream.close();
    await new SpokenAnswer(tts).speak(['Next.']);
    expect(voices.simulator.texts).toEqual(['Next.']);
    expect(voices.simulator.attempts).toBe(1);
    expect(cut.usage).toEqual([]);
  });

  const refusals: readonly (readonly [string, DeepgramVoiceFault, Partial<ProviderError>])[] = [
    [
      'a refused key',
      { fault: 'refuse', status: 401, message: `No such key: ${deepgramVoiceKey}` },
      { category: 'auth', retryable: false },
    ],
    ['an empty account', { fault: 'refuse', status: 402 }, { category: 'auth', retryable: false }],
    [
      'too many connections',
      { fault: 'refuse', status: 429, retryAfter: '2' },
      { category: 'rate_limit', retryable: true, retryAfterMs: 2000 },
    ],
    [
      'an unknown voice',
      {
        fault: 'refuse',
        status: 400,
        message: 'Bad Request: No such model/version combination found.',
      },
      { category: 'bad_request', retryable: false, field: 'tts.voice' },
    ],
    ['a server error', { fault: 'refuse', status: 503 }, { category: 'server', retryable: true }],
    ['a broken connection', { fault: 'drop', afterPieces: 2 }, { category: 'connection', retryable: true }],
    ['a close', { fault: 'close', afterPieces: 2 }, { category: 'server', retryable: true }],
    [
      'a close for too many characters',
      { fault: 'close', afterPieces: 1, code: 1008, reason: 'DATA-0001' },
      { category: 'rate_limit', retryable: true },
    ],
    [
      'a close after a text that is no message',
      { fault: 'close', afterPieces: 1, code: 1008, reason: 'DATA-0000' },
      { category: 'bad_request', retryable: false },
    ],
    ['a refused flush', { fault: 'excessive_flush' }, { category: 'rate_limit', retryable: true }],
    ['another encoding', { fault: 'wrong_encoding' }, { category: 'server', retryable: true }],
    ['an answer without audio', { fault: 'no_audio' }, { category: 'server', retryable: true }],
  ];

  it.each(refusals)('reports %s once and can speak the next answer', async (_, fault, expected) => {
    const tts = voices.create();
    voices.simulator.failNext(fault);
    const answer = await new SpokenAnswer(tts).speak(sentences);
    expect(answer.error).toMatchObject({
      kind: 'tts',
      provider: 'deepgram',
      requestId: 'simulated',
      ...expected,
    });
    expect(types(answer).filter((type) => type === 'error')).toHaveLength(1);
    expect(
      `${answer.error?.stack} ${String((answer.error?.cause as Error | undefined)?.stack)}`,
    ).not.toContain(deepgramVoiceKey);
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toBeNull();
  });

  it('says that an account without credit needs some', async () => {
    voices.simulator.failNext({ fault: 'refuse', status: 402 });
    const { error } = await new SpokenAnswer(voices.create()).speak(sentences);
    expect(error?.message).toContain('no credit left');
  });

  it('is refused a format that Deepgram does not make', async () => {
    const odd = new SpokenAnswer(voices.create(), { encoding: 'linear16', sampleRateHz: 44_100 });
    await odd.speak(sentences);
    expect(odd.error).toMatchObject({ category: 'bad_request' });
  });

  it('reports an address where nothing listens', async () => {
    const tts = voices.create({ baseUrl: 'http://127.0.0.1:1' });
    const { error } = await new SpokenAnswer(tts).speak(sentences);
    expect(error).toMatchObject({ category: 'connection', retryable: true });
  });

  it('gives up a server that falls silent in the middle of an answer', async () => {
    const clock = new VirtualClock();
    const tts = voices.create({ clock });
    voices.simulator.failNext({ fault: 'stall', afterPieces: 2 });
    const answer = new SpokenAnswer(tts);
    answer.stream.write(sentences[0]!);
    await until(() => types(answer).length === 2);
    clock.advance(1500);
    expect(answer.error).toMatchObject({ category: 'timeout', retryable: true });
    await tts.close();
    await until(() => clock.pendingTimers === 0);
  });

  it('gives up a handshake that is never answered', async () => {
    const clock = new VirtualClock();
    const tts = voices.create({ clock, firstAudioTimeoutMs: 9000 });
    voices.simulator.failNext({ fault: 'no_handshake' });
    const answer = new SpokenAnswer(tts);
    answer.stream.write(sentences[0]!);
    await until(() => voices.simulator.attempts === 1);
    clock.advance(5000);
    expect(answer.error).toMatchObject({ category: 'timeout' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on over a new connection if the old one ends while nothing is to be spoken', async () => {
    const tts = voices.create();
    const answer = new SpokenAnswer(tts);
    answer.stream.write(sentences[0]!);
    await answer.first('chunk_done');
    voices.simulator.dropSockets();
    await until(() => tts.openSockets === 0);
    await answer.speak([sentences[1]!]);
    expect(answer.error).toBeNull();
    expect(answer.bytes.equals(Buffer.concat(voices.simulator.sentAudio))).toBe(true);
    expect(voices.simulator.attempts).toBe(2);
  });

  it('is done without the audio that comes after the end of an answer', async () => {
    voices.simulator.failNext({ fault: 'late_audio' });
    const answer = await new SpokenAnswer(voices.create()).speak(sentences);
    expect(types(answer).at(-1)).toBe('done');
    const sent = Buffer.concat(voices.simulator.sentAudio);
    expect(sent.subarray(0, answer.bytes.length).equals(answer.bytes)).toBe(true);
  });

  it('fails after half a message, behind which nothing comes', async () => {
    const clock = new VirtualClock();
    const tts = voices.create({ clock });
    voices.simulator.failNext({ fault: 'garbage', afterPieces: 1 });
    const answer = new SpokenAnswer(tts);
    answer.stream.write(sentences[0]!);
    await until(() => tts.ignoredMessages === 1);
    clock.advance(1500);
    expect(answer.error).toMatchObject({ category: 'timeout', retryable: true });
  });

  it('closes a connection that is not used', async () => {
    const clock = new VirtualClock();
    const tts = voices.create({ clock });
    await new SpokenAnswer(tts).speak(sentences);
    expect(tts.openSockets).toBe(1);
    for (let sec = 0; sec < 120; sec++) {
      clock.advance(1000);
      await nextTurn();
      await nextTurn();
    }
    expect(tts.openSockets).toBe(0);
  });

  it('notices that a waiting connection is dead', async () => {
    const clock = new VirtualClock();
    const tts = voices.create({ clock });
    await new SpokenAnswer(tts).speak(sentences);
    // Nobody reads while the clock moves, so that no pong arrives.
    clock.advance(10_000);
    expect(tts.openSockets).toBe(0);
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toBeNull();
  });

  it('fails what is being spoken when it is closed', async () => {
    const tts = voices.create();
    const answer = new SpokenAnswer(tts);
    answer.stream.write(sentences[0]!);
    await tts.close();
    await new SpokenAnswer(tts).speak(sentences);
    expect(tts.openSockets).toBe(0);
  });
});

describe('What Deepgram charges for an answer', () => {
  const totals = (answers: readonly SpokenAnswer[]): { characters: number; seconds: number } => {
    const usage = answers.flatMap((answer) => answer.usage);
    return {
      characters: usage.reduce((sum, { characters }) => sum + characters, 0),
      seconds: usage.reduce((sum, { seconds }) => sum + seconds, 0),
    };
  };

  const billed = (): { characters: number; seconds: number } =>
    voices.simulator.billed.reduce(
      (sum, { characters, seconds }) => ({
        characters: sum.characters + characters,
        seconds: sum.seconds + seconds,
      }),
      { characters: 0, seconds: 0 },
    );

  it.each([phoneFormat, webFormat])('is reported when it is complete: $encoding', async (format) => {
    const tts = voices.create();
    const answers = [
      await new SpokenAnswer(tts, format).speak(sentences),
      await new SpokenAnswer(tts, format).speak(['Next.']),
    ];
    expect(totals(answers)).toEqual(billed());
    expect(answers[0]?.usage).toMatchObject([
      { kind: 'tts', provider: 'deepgram', model: 'aura-2-thalia-en' },
    ]);
  });

  it('is reported when it fails', async () => {
    voices.simulator.failNext({ fault: 'close', afterPieces: 2 });
    const answer = await new SpokenAnswer(voices.create()).speak(sentences);
    expect(answer.error).not.toBeNull();
    expect(totals([answer])).toEqual(billed());
    expect(billed().seconds).toBeCloseTo(0.48);
  });

  it('is reported when it is cut', async () => {
    voices.simulator.failNext({ fault: 'stall', afterPieces: 2 });
    const answer = new SpokenAnswer(voices.create());
    answer.stream.write(sentences[0]!);
    await until(() => types(answer).length === 2);
    answer.stream.close();
    expect(totals([answer])).toEqual(billed());
    expect(billed()).toEqual({ characters: sentences[0]!.length, seconds: 0.48 });
  });
});

describe('The check of a voice', () => {
  const { signal } = new AbortController();

  it('accepts a voice of the list, without a connection', async () => {
    await voices.create().probe(signal);
    expect(voices.simulator).toMatchObject({ probes: 1, attempts: 0 });
  });

  it('names the field of an unknown voice', async () => {
    const tts = voices.create({ voice: 'aura-2-nobody-en' });
    await expect(tts.probe(signal)).rejects.toMatchObject({ kind: 'tts', field: 'tts.voice' });
    await expect(tts.warmUp()).rejects.toMatchObject({ field: 'tts.voice' });
  });

  it('names the variable of a wrong key', async () => {
    const tts = voices.create({ apiKey: 'wrong' });
    await expect(tts.probe(signal)).rejects.toMatchObject({
      kind: 'tts',
      category: 'auth',
      message: expect.stringContaining('DEEPGRAM_API_KEY') as unknown,
    });
    await expect(tts.warmUp()).rejects.toMatchObject({ category: 'auth' });
  });

  it('opens the first connection while warming up', async () => {
    const tts = voices.create();
    await Promise.all([tts.warmUp(), tts.warmUp()]);
    await new SpokenAnswer(tts).speak(sentences);
    expect(voices.simulator).toMatchObject({ probes: 1, attempts: 1 });
  });

  it('does not fail where nothing listens', async () => {
    await voices.create({ baseUrl: 'ws://127.0.0.1:1' }).warmUp();
  });
});
