import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HzRelayError } from '../core/errors.js';
import type { SessionEvent } from '../events/session-event.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { openEventFeed, type EventFeed, type EventFeedOptions } from './event-feed.js';

let server: Server | null = null;
let feed: EventFeed | null = null;

afterEach(() => {
  feed?.close();
  server?.closeAllConnections();
  server?.close();
  server = feed = null;
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(url: string, options: Partial<EventFeedOptions> = {}): Promise<EventFeed> {
  return openEventFeed(url, {
    token: undefined,
    clock: new VirtualClock(),
    onEvent: () => undefined,
    ...options,
  });
}

const dtmf = (digit: string): SessionEvent => ({
  type: 'dtmf',
  sessionId: 'a3f9b2c1',
  turn: 1,
  atMs: 5,
  timeMs: 0,
  digit,
});

describe('the event feed of a relay', () => {
  it('gives events as they come, however the network cuts them up, and ends with the stream', async () => {
    const url = await serve((request, response) => {
      expect(request.url).toBe('/events');
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      const text = `: hello\n\n${['1', '2', 'ü'].map((digit) => `event: dtmf\ndata: ${JSON.stringify(dtmf(digit))}\n\n`).join('')}`;
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
      response.end();
    });
    const events: SessionEvent[] = [];
    const clock = new VirtualClock();
    feed = await open(url, { clock, onEvent: (event) => events.push(event) });
    await feed.ended;
    expect(events).toEqual([dtmf('1'), dtmf('2'), dtmf('ü')]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('may end its lines as Windows does', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`id: run-7\r\nevent: dtmf\r\ndata: ${JSON.stringify(dtmf('1'))}\r\n\r\n`);
    });
    const events: SessionEvent[] = [];
    feed = await open(url, { onEvent: (event) => events.push(event) });
    await feed.ended;
    expect(events).toEqual([dtmf('1')]);
    expect(feed.lastEventId).toBe('run-7');
  });

  it.each([
    ['a line', 'data: '],
    ['an event of many lines', `data: ${'x'.repeat(1000)}\n`],
  ])('is closed when %s grows beyond 4 MiB', async (_what, text) => {
    let isOpen = true;
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.on('close', () => (isOpen = false));
      const more = (): void => {
        while (isOpen && response.write(text.repeat(1000)));
      };
      response.on('drain', more);
      more();
    });
    const events: SessionEvent[] = [];
    feed = await open(url, { onEvent: (event) => events.push(event) });
    await feed.ended;
    expect(events).toEqual([]);
  });

  it('shows its token where it has one', async () => {
    const tokens: unknown[] = [];
    const url = await serve(({ headers }, response) => {
      tokens.push(headers.authorization);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    });
    feed = await open(url, { token: 'secret' });
    feed.close();
    await feed.ended;
    feed = await open(url);
    expect(tokens).toEqual(['Bearer secret', undefined]);
  });

  it.each<[string, number, Record<string, string>, RegExp]>([
    ['wants a token', 401, {}, /wants its token: set HZRELAY_TOKEN/],
    ['has no such page', 404, {}, /\/events answered 404: this is no hzrelay/],
    ['is a web page', 200, { 'content-type': 'text/html' }, /is no event stream: this is no hzrelay/],
  ])('is not there where the address %s, and the error says so', async (_what, status, headers, message) => {
    const url = await serve((_request, response) => response.writeHead(status, headers).end('hello'));
    const opening = open(url);
    await expect(opening).rejects.toThrow(HzRelayError);
    await expect(opening).rejects.toThrow(message);
  });

  it('is not there where nothing listens', async () => {
    const url = await serve(() => undefined);
    server?.close();
    await expect(open(url)).rejects.toThrow(/No relay answers at .*: nothing listens there\. Is it running/);
  });

  it('is not waited for longer than 10 s', async () => {
    const clock = new VirtualClock();
    const url = await serve(() => clock.advance(10_000));
    await expect(open(url, { clock })).rejects.toThrow(/it did not answer within 10 s/);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not waited for once the signal aborts', async () => {
    const abort = new AbortController();
    const reason = new Error('stopped');
    const url = await serve(() => abort.abort(reason));
    await expect(open(url, { signal: abort.signal })).rejects.toBe(reason);
    await expect(open(url, { signal: abort.signal })).rejects.toBe(reason);
  });

  it('that is open outlives the signal, so that a call that is hung up has its last events', async () => {
    const abort = new AbortController();
    let send: (event: SessionEvent) => void = () => undefined;
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      send = (event) => response.end(`data: ${JSON.stringify(event)}\n\n`);
    });
    const events: SessionEvent[] = [];
    feed = await open(url, { signal: abort.signal, onEvent: (event) => events.push(event) });
    abort.abort();
    send(dtmf('1'));
    await feed.ended;
    expect(events).toEqual([dtmf('1')]);
  });
});
