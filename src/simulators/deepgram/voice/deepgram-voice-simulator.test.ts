import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { VirtualClock } from '../../virtual-clock.js';
import { deepgramTts } from './deepgram-voice-definition.js';
import { startDeepgramVoiceSimulator, type DeepgramVoiceSimulator } from './deepgram-voice-simulator.js';

/** A client without an adapter. */
class BareClient {
  readonly said: unknown[] = [];
  audioBytes = 0;
  readonly #socket: WebSocket;
  readonly closed: Promise<readonly [number, string]>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.audioBytes += data.length;
      else this.said.push(JSON.parse(data.toString()));
    });
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve([code, reason.toString()]));
    });
  }

  static async open(baseUrl: string, query = 'model=aura-2-thalia-en&encoding=mulaw&sample_rate=8000') {
    const headers = { authorization: 'Token any' };
    const socket = new WebSocket(`${baseUrl.replace('http', 'ws')}/v1/speak?${query}`, { headers });
    const client = new BareClient(socket);
    await once(socket, 'open');
    return client;
  }

  say(...messages: readonly object[]): void {
    for (const message of messages) this.#socket.send(JSON.stringify(message));
  }

  sendBinary(): void {
    this.#socket.send(Buffer.alloc(4));
  }

  /** Resolves when everything that was sent so far has been answered, if anything answers it. */
  async settle(): Promise<void> {
    this.#socket.ping();
    await once(this.#socket, 'pong');
  }
}

const speak = (text: string): object => ({ type: 'Speak', text });
const flush = { type: 'Flush' };

let clock: VirtualClock;
let simulator: DeepgramVoiceSimulator;
beforeEach(async () => {
  clock = new VirtualClock();
  simulator = await startDeepgramVoiceSimulator({ clock });
});
afterEach(() => simulator.close());

describe('Deepgram’s simulated voice', () => {
  it('speaks 75 ms after a flush, piece by piece, and says when it is done', async () => {
    const client = await BareClient.open(simulator.baseUrl);
    client.say(speak('Good '), speak('day.'));
    await client.settle();
    clock.advance(1000);
    client.say(flush);
    await client.settle();
    clock.advance(74);
    await client.settle();
    expect(client.audioBytes).toBe(0);
    clock.advance(1);
    await client.settle();
    expect(client.audioBytes).toBe(8 * 240);
    clock.advance(10);
    await client.settle();
    expect(client.audioBytes).toBe(8 * 60 * 'Good day.'.length);
    expect(client.said).toEqual([
      expect.objectContaining({ type: 'Metadata', model_name: 'aura-2-thalia-en' }),
      { type: 'Flushed', sequence_id: 0 },
    ]);
    expect(simulator.billed).toEqual([{ characters: 9, seconds: 0.54 }]);
  });

  it('drops texts and audio on Clear', async () => {
    const client = await BareClient.open(simulator.baseUrl);
    client.say(speak('Good day.'), flush, { type: 'Clear' });
    await client.settle();
    clock.advance(1000);
    await client.settle();
    expect(client.audioBytes).toBe(0);
    expect(client.said.at(-1)).toEqual({ type: 'Cleared', sequence_id: 0 });
  });

  it('refuses the 21st flush in a minute with a warning', async () => {
    const client = await BareClient.open(simulator.baseUrl);
    for (let count = 0; count < 21; count++) client.say(speak('Hi.'), flush);
    await client.settle();
    expect(client.said.at(-1)).toEqual({
      type: 'Warning',
      warn_code: 'EXCESSIVE_FLUSH',
      warn_msg: expect.any(String) as unknown,
    });
    expect(simulator.problems).toHaveLength(1);
  });

  it.each([
    ['an unknown message', [{ type: 'Shout' }], 1008, 'DATA-0000'],
    ['a text that is too long', [speak('x'.repeat(2001))], 1009, 'BIG-0001'],
    ['too many characters in a minute', [speak('x'.repeat(2000)), speak('x'.repeat(500))], 1008, 'DATA-0001'],
  ])('closes the connection after %s', async (_, messages, code, reason) => {
    const client = await BareClient.open(simulator.baseUrl);
    client.say(...messages);
    expect(await client.closed).toEqual([code, reason]);
    expect(simulator.problems).toHaveLength(1);
  });

  it('closes the connection after audio, and after Close', async () => {
    const [noisy, polite] = [
      await BareClient.open(simulator.baseUrl),
      await BareClient.open(simulator.baseUrl),
    ];
    noisy.sendBinary();
    expect(await noisy.closed).toEqual([1003, 'MESSAGE-0000']);
    polite.say({ type: 'Close' });
    expect(await polite.closed).toEqual([1000, '']);
    expect(simulator.problems).toHaveLength(1);
  });

  it.each([
    'model=aura-2-thalia-en&encoding=mulaw&sample_rate=24000',
    'model=aura-2-thalia-en&encoding=linear16&sample_rate=24000&speed=2',
    'model=aura-2-thalia-en&encoding=linear16&sample_rate=24000&sped=1',
  ])('refuses the parameters %s', async (query) => {
    await expect(BareClient.open(simulator.baseUrl, query)).rejects.toThrow('400');
    expect(simulator.problems).toHaveLength(1);
  });

  it('is started by its definition', async () => {
    const { apiKey } = deepgramTts;
    const started = await deepgramTts.start({ apiKey, clock });
    expect(started).toMatchObject({ attempts: 0, openAnswers: null, problems: [], billed: [] });
    await expect(BareClient.open(started.baseUrl)).rejects.toThrow('401');
    await started.close();
  });
});
