import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WebSocketServer, type WebSocket } from 'ws';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { TurnTranscript, type Turn } from './assemblyai/turn-transcript.js';
import { LiveStream, type LiveWire } from './live-stream.js';
import type { SttEvent } from './speech-to-text.js';
import type { SttUsage } from '../metrics/provider-usage.js';

const format = { encoding: 'linear16', sampleRateHz: 8000 } as const;
const wire: Omit<LiveWire<Turn>, 'url'> = {
  ...{ provider: 'acme', apiKey: 'any', model: 'any', headers: {}, format },
  ...{ pieceMs: 20, leastMs: 20, mostMs: 1000, leastFlushMs: 0, idle: null, goodbye: null },
  audio: (bytes) => bytes,
  finalRequest: (rest) => [rest],
  read: () => ({ type: 'ready' }),
  errorOf: () => {
    throw new Error('It does not fail.');
  },
};

describe('a stream to a recogniser', () => {
  it('has used no audio that the connection did not take', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const clock = new VirtualClock();
    const usage: SttUsage[] = [];
    const events: SttEvent[] = [];
    const stream = new LiveStream(
      { ...wire, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` },
      new TurnTranscript({ formatTurns: false }),
      {
        ...{ clock, connectTimeoutMs: 5000, flushTimeoutMs: 4000 },
        ...{ wire: { sent: 0, received: 0 }, odd: { unknown: 0, malformed: 0 } },
      },
      {
        ...{ format, signal: new AbortController().signal },
        onEvent: (event) => events.push(event),
        onUsage: (one) => usage.push(one),
      },
    );
    const connection = once(server, 'connection');
    stream.start();
    const [socket, { socket: tcp }] = (await connection) as [WebSocket, IncomingMessage];
    socket.send('ready');
    while (events.length === 0) await nextTurn();
    stream.write({ samples: new Int16Array(800), sampleRateHz: 8000 });
    await once(tcp, 'data');
    // The server has closed, and does not take note of the client's answer, so that the client goes on closing.
    tcp.removeAllListeners('data');
    socket.close();
    await once(tcp, 'data');
    stream.write({ samples: new Int16Array(800), sampleRateHz: 8000 });
    stream.write({ samples: new Int16Array(80), sampleRateHz: 8000 });
    stream.flush();
    expect(usage).toMatchObject([{ seconds: 0.1 }]);
    const closed = stream.close();
    clock.advance(500);
    await closed;
    expect(usage).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
    socket.terminate();
    server.close();
  });
});
