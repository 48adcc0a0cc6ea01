import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { z } from 'zod';
import {
  startElevenLabsSimulator,
  type ElevenLabsSimulator,
  type ElevenLabsSimulatorOptions,
} from './elevenlabs-simulator.js';
import { VirtualClock } from './virtual-clock.js';

const serverMessage = z.object({
  audio: z.string().optional(),
  contextId: z.string().optional(),
  isFinal: z.boolean().optional(),
  error: z.string().optional(),
});

/** Of mu-law at 8 kHz: the voice takes 60 ms for each. */
const bytesPerCharacter = 480;

let simulator: ElevenLabsSimulator | null = null;
afterEach(() => simulator?.close());

async function start(options: ElevenLabsSimulatorOptions = {}): Promise<ElevenLabsSimulator> {
  simulator = await startElevenLabsSimulator({ pace: { firstAudioMs: 0, pieceMs: 0 }, ...options });
  return simulator;
}

/** Sends the messages and gives what comes until the socket is closed, by whom ever; `isAll` says when the client does. */
async function talk(
  { baseUrl }: ElevenLabsSimulator,
  route: string,
  messages: readonly object[],
  isAll: (received: readonly z.infer<typeof serverMessage>[]) => boolean = () => false,
): Promise<{ readonly received: z.infer<typeof serverMessage>[]; readonly closeCode: number }> {
  const url = `${baseUrl.replace('http', 'ws')}/v1/text-to-speech/voice/${route}?output_format=ulaw_8000&auto_mode=true`;
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
    const response = await fetch(`${baseUrl}/v1/text-to-speech/voice/stream?output_format=ulaw_8000`, {
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
      'settings that change',
      [context('a'), { text: 'Hello. ', context_id: 'a', voice_settings: { speed: 1 } }],
      'invalid_request',
    ],
    ['a message it does not know', [{ cancel: true }], 'invalid_request'],
  ])('refuses %s, and remembers it', async (_, messages, error) => {
    const { received, closeCode } = await talk(await start(), 'multi-stream-input', messages);
    expect(received).toEqual([{ error }]);
    expect(closeCode).toBe(1008);
    expect(simulator?.problems).toHaveLength(1);
  });

  it('takes signs of life, and the closing of contexts that have ended', async () => {
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

describe('an answer of the simulated ElevenLabs that goes wrong', () => {
  const answer = [
    { text: ' ', context_id: 'a' },
    { text: 'Hello there. ', context_id: 'a' },
    { context_id: 'a', close_context: true },
  ];
  const bytesOf = (messages: readonly z.infer<typeof serverMessage>[]): Buffer =>
    Buffer.concat(messages.map(({ audio = '' }) => Buffer.from(audio, 'base64')));

  it('out of order reports its end before its last piece, and loses none', async () => {
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

  it('with stale audio speaks on under the context whose end it has reported', async () => {
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
