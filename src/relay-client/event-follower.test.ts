import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Timer } from '../core/clock.js';
import type { SessionEvent } from '../events/session-event.js';
import { LightRelay, until } from '../../test/harness/light-relay.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { followEvents } from './event-follower.js';

/** A relay's event stream that can be cut, refused, and looked at. */
class Stream {
  readonly asked: { readonly url: string | undefined; readonly lastEventId: unknown }[] = [];
  status = 200;
  #responses: ServerResponse[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer(({ url, headers }, response) => {
      this.asked.push({ url, lastEventId: headers['last-event-id'] });
      if (this.status !== 200) {
        response.writeHead(this.status).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'last-event-id': 'run-0' });
      response.write(': hzrelay events\n\nid: run-0\n\n');
      this.#responses.push(response);
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get readers(): number {
    return this.#responses.length;
  }

  send(id: string, digit: string): void {
    const event: SessionEvent = { type: 'dtmf', sessionId: 'a3f9b2c1', turn: 1, atMs: 5, timeMs: 0, digit };
    for (const response of this.#responses) response.write(`id: ${id}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  cut(): void {
    for (const response of this.#responses.splice(0)) response.destroy();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

let stream: Stream | null = null;
let light: LightRelay | null = null;
const stop = new Set<AbortController>();

afterEach(async () => {
  for (const abort of stop) abort.abort();
  stop.clear();
  stream?.close();
  await light?.close();
  stream = light = null;
});

/** A virtual clock that tells how long its timers were to wait. */
class WatchedClock extends VirtualClock {
  readonly waits: number[] = [];

  override setTimer(delayMs: number, callback: () => void): Timer {
    this.waits.push(delayMs);
    return super.setTimer(delayMs, callback);
  }
}

class Follower {
  readonly clock = new WatchedClock();
  readonly said: string[] = [];
  readonly digits: string[] = [];
  readonly events: SessionEvent[] = [];
  readonly #abort = new AbortController();
  readonly done: Promise<void>;

  constructor(url: string, options: { readonly sessionId?: string; readonly tail?: number } = {}) {
    stop.add(this.#abort);
    this.done = followEvents(url, {
      token: undefined,
      clock: this.clock,
      signal: this.#abort.signal,
      onEvent: (event) => {
        this.events.push(event);
        if (event.type === 'dtmf') this.digits.push(event.digit);
      },
      onConnected: (again) => this.said.push(again ? 'again' : 'connected'),
      onGone: () => this.said.push('gone'),
      ...options,
    });
    this.done.catch(() => undefined);
  }

  stop(): Promise<void> {
    this.#abort.abort(new Error('stopped'));
    return this.done;
  }
}

describe('a follower of events', () => {
  it('asks for one session and its past, and ends without a trace when it is told to', async () => {
    stream = new Stream();
    const follower = new Follower(await stream.listen(), { sessionId: 'a3f9b2c1', tail: 50 });
    await until(() => follower.said.length === 1);
    stream.send('run-1', '1');
    await until(() => follower.digits.length === 1);
    await follower.stop();
    expect(follower.said).toEqual(['connected']);
    expect(stream.asked).toEqual([{ url: '/events?session_id=a3f9b2c1&tail=50', lastEventId: undefined }]);
    expect(follower.clock.pendingTimers).toBe(0);
  });

  it('comes back with longer and longer waits, and goes on behind what it has seen', async () => {
    stream = new Stream();
    const { asked } = stream;
    const follower = new Follower(await stream.listen());
    await until(() => follower.said.length === 1);
    stream.send('run-7', '1');
    await until(() => follower.digits.length === 1);
    stream.status = 502;
    stream.cut();
    await until(() => follower.said.length === 2);
    const { clock } = follower;
    for (const [index, waitMs] of [500, 1000, 2000, 4000, 8000].entries()) {
      await until(() => clock.waits.at(-1) === waitMs);
      clock.advance(waitMs - 1);
      expect(asked).toHaveLength(index + 1);
      clock.advance(1);
      await until(() => asked.length === index + 2);
    }
    // The time that a relay has to answer, and the wait for the next attempt, which grows no more.
    await until(() => clock.waits.slice(-2).every((waitMs) => waitMs === 10_000));
    stream.status = 200;
    clock.advance(10_000);
    await until(() => follower.said.length === 3);
    expect(asked.at(-1)).toEqual({ url: '/events?tail=1000', lastEventId: 'run-7' });
    expect(follower.said).toEqual(['connected', 'gone', 'again']);
    await follower.stop();
  });

  it('continues where the stream began if it broke before the first event', async () => {
    stream = new Stream();
    const { asked } = stream;
    const follower = new Follower(await stream.listen());
    // The watch over the silence starts anew with the first bytes.
    await until(() => follower.clock.waits.filter((waitMs) => waitMs === 45_000).length === 2);
    stream.cut();
    await until(() => follower.clock.waits.at(-1) === 500);
    follower.clock.advance(500);
    await until(() => follower.said.includes('again'));
    expect(asked.at(-1)).toEqual({ url: '/events?tail=1000', lastEventId: 'run-0' });
    await follower.stop();
  });

  it('does not wait for a relay that was never there, nor for one that wants another token', async () => {
    stream = new Stream();
    const url = await stream.listen();
    stream.status = 503;
    await expect(new Follower(url).done).rejects.toThrow(/takes no readers just now/);
    stream.status = 200;
    const follower = new Follower(url);
    await until(() => follower.said.length === 1);
    stream.status = 401;
    stream.cut();
    await until(() => follower.clock.pendingTimers === 1 && follower.said.length === 2);
    follower.clock.advance(500);
    await expect(follower.done).rejects.toThrow(/set HZRELAY_TOKEN/);
  });

  it('ends also while it waits for the relay', async () => {
    stream = new Stream();
    const follower = new Follower(await stream.listen());
    await until(() => follower.said.length === 1);
    stream.status = 502;
    stream.cut();
    await until(() => follower.said.length === 2);
    await follower.stop();
    expect(follower.clock.pendingTimers).toBe(0);
  });

  it('takes a stream without any sign of life for gone', async () => {
    stream = new Stream();
    const follower = new Follower(await stream.listen());
    await until(() => follower.said.length === 1);
    follower.clock.advance(44_999);
    expect(follower.said).toEqual(['connected']);
    follower.clock.advance(1);
    await until(() => follower.said.includes('gone'));
    await follower.stop();
  });

  it('has from a real relay what happened while it was away, each event once', async () => {
    light = await LightRelay.start();
    const call = await light.call();
    const first = new Follower(light.url, { tail: 1000 });
    await until(() => first.events.length === light!.events.length);
    await call.talk();
    await until(() => first.events.length === light!.events.length);
    expect(first.events).toEqual(light.events);
    await first.stop();
    const past = new Follower(light.url, { tail: 2, sessionId: call.session.id });
    await until(() => past.events.length === 2);
    expect(past.events).toEqual(light.events.slice(-2));
    await past.stop();
    const stranger = new Follower(light.url, { tail: 2, sessionId: 'ffffffff' });
    await until(() => stranger.said.length === 1);
    await call.talk();
    await stranger.stop();
    expect(stranger.events).toEqual([]);
    for (const tail of ['5000', '-1', 'all'])
      expect((await fetch(`${light.url}/events?tail=${tail}`)).status).toBe(400);
  });
});
