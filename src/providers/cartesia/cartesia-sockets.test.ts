import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { CartesiaVoices } from '../../../test/harness/cartesia-voices.js';
import { phoneFormat, sentences, webFormat, SpokenAnswer } from '../../../test/harness/spoken-answer.js';
import { CartesiaSocket } from './cartesia-socket.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';

const voices = new CartesiaVoices();
afterEach(() => voices.close());

describe('the sockets of Cartesia', () => {
  it('carry one answer after another, and one at a time', async () => {
    const simulator = await voices.simulate();
    const tts = voices.create(simulator);
    for (const format of [phoneFormat, webFormat, phoneFormat])
      await new SpokenAnswer(tts, format).speak(sentences);
    expect(simulator.connections).toBe(1);
    await Promise.all([1, 2, 3].map(() => new SpokenAnswer(tts).speak(sentences)));
    expect(simulator.connections).toBe(3);
    expect(simulator.problems).toEqual([]);
  });

  it('give no stale audio in twenty barge-ins', async () => {
    const simulator = await voices.simulate({ manners: { finishesCancelled: true } });
    const tts = voices.create(simulator);
    for (let turn = 0; turn < 20; turn++) {
      const cut = new SpokenAnswer(tts);
      for (const sentence of sentences) cut.stream.write(sentence);
      await cut.first('audio');
      cut.stream.close();
      const after = cut.events.length;
      const next = await new SpokenAnswer(tts).speak(['Go on.']);
      expect(next.error).toBeNull();
      expect(cut.events).toHaveLength(after);
      expect(next.bytes.length).toBe('Go on. '.length * 480);
    }
    expect(simulator.connections).toBe(1);
    expect(simulator.problems).toEqual([]);
  });

  it('are opened ahead, checked after a while, and closed when they are not used', async () => {
    const clock = new VirtualClock();
    const simulator = await voices.simulate();
    const tts = voices.create(simulator, { clock });
    tts.preconnect(phoneFormat);
    tts.preconnect(phoneFormat);
    while (simulator.connections < 1) await nextTurn();
    await new SpokenAnswer(tts).speak(sentences);
    expect(tts.openSockets).toBe(1);
    clock.advance(60_000);
    tts.preconnect(phoneFormat);
    while (clock.pendingTimers > 1) await nextTurn();
    await new SpokenAnswer(tts).speak(sentences);
    expect(simulator.connections).toBe(1);
    clock.advance(600_000);
    expect([tts.openSockets, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('are replaced if they answer no pings', async () => {
    const clock = new VirtualClock();
    const simulator = await voices.simulate();
    const tts = voices.create(simulator, { clock });
    await new SpokenAnswer(tts).speak(sentences);
    clock.advance(60_000);
    tts.preconnect(phoneFormat);
    clock.advance(1000);
    expect(tts.openSockets).toBe(0);
  });

  it('are opened again after the server has restarted', async () => {
    const simulator = await voices.simulate();
    const tts = voices.create(simulator);
    await new SpokenAnswer(tts).speak(sentences);
    simulator.dropSockets();
    while (tts.openSockets > 0) await nextTurn();
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toBeNull();
  });

  it('fail if no handshake is answered in time', async () => {
    const clock = new VirtualClock();
    const server = createServer((stream) => stream.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    let gone = 0;
    const socket = new CartesiaSocket({ url, apiKey: 'any', clock, onGone: () => gone++ });
    clock.advance(5000);
    expect(await socket.opened).toMatchObject({ category: 'timeout' });
    expect([gone, clock.pendingTimers]).toEqual([1, 0]);
    await new Promise((resolve) => server.close(resolve));
  });

  it('are cut if the server does not close them', async () => {
    const clock = new VirtualClock();
    const silent = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    const streams: Socket[] = [];
    silent.on('connection', (_, { socket }) => streams.push(socket));
    await once(silent, 'listening');
    const url = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const socket = new CartesiaSocket({ url, apiKey: 'any', clock, onGone: () => undefined });
    expect(await socket.opened).toBeNull();
    while (streams.length < 1) await nextTurn();
    // The close frame gets no answer.
    streams[0]!.removeAllListeners('data').on('data', () => undefined);
    const cut = once(streams[0]!, 'close');
    socket.close();
    expect(clock.pendingTimers).toBe(1);
    clock.advance(500);
    await cut;
    expect(clock.pendingTimers).toBe(0);
    await new Promise((resolve) => silent.close(resolve));
  });

  it('are closed with the provider, and its answers then fail', async () => {
    const tts = voices.create(await voices.simulate());
    await tts.warmUp();
    expect(tts.openSockets).toBe(1);
    await tts.close();
    expect((await new SpokenAnswer(tts).speak(sentences)).error).toMatchObject({ category: 'aborted' });
  });
});
