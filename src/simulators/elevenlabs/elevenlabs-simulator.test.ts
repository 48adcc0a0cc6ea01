import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { z } from 'zod';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
  type ElevenLabsSimulatorOptions,
} from './elevenlabs-simulator.js';
import { drawManners } from './elevenlabs-manners.js';
import { seededRandom } from '../seeded-random.js';
import { VirtualClock } from '../virtual-clock.js';

const serverMessage = z.object({
  audio: z.string().optional(),
  contextId: z.string().optional(),
  isFinal: z.boolean().optional(),
  error: z.string().optional(),
});

/** Mu-law at 8 kHz: the voice takes 60 ms for each character. */
const bytesPerCharacter = 480;

const voiceId = 'JBFqnCBsd6RMkjVDRZzb';

let simulator: ElevenLabsSimulator | null = null;
afterEach(() => simulator?.close());

async function start(options: ElevenLabsSimulatorOptions = {}): Promise<ElevenLabsSimulator> {
  simulator = await startElevenLabsSimulator({ pace: { firstAudioMs: 0, pieceMs: 0 }, ...options });
  return simulator;
}

/** Sends the messages and returns the replies until the socket closes; the client closes it when `isAll` returns true. */
async function talk(
  { baseUrl }: ElevenLabsSimulator,
  route: string,
  messages: readonly object[],
  isAll: (received: readonly z.infer<typeof serverMessage>[]) => boolean = () => false,
): Promise<{ readonly received: z.infer<typeof serverMessage>[]; readonly closeCode: number }> {
  const url = `${baseUrl.replace('http', 'ws')}/v1/text-to-speech/${voiceId}/${route}?output_format=ulaw_8000&auto_mode=true`;
  const socket = new WebSocket(url, { headers: { 'xi-api-key': 'any' } });
  const received: z.infer<typeof serverMessage>[] = [];
  socket.on('message', (data: Buffer) => {
    received.push(serverMessage.parse(JSON.parse(data.toString())));
    if (isAll(received)) socket.close(1000);
  });
  await once(socket, 'open');
  for (const message of messages) socket.send(JSON.stringify(message));
  const [closeCode] = (await once(socket, 'close')) as [number];
  return { received, closeCode };
}

describe('the simulated ElevenLabs', () => {
  it('sends the first audio of a sentence after 75 ms by its clock', async () => {
    const clock = new VirtualClock();
    const { baseUrl } = await start({ clock, pace: {} });
    const response = await fetch(`${baseUrl}/v1/text-to-speech/${voiceId}/stream?output_format=ulaw_8000`, {
      method: 'POST',
      headers: { 'xi-api-key': 'any' },
      body: JSON.stringify({ text: 'Yes' }),
    });
    clock.advance(74);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(1);
    expect(clock.pendingTimers).toBe(0);
    const audio = Buffer.from(await response.arrayBuffer());
    expect(audio.length).toBe('Yes'.length * bytesPerCharacter);
    expect(simulator?.sentAudio).toEqual([audio]);
  });

  it('speaks one text over stream-input and closes the socket after it', async () => {
    const { received, closeCode } = await talk(await start(), 'stream-input', [
      { text: ' ' },
      { text: 'Hello. ' },
      { text: '' },
    ]);
    expect(received.filter(({ audio }) => audio)).toHaveLength(2);
    expect(received.at(-1)).toEqual({ isFinal: true });
    expect(closeCode).toBe(1000);
    expect(simulator?.problems).toEqual([]);
  });

  const context = (id: string): object => ({ text: ' ', context_id: id });
  it.each<[string, readonly object[], string]>([
    ['a sixth context', ['a', 'b', 'c', 'd', 'e', 'f'].map(context), 'max_active_conversations'],
    ['a context that does not begin with a space', [{ text: 'Hello. ', context_id: 'a' }], 'invalid_request'],
    [
      'a text without a space at its end',
      [context('a'), { text: 'Hello.', context_id: 'a' }],
      'invalid_request',
    ],
    ['a text without a context', [{ text: 'Hello. ' }], 'invalid_request'],
    [
      'changed settings',
      [context('a'), { text: 'Hello. ', context_id: 'a', voice_settings: { speed: 1 } }],
      'invalid_request',
    ],
    ['an unknown message', [{ cancel: true }], 'invalid_request'],
  ])('refuses %s, and records it', async (_, messages, error) => {
    const { received, closeCode } = await talk(await start(), 'multi-stream-input', messages);
    expect(received).toEqual([{ error }]);
    expect(closeCode).toBe(1008);
    expect(simulator?.problems).toHaveLength(1);
  });

  it('accepts keep-alives, and close messages for ended contexts', async () => {
    const { closeCode } = await talk(await start(), 'multi-stream-input', [
      { text: '' },
      context('a'),
      { text: '', context_id: 'a' },
      { context_id: 'a', close_context: true },
      { context_id: 'a', close_context: true },
      { close_socket: true },
    ]);
    expect(closeCode).toBe(1000);
    expect(simulator?.problems).toEqual([]);
  });
});

describe('the account of the simulated ElevenLabs', () => {
  const opening = [{ text: ' ', context_id: 'a' }];

  it.each<[string, ElevenLabsSimulatorOptions, string]>([
    ['a wrong key', { apiKey: 'right' }, 'invalid_api_key'],
    ['an unknown voice', { voices: [{ id: 'other' }] }, 'voice_id_does_not_exist'],
    [
      'a library voice with a free account',
      { plan: 'free', voices: [{ id: voiceId, category: 'professional' }] },
      'paid_plan_required',
    ],
  ])('accepts the handshake with %s, then reports an error and closes', async (_what, options, error) => {
    const { received, closeCode } = await talk(await start(options), 'multi-stream-input', opening);
    expect(received).toEqual([{ error }]);
    expect(closeCode).toBe(1008);
  });

  it.each<[string, ElevenLabsSimulatorOptions, number]>([
    ['/v1/voices', {}, 200],
    ['/v2/voices?page_size=100', {}, 200],
    [`/v1/voices/${voiceId}`, {}, 200],
    ['/v1/voices/21m00Tcm4TlvDq8ikWAM', {}, 404],
    ['/v1/models', {}, 200],
    ['/v1/user', {}, 200],
    ['/v1/voices', { permissions: ['user_read'] }, 401],
    ['/v1/models', { apiKey: 'right' }, 401],
  ])('answers %s, set up as %j, with %i', async (path, options, status) => {
    const { baseUrl } = await start(options);
    const response = await fetch(`${baseUrl}${path}`, { headers: { 'xi-api-key': 'any' } });
    expect(response.status).toBe(status);
    expect(simulator?.probes).toBe(1);
  });

  it('refuses a library voice to a free account over HTTP too, with 402', async () => {
    const { baseUrl } = await start({ plan: 'free', voices: [{ id: voiceId, category: 'professional' }] });
    const url = `${baseUrl}/v1/text-to-speech/${voiceId}/stream?output_format=ulaw_8000`;
    const request = { method: 'POST', headers: { 'xi-api-key': 'any' }, body: '{"text":"Yes"}' };
    expect((await fetch(url, request)).status).toBe(402);
  });

  it('draws the same manners for the same seed', () => {
    const drawn = (seed: number): unknown[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 40 }, () => drawManners(random));
    };
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });
});

describe('a faulty answer of the simulated ElevenLabs', () => {
  const answer = [
    { text: ' ', context_id: 'a' },
    { text: 'Hello there. ', context_id: 'a' },
    { context_id: 'a', close_context: true },
  ];
  const bytesOf = (messages: readonly z.infer<typeof serverMessage>[]): Buffer =>
    Buffer.concat(messages.map(({ audio = '' }) => Buffer.from(audio, 'base64')));

  it('reports its end before its last piece if it is out of order, and loses none', async () => {
    let faults = 0;
    const elevenlabs = await start({ onFault: () => faults++ });
    elevenlabs.failNext({ fault: 'out_of_order' });
    const { received } = await talk(
      elevenlabs,
      'multi-stream-input',
      answer,
      (messages) =>
        bytesOf(messages).length === Buffer.concat(elevenlabs.sentAudio).length && messages.length > 1,
    );
    expect(received.findIndex(({ isFinal }) => isFinal)).toBe(received.length - 2);
    expect(received.at(-1)).toMatchObject({ contextId: 'a', audio: expect.any(String) });
    expect(bytesOf(received)).toEqual(Buffer.concat(elevenlabs.sentAudio));
    expect(faults).toBe(1);
  });

  it('with stale audio sends more audio in a context whose end it has reported', async () => {
    const elevenlabs = await start();
    elevenlabs.failNext({ fault: 'stale_audio' });
    const { received } = await talk(
      elevenlabs,
      'multi-stream-input',
      answer,
      (messages) =>
        bytesOf(messages).length === ('Hello there. '.length + 'This is stale. '.length) * bytesPerCharacter,
    );
    const end = received.findIndex(({ isFinal }) => isFinal);
    const [said, stale] = [received.slice(0, end), received.slice(end + 1)];
    expect(bytesOf(said)).toHaveLength('Hello there. '.length * bytesPerCharacter);
    expect(bytesOf(stale)).toHaveLength('This is stale. '.length * bytesPerCharacter);
    expect(received.every(({ contextId }) => contextId === 'a')).toBe(true);
    expect(elevenlabs.openContexts).toBe(0);
    expect(elevenlabs.mostContexts).toBe(1);
  });
});
