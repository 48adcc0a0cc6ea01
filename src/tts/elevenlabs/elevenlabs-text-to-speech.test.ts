import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AudioFormat } from '../../audio/audio-frame.js';
import type { ProviderError } from '../../errors.js';
import type { ElevenLabsFault } from '../../testing/elevenlabs/elevenlabs-fault.js';
import { startElevenLabsSimulator, type ElevenLabsSimulator } from '../../testing/elevenlabs-simulator.js';
import { describeTextToSpeech } from '../../testing/tts-contract.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import type { TextToSpeechStream, TtsEvent } from '../text-to-speech.js';
import {
  elevenLabsTextToSpeech,
  type ElevenLabsOptions,
  type ElevenLabsTextToSpeech,
} from './elevenlabs-text-to-speech.js';

const apiKey = 'el-test-77aa12';
const phone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const web: AudioFormat = { encoding: 'linear16', sampleRateHz: 24000 };
const sentences = ['Sure, I can book that.', 'What day works for you?'];

let simulator: ElevenLabsSimulator;
const made: ElevenLabsTextToSpeech[] = [];

beforeAll(async () => {
  simulator = await startElevenLabsSimulator({ apiKey, pace: { firstAudioMs: 0, pieceMs: 0 } });
});
beforeEach(() => {
  simulator.problems.length = simulator.texts.length = simulator.sentAudio.length = 0;
  simulator.mostContexts = simulator.connections = 0;
});
afterEach(() => Promise.all(made.splice(0).map((tts) => tts.close())));
afterAll(() => simulator.close());

function create(options: Partial<ElevenLabsOptions> = {}): ElevenLabsTextToSpeech {
  const tts = elevenLabsTextToSpeech({ apiKey, baseUrl: simulator.baseUrl, ...options });
  made.push(tts);
  return tts;
}

class Answer {
  readonly events: TtsEvent[] = [];
  readonly abort = new AbortController();
  readonly stream: TextToSpeechStream;
  #waiting: { readonly type: TtsEvent['type']; readonly resolve: () => void }[] = [];

  constructor(tts: ElevenLabsTextToSpeech, format = phone) {
    this.stream = tts.open({ format, signal: this.abort.signal, onEvent: (event) => this.#take(event) });
  }

  /** Writes it all and waits for the end, be it good or bad. */
  async speak(texts: readonly string[]): Promise<this> {
    for (const text of texts) this.stream.write(text);
    this.stream.end();
    await Promise.race([this.first('done'), this.first('error')]);
    return this;
  }

  first(type: TtsEvent['type']): Promise<void> {
    if (this.events.some((event) => event.type === type)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ type, resolve }));
  }

  get error(): ProviderError | null {
    const last = this.events.at(-1);
    return last?.type === 'error' ? last.error : null;
  }

  get bytes(): Buffer {
    return Buffer.concat(
      this.events.flatMap((event) =>
        event.type === 'audio' ? [event.frame.encoded?.bytes ?? Buffer.alloc(0)] : [],
      ),
    );
  }

  #take(event: TtsEvent): void {
    this.events.push(event);
    for (const { type, resolve } of this.#waiting) if (type === event.type) resolve();
  }
}

for (const connection of ['websocket', 'http'] as const) {
  describeTextToSpeech(`ElevenLabs by ${connection}`, {
    create: () => elevenLabsTextToSpeech({ apiKey, baseUrl: simulator.baseUrl, connection }),
  });
}

describe.each(['websocket', 'http'] as const)('ElevenLabs by %s', (connection) => {
  it('gives the bytes that ElevenLabs sent, in order, each once', async () => {
    const answer = await new Answer(create({ connection })).speak(sentences);
    expect(answer.bytes.equals(Buffer.concat(simulator.sentAudio))).toBe(true);
    expect(simulator.texts.map((text) => text.trim())).toEqual(sentences);
    expect(simulator.problems).toEqual([]);
  });

  const refusals: readonly (readonly [string, ElevenLabsFault, Partial<ProviderError>])[] = [
    [
      'a refused key',
      { fault: 'refuse', status: 401, code: 'invalid_api_key', message: `No such key: ${apiKey}` },
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
      { category: 'bad_request', retryable: false },
    ],
    ['a server error', { fault: 'refuse', status: 500 }, { category: 'server', retryable: true }],
    [
      'a connection that breaks',
      { fault: 'drop', afterPieces: 2 },
      { category: 'connection', retryable: true },
    ],
  ];

  it.each(refusals)('reports %s, once, and is fit for the next answer', async (_, fault, expected) => {
    const tts = create({ connection });
    simulator.failNext(fault);
    const answer = await new Answer(tts).speak(sentences);
    expect(answer.error).toMatchObject({ kind: 'tts', provider: 'elevenlabs', ...expected });
    expect(answer.events.filter(({ type }) => type === 'error')).toHaveLength(1);
    expect(`${answer.error?.stack} ${(answer.error?.cause as Error).stack}`).not.toContain(apiKey);
    expect((await new Answer(tts).speak(sentences)).error).toBeNull();
  });

  it('lets nothing be heard of an answer in another encoding', async () => {
    simulator.failNext({ fault: 'wrong_encoding' });
    const { error, events } = await new Answer(create({ connection })).speak(sentences);
    expect(error).toMatchObject({ category: 'server', retryable: true });
    expect(events.filter(({ type }) => type === 'audio' || type === 'chunk_done')).toEqual([]);
  });

  it('reports a server that cannot be reached', async () => {
    const gone = await startElevenLabsSimulator();
    await gone.close();
    const answer = await new Answer(create({ connection, baseUrl: gone.baseUrl })).speak(sentences);
    expect(answer.error).toMatchObject({ category: 'connection', retryable: true });
  });

  it('gives up on a server that falls silent in the middle', async () => {
    const clock = new VirtualClock();
    simulator.failNext({ fault: 'stall', afterPieces: 1 });
    const answer = new Answer(create({ connection, clock, audioTimeoutMs: 1500 }));
    const spoken = answer.speak(sentences);
    await answer.first('audio');
    clock.advance(1500);
    await spoken;
    expect(answer.error).toMatchObject({ category: 'timeout', retryable: true });
  });

  it('refuses a format that ElevenLabs does not make', async () => {
    const wideMulaw: AudioFormat = { encoding: 'mulaw', sampleRateHz: 16000 };
    const answer = await new Answer(create({ connection }), wideMulaw).speak(sentences);
    expect(answer.events).toHaveLength(1);
    expect(answer.error).toMatchObject({ category: 'bad_request', retryable: false });
  });
});

describe('the sockets of ElevenLabs', () => {
  it('carry answer after answer, each in a context of its own', async () => {
    const tts = create();
    for (let turn = 0; turn < 8; turn++) await new Answer(tts).speak(sentences);
    expect(simulator.connections).toBe(1);
    expect(simulator.mostContexts).toBe(1);
    expect(simulator.problems).toEqual([]);
  });

  it('carry one answer at a time', async () => {
    const tts = create();
    await Promise.all([1, 2, 3].map(() => new Answer(tts).speak(sentences)));
    expect(simulator.connections).toBe(3);
    await new Answer(tts).speak(sentences);
    expect(simulator.connections).toBe(3);
  });

  it('are not shared by formats', async () => {
    const tts = create();
    await new Answer(tts, phone).speak(sentences);
    await new Answer(tts, web).speak(sentences);
    expect(simulator.connections).toBe(2);
    expect(tts.openSockets).toBe(2);
  });

  it('never have more than five contexts, nor bring stale audio, in fifty barge-ins', async () => {
    const tts = create();
    for (let turn = 0; turn < 50; turn++) {
      simulator.failNext({ fault: 'stale_audio' });
      const cut = new Answer(tts);
      for (const sentence of sentences) cut.stream.write(sentence);
      await cut.first('audio');
      cut.stream.close();
      const after = cut.events.length;
      simulator.sentAudio.length = 0;
      const next = await new Answer(tts).speak(['Go on.']);
      expect(next.error).toBeNull();
      expect(cut.events).toHaveLength(after);
      const spoken = simulator.sentAudio.filter((piece) => next.bytes.includes(piece));
      expect(next.bytes.length).toBe('Go on. '.length * 480);
      expect(spoken.length).toBeGreaterThan(0);
    }
    expect(simulator.mostContexts).toBeLessThanOrEqual(5);
    expect(simulator.problems).toEqual([]);
  });

  it('are opened anew for the answer after a server that restarted', async () => {
    const tts = create();
    await new Answer(tts).speak(sentences);
    const gone = new Answer(tts);
    gone.stream.write(sentences[0]!);
    await gone.first('audio');
    simulator.dropSockets();
    await gone.first('error');
    expect(gone.error).toMatchObject({ category: 'connection' });
    expect((await new Answer(tts).speak(sentences)).error).toBeNull();
  });

  it('keep themselves alive, and end when nobody has used them for five minutes', async () => {
    const clock = new VirtualClock();
    const tts = create({ clock });
    await tts.warmUp();
    expect(tts.openSockets).toBe(1);
    clock.advance(299_000);
    expect(tts.openSockets).toBe(1);
    expect((await new Answer(tts).speak(sentences)).error).toBeNull();
    expect(simulator.problems).toEqual([]);
    clock.advance(315_000);
    expect(tts.openSockets).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are closed with the provider, whose answers fail then', async () => {
    const tts = create();
    const answer = new Answer(tts);
    answer.stream.write(sentences[0]!);
    await answer.first('audio');
    await tts.close();
    await tts.close();
    expect(answer.error).toMatchObject({ category: 'aborted' });
    expect((await new Answer(tts).speak(sentences)).error).toMatchObject({ category: 'aborted' });
    expect(tts.openSockets).toBe(0);
  });

  it('are warm before the first answer, and tell of a refused key', async () => {
    const tts = create();
    await tts.warmUp();
    await new Answer(tts).speak(sentences);
    expect(simulator.connections).toBe(1);
    await expect(create({ apiKey: 'el-wrong' }).warmUp()).rejects.toMatchObject({
      category: 'auth',
      message: expect.stringContaining('ELEVENLABS_API_KEY'),
    });
  });
});

describe('an answer by ElevenLabs', () => {
  it('may take its time between sentences without being blamed on the server', async () => {
    const clock = new VirtualClock();
    const answer = new Answer(create({ clock }));
    answer.stream.write('One.');
    await answer.first('audio');
    clock.advance(60_000);
    await answer.speak(['Two.']);
    expect(answer.error).toBeNull();
  });

  it('gives up on a handshake that is never answered', async () => {
    const clock = new VirtualClock();
    simulator.failNext({ fault: 'no_handshake' });
    const answer = new Answer(create({ clock, firstAudioTimeoutMs: 2000 }));
    const connection = simulator.nextConnection();
    const spoken = answer.speak(sentences);
    await connection;
    clock.advance(2000);
    await spoken;
    expect(answer.error).toMatchObject({ category: 'timeout', retryable: true });
  });

  it.each<[string, ElevenLabsFault, Partial<ProviderError>]>([
    ['garbage', { fault: 'garbage', afterPieces: 1 }, { category: 'server' }],
    [
      'an error in the middle',
      { fault: 'error', code: 'quota_exceeded', afterPieces: 1 },
      { category: 'rate_limit', retryable: false },
    ],
    ['an answer without audio', { fault: 'no_audio' }, { category: 'server' }],
  ])('reports %s', async (_, fault, expected) => {
    const tts = create();
    simulator.failNext(fault);
    const answer = await new Answer(tts).speak([
      'A sentence that takes a good while to be spoken, so to say.',
    ]);
    expect(answer.error).toMatchObject(expected);
    expect((await new Answer(tts).speak(sentences)).error).toBeNull();
  });

  it('is done when all of it was spoken, though the server does not say so', async () => {
    const clock = new VirtualClock();
    simulator.failNext({ fault: 'never_final' });
    const answer = new Answer(create({ clock, audioTimeoutMs: 1500 }));
    const spoken = answer.speak(['Yes.', 'No.']);
    await answer.first('chunk_done');
    clock.advance(1500);
    await spoken;
    expect(answer.events.at(-1)).toEqual({ type: 'done' });
  });
});
