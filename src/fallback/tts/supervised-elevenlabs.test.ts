import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../test/contracts/describe-contract.js';
import { textToSpeechContract } from '../../simulators/contracts/text-to-speech-contract.js';
import { durationMs, type AudioFormat } from '../../audio/audio-frame.js';
import type { ProviderIncident } from '../../events/provider-incident.js';
import type { ElevenLabsFault } from '../../simulators/elevenlabs/elevenlabs-fault.js';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
} from '../../simulators/elevenlabs/elevenlabs-simulator.js';
import { ScriptedTextToSpeech } from '../../../test/harness/scripted-text-to-speech.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import {
  elevenLabsTextToSpeech,
  type ElevenLabsTextToSpeech,
} from '../../providers/elevenlabs/elevenlabs-text-to-speech.js';
import { supervisedTextToSpeech, type SupervisedTextToSpeech } from './supervised-text-to-speech.js';
import type { TextToSpeechStream, TtsEvent } from '../../providers/text-to-speech.js';

const phone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const apiKey = 'el-test-5d1c02';
const sentences = ['Sure, I can book that.', 'What day works for you?'];
/** The simulated voice takes so long for a character, and sends four of them in a piece. */
const msPerCharacter = 60;
/** So long audio is waited for that the end of its answer may have overtaken. */
const stragglerMs = 100;

let simulator: ElevenLabsSimulator;
const made: SupervisedTextToSpeech[] = [];

beforeAll(async () => {
  simulator = await startElevenLabsSimulator({ apiKey, pace: { firstAudioMs: 0, pieceMs: 0 } });
});
beforeEach(() => {
  simulator.problems.length = simulator.texts.length = 0;
  simulator.connections = 0;
});
afterEach(() => Promise.all(made.splice(0).map((voice) => voice.close())));
afterAll(() => simulator.close());

/** A voice on a clock that stands still but for the waits that it must go through. */
class Line {
  readonly clock = new VirtualClock();
  readonly elevenLabs: ElevenLabsTextToSpeech;
  readonly spare = new ScriptedTextToSpeech({ name: 'spare', clock: this.clock, msPerCharacter });
  readonly voice: SupervisedTextToSpeech;
  readonly events: TtsEvent[] = [];
  readonly told: string[] = [];

  constructor(connection: 'websocket' | 'http' = 'websocket', key = apiKey, { baseUrl } = simulator) {
    const { clock } = this;
    this.elevenLabs = elevenLabsTextToSpeech({ apiKey: key, baseUrl, connection, clock });
    const candidates = [{ provider: this.elevenLabs }, { provider: this.spare }];
    this.voice = supervisedTextToSpeech({ candidates, clock, random: () => 0.5 });
    made.push(this.voice);
  }

  /** Texts that either voice was given. */
  get texts(): readonly string[] {
    const spare = this.spare.streams.flatMap(({ texts }) => texts);
    return [...simulator.texts.map((text) => text.trim()), ...spare];
  }

  get audioMs(): number {
    return this.#of('audio').reduce((sum, { frame }) => sum + durationMs(frame), 0);
  }

  get chunksDone(): readonly number[] {
    return this.#of('chunk_done').map(({ chunk }) => chunk);
  }

  /** The words of each chunk, by the last word times that were told of it. */
  get words(): readonly string[] {
    return sentences.map((_, index) =>
      (this.#of('alignment').findLast(({ chunk }) => chunk === index)?.words ?? [])
        .map(({ text }) => text)
        .join(' '),
    );
  }

  open(): TextToSpeechStream {
    this.events.length = 0;
    return this.voice.open({
      format: phone,
      signal: new AbortController().signal,
      onEvent: (event) => this.events.push(event),
      onIncident: (incident) => this.#note(incident),
    });
  }

  /** One answer; time passes by `silentMs` once `silence` has begun. */
  async speak(silence?: Promise<unknown>, silentMs = 0): Promise<TtsEvent | undefined> {
    const stream = this.open();
    for (const sentence of sentences) stream.write(sentence);
    stream.end();
    void silence?.then(() => this.clock.advance(silentMs));
    await this.until(() => /^(done|error)$/.test(this.events.at(-1)?.type ?? ''));
    return this.events.at(-1);
  }

  /** Each wait of that length is over as soon as it has begun. */
  passWaitsOf(lengthMs: number): void {
    const setTimer = this.clock.setTimer.bind(this.clock);
    this.clock.setTimer = (delayMs, callback) => {
      if (delayMs === lengthMs) setImmediate(() => this.clock.advance(lengthMs));
      return setTimer(delayMs, callback);
    };
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await nextTurn();
  }

  pieces(count: number): Promise<void> {
    return this.until(() => this.#of('audio').length >= count);
  }

  #note(incident: ProviderIncident): void {
    if (incident.type === 'error') this.told.push(incident.error.category);
    else if (incident.type === 'failover') this.told.push(`to ${incident.to}`);
    else if (incident.type !== 'request') this.told.push(incident.type);
    // The wait begins when this returns.
    if (incident.type === 'reconnect') setImmediate(() => this.clock.advance(1000));
  }

  #of<T extends TtsEvent['type']>(type: T): readonly Extract<TtsEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<TtsEvent, { type: T }> => event.type === type);
  }
}

for (const connection of ['websocket', 'http'] as const) {
  describeContract(
    `A supervised ElevenLabs by ${connection} as a TextToSpeech`,
    textToSpeechContract({
      create: () => new Line(connection).voice,
    }),
  );
}

describe('a supervised ElevenLabs', () => {
  it.each<[string, ElevenLabsFault, readonly string[]]>([
    [
      'too many requests',
      { fault: 'refuse', status: 429, retryAfter: '1' },
      ['rate_limit', 'reconnect', 'recovered'],
    ],
    ['a server error', { fault: 'refuse', status: 500 }, ['server', 'reconnect', 'recovered']],
    ['a used-up quota', { fault: 'refuse', status: 401, code: 'quota_exceeded' }, ['rate_limit', 'to spare']],
    [
      'an unknown voice',
      { fault: 'refuse', status: 404, code: 'voice_not_found' },
      ['bad_request', 'to spare'],
    ],
    ['an answer without audio', { fault: 'no_audio' }, ['server', 'reconnect', 'recovered']],
    ['audio in another encoding', { fault: 'wrong_encoding' }, ['server', 'reconnect', 'recovered']],
  ])('makes up for %s before anything was heard', async (_, fault, told) => {
    const line = new Line();
    simulator.failNext(fault);
    expect(await line.speak()).toEqual({ type: 'done' });
    expect(line.told).toEqual(told);
    expect(line.chunksDone).toEqual([0, 1]);
    expect(line.texts.slice(-2)).toEqual(sentences);
    expect(simulator.problems).toEqual([]);
  });

  it.each<[string, ElevenLabsFault, readonly string[]]>([
    ['a connection that breaks', { fault: 'drop', afterPieces: 3 }, ['connection', 'reconnect', 'recovered']],
    ['garbage', { fault: 'garbage', afterPieces: 3 }, ['server', 'reconnect', 'recovered']],
    ['an error', { fault: 'error', code: 'quota_exceeded', afterPieces: 3 }, ['rate_limit', 'to spare']],
  ])('goes on behind the last whole word after %s', async (_, fault, told) => {
    const line = new Line();
    simulator.failNext(fault);
    expect(await line.speak()).toEqual({ type: 'done' });
    expect(line.told).toEqual(told);
    expect(line.texts).toEqual([...sentences, 'book that.', sentences[1]]);
    expect(line.chunksDone).toEqual([0, 1]);
    expect(line.words[0]).toBe(sentences[0]);
    // What came before it broke, and the rest; the real one and the simulated one speak the space behind a sentence.
    const spaces = line.told.includes('to spare') ? 0 : 2;
    const characters = 'Sure, I can '.length + `book that.${sentences[1]!}`.length + spaces;
    expect(line.audioMs).toBeCloseTo(characters * msPerCharacter, -1);
  });

  it.each([
    [2, 'can book that.'],
    [3, 'book that.'],
    [4, 'that.'],
  ])('says the rest again where the end comes after piece %i', async (afterPieces, rest) => {
    const line = new Line();
    line.passWaitsOf(stragglerMs);
    simulator.failNext({ fault: 'early_final', afterPieces });
    expect(await line.speak()).toEqual({ type: 'done' });
    expect(line.told).toEqual(['server', 'reconnect', 'recovered']);
    expect(line.texts).toEqual([...sentences, rest, sentences[1]]);
    expect(line.words).toEqual(sentences);
    expect(line.chunksDone).toEqual([0, 1]);
  });

  it('says again only the word that was cut', async () => {
    const line = new Line();
    // Behind "Sure, I can book".
    simulator.failNext({ fault: 'drop', afterPieces: 2 });
    await line.speak();
    // Eight characters came: "Sure, I ".
    expect(line.texts).toEqual([...sentences, 'can book that.', sentences[1]]);
    expect(line.words).toEqual(sentences);
  });

  it('gives up on a socket that has fallen silent, and does not use it again', async () => {
    const line = new Line();
    simulator.failNext({ fault: 'stall', afterPieces: 3 });
    expect(await line.speak(line.pieces(3), 1500)).toEqual({ type: 'done' });
    expect(line.told).toEqual(['timeout', 'to spare']);
    expect(line.texts).toEqual([...sentences, 'book that.', sentences[1]]);
    expect(line.elevenLabs.openSockets).toBe(0);
  });

  it('gives up on a handshake that is never answered', async () => {
    const line = new Line();
    simulator.failNext({ fault: 'no_handshake' });
    expect(await line.speak(simulator.nextConnection(), 4000)).toEqual({ type: 'done' });
    expect(line.told).toEqual(['timeout', 'to spare']);
    expect(line.elevenLabs.openSockets).toBe(0);
  });

  it('is content with an answer whose end is not reported', async () => {
    const line = new Line();
    simulator.failNext({ fault: 'never_final' });
    const pieces = Math.ceil((sentences[0]!.length + 1) / 4) + Math.ceil((sentences[1]!.length + 1) / 4);
    expect(await line.speak(line.pieces(pieces), 1500)).toEqual({ type: 'done' });
    expect(line.told).toEqual([]);
    expect(line.texts).toEqual(sentences);
  });

  it('does not ask again where the key was refused, in this answer or the next', async () => {
    const line = new Line('websocket', 'el-wrong');
    expect(await line.speak()).toEqual({ type: 'done' });
    expect(await line.speak()).toEqual({ type: 'done' });
    expect(line.told).toEqual(['auth', 'to spare']);
    expect(line.texts).toEqual([...sentences, ...sentences]);
  });

  it('has another voice speak where the server cannot be reached', async () => {
    const gone = await startElevenLabsSimulator();
    await gone.close();
    const line = new Line('websocket', apiKey, gone);
    expect(await line.speak()).toEqual({ type: 'done' });
    expect(line.told).toEqual(['connection', 'reconnect', 'connection', 'to spare']);
    expect(line.texts).toEqual(sentences);
  });

  it('outlives a server that restarts between two sentences', async () => {
    const line = new Line();
    const stream = line.open();
    stream.write(sentences[0]!);
    await line.pieces(6);
    simulator.dropSockets();
    await line.until(() => line.told.includes('reconnect'));
    stream.write(sentences[1]!);
    stream.end();
    await line.until(() => line.events.at(-1)?.type === 'done');
    expect(line.texts).toEqual(sentences);
    expect(line.told).toEqual(['connection', 'reconnect', 'recovered']);
    expect(line.chunksDone).toEqual([0, 1]);
  });

  it('goes on in the middle of a sentence by HTTP, which tells no word times', async () => {
    const line = new Line('http');
    simulator.failNext({ fault: 'drop', afterPieces: 3 });
    expect(await line.speak()).toEqual({ type: 'done' });
    expect(line.told).toEqual(['connection', 'reconnect', 'recovered']);
    expect(line.texts[0]).toBe(sentences[0]);
    expect(sentences[0]).toContain(line.texts[1]);
    expect(line.texts.at(-1)).toBe(sentences[1]);
    expect(line.chunksDone).toEqual([0, 1]);
  });
});

describe('a socket of ElevenLabs', () => {
  it('is not used again if it owed audio for long when its answer was left', async () => {
    const line = new Line();
    simulator.failNext({ fault: 'stall', afterPieces: 1 });
    const stream = line.open();
    stream.write(sentences[0]!);
    await line.pieces(1);
    line.clock.advance(1200);
    stream.close();
    expect(line.elevenLabs.openSockets).toBe(0);
    expect(line.told).toEqual([]);
  });

  it('is used again if its answer was left in good time', async () => {
    const line = new Line();
    const stream = line.open();
    stream.write(sentences[0]!);
    await line.pieces(1);
    line.clock.advance(200);
    stream.close();
    expect(line.elevenLabs.openSockets).toBe(1);
    await line.speak();
    expect(simulator.connections).toBe(1);
  });
});
