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

let simulator: ElevenLabsSimulator | null = null;
afterEach(() => simulator?.close());

async function start(options: ElevenLabsSimulatorOptions = {}): Promise<ElevenLabsSimulator> {
  simulator = await startElevenLabsSimulator({ pace: { firstAudioMs: 0, pieceMs: 0 }, ...options });
  return simulator;
}

/** Sends the messages and gives what comes until the last expected one, or until the socket is closed. */
async function talk(
  { baseUrl }: ElevenLabsSimulator,
  route: string,
  messages: readonly object[],
): Promise<{ readonly received: z.infer<typeof serverMessage>[]; readonly closeCode: number }> {
  const url = `${baseUrl.replace('http', 'ws')}/v1/text-to-speech/voice/${route}?output_format=ulaw_8000&auto_mode=true`;
  const socket = new WebSocket(url, { headers: { 'xi-api-key': 'any' } });
  const received: z.infer<typeof serverMessage>[] = [];
  socket.on('message', (data: Buffer) => received.push(serverMessage.parse(JSON.parse(data.toString()))));
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
    expect(audio.length).toBe('Yes'.length * 480);
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
