import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { audibleEnd, audibleStart } from '../../audio/silence.js';
import { TransportError } from '../../core/errors.js';
import type { SessionEvent } from '../../events/session-event.js';
import {
  openBrowserLine,
  type BrowserLine,
  type BrowserLineCall,
} from '../../../test/harness/browser-line.js';
import { passTime, untilQuiet } from '../../../test/harness/quiet-wire.js';
import { VirtualClock } from '../virtual-clock.js';
import type { PageMessage } from '../../transport/webrtc/page-protocol.js';
import { SimulatedBrowser, type BrowserCallOptions } from './simulated-browser.js';

const rateHz = 24_000;

/** A tone that is clearly audible. */
function tone(ms: number): Int16Array {
  return Int16Array.from({ length: (rateHz * ms) / 1000 }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 440 * i) / rateHz)),
  );
}

interface Call {
  readonly clock: VirtualClock;
  readonly browser: SimulatedBrowser;
  readonly relay: BrowserLineCall;
  readonly pass: (ms: number) => Promise<void>;
}

let line: BrowserLine | null = null;
let clock = new VirtualClock();

afterEach(async () => {
  await line?.close();
  line = null;
});

async function call(options: Partial<BrowserCallOptions> = {}): Promise<Call> {
  clock = new VirtualClock();
  line = await openBrowserLine({ clock });
  const browser = new SimulatedBrowser({ relayUrl: line.url, clock, ...options });
  await browser.dial();
  const relay = await line.call;
  while (browser.waitsForRelay) await nextTurn();
  await untilQuiet(browser, relay);
  return { clock, browser, relay, pass: (ms) => passTime(clock, ms, browser, relay, 5) };
}

function reports(messages: readonly PageMessage[]): PageMessage[] {
  return messages.filter(({ type }) => type !== 'sync' && type !== 'stats');
}

describe('what the simulated browser sends', () => {
  it('is an offer, and then Opus every 20 ms, in silence too', async () => {
    const { browser, relay, pass } = await call({ token: 'secret' });
    expect(line?.requests).toEqual([
      { method: 'POST', path: '/webrtc/offer', authorization: 'Bearer secret' },
    ]);
    expect(browser.callId).toBe('WRcall');
    await pass(100);
    expect(
      relay.packets.map(({ sequenceNumber, timestamp, marker, payloadType }) => [
        sequenceNumber,
        timestamp,
        marker,
        payloadType,
      ]),
    ).toEqual([0, 1, 2, 3, 4].map((frame) => [frame, 960 * frame, frame === 0, 111]));
    expect(new Set(relay.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    await browser.hangUp();
  });

  it('is the queued speech, from the next frame on, to the end', async () => {
    const { browser, relay, pass } = await call();
    let isSaid = false;
    await pass(25);
    void browser.say(tone(200)).then(() => (isSaid = true));
    await pass(205);
    expect(isSaid).toBe(false);
    await pass(10);
    expect(isSaid).toBe(true);
    await pass(100);
    const heard = relay.heard();
    // Opus delays what it codes by 6.5 ms and smears its edges.
    expect(audibleStart(heard, rateHz) / 24).toBeGreaterThanOrEqual(40);
    expect(audibleStart(heard, rateHz) / 24).toBeLessThan(50);
    expect(audibleEnd(heard, rateHz) / 24).toBeGreaterThanOrEqual(240);
    expect(audibleEnd(heard, rateHz) / 24).toBeLessThan(275);
    const { caller } = browser.recording();
    expect([...caller.subarray(40 * 24, 240 * 24)]).toEqual([...tone(200)]);
    await browser.hangUp();
  });

  it('is a report of where its own sound begins and ends, in page time', async () => {
    const { browser, relay, pass } = await call();
    await pass(100);
    void browser.say(tone(300));
    await pass(600);
    const [start, end, ...more] = reports(relay.messages);
    expect([start?.type, end?.type, more]).toEqual(['speech_start', 'speech_end', []]);
    const [startMs, endMs] = [start, end].map((report) =>
      report && 'pageMs' in report ? report.pageMs : NaN,
    );
    expect(endMs! - startMs!).toBeCloseTo(300, -1);
    const [sync] = relay.messages.filter((message) => message.type === 'sync');
    expect(startMs! - sync!.sentPageMs).toBeCloseTo(100, 0);
    await browser.hangUp();
  });

  it('is its clock when the relay asks, and its statistics', async () => {
    const { browser, relay, pass } = await call();
    await pass(1000);
    relay.send({ type: 'sync', id: 7, relayMs: 1000 });
    await pass(0);
    const syncs = relay.messages.filter((message) => message.type === 'sync');
    expect(syncs.map(({ id }) => id)).toEqual([0, 7]);
    expect(syncs[1]!.receivedPageMs - syncs[0]!.receivedPageMs).toBe(1000);
    expect(relay.messages.at(-1)).toEqual({
      type: 'stats',
      jitterBufferMs: 40,
      roundTripMs: null,
      outputLatencyMs: 0,
    });
    await browser.hangUp();
  });

  it('is a typed turn', async () => {
    const { browser, relay, pass } = await call();
    browser.type('book my appointment');
    await pass(0);
    expect(reports(relay.messages)).toEqual([{ type: 'text', text: 'book my appointment' }]);
    await browser.hangUp();
  });

  it('is goodbye, and then nothing, when the caller hangs up', async () => {
    const { browser, relay, pass } = await call();
    const saying = browser.say(tone(1000));
    await pass(100);
    const end = await browser.hangUp();
    await saying;
    expect(end).toEqual({ how: 'caller_hung_up' });
    expect(await browser.hangUp()).toBe(end);
    expect(relay.messages.at(-1)).toEqual({ type: 'bye' });
    expect(relay.isOver).toBe(true);
    expect(browser.recording().caller).toHaveLength(100 * 24);
    expect(clock.pendingTimers).toBe(0);
  });

  it('loses and delays the same packets in every run on a rough network', async () => {
    const received = async (): Promise<number[]> => {
      const { browser, relay, pass } = await call({ network: { lossShare: 0.2, jitterMs: 60, seed: 3 } });
      await pass(2000);
      await browser.hangUp();
      await line?.close();
      return relay.packets.map(({ sequenceNumber }) => sequenceNumber);
    };
    const numbers = await received();
    expect(numbers.length).toBeGreaterThan(60);
    expect(numbers.length).toBeLessThan(95);
    expect(numbers).not.toEqual([...numbers].sort((a, b) => a - b));
    expect(await received()).toEqual(numbers);
  });
});

describe('what the simulated browser hears', () => {
  it('plays 40 ms after it arrived, in real time, and is reported when it becomes audible', async () => {
    let heardFrames = 0;
    const { browser, relay, pass } = await call({ listener: { onAudio: () => heardFrames++ } });
    await pass(100);
    relay.play(tone(200));
    await pass(10);
    expect(browser.playout).toMatchObject({ queuedMs: 200, idleSinceMs: null, heardSamples: 0 });
    await pass(130);
    expect(browser.playout).toMatchObject({ queuedMs: 100, idleSinceMs: null, heardSamples: 100 * 24 });
    await pass(160);
    expect(browser.playout.queuedMs).toBe(0);
    expect(browser.playout.idleSinceMs).toBeCloseTo(340, 3);
    const { agent, caller } = browser.recording();
    expect([agent.length, caller.length]).toEqual([400 * 24, 400 * 24]);
    const startMs = audibleStart(agent, rateHz) / 24;
    expect(startMs).toBeGreaterThanOrEqual(140);
    expect(startMs).toBeLessThan(150);
    expect(heardFrames).toBeGreaterThanOrEqual(10);
    const [audible] = reports(relay.messages);
    const [sync] = relay.messages.filter((message) => message.type === 'sync');
    expect(audible).toMatchObject({ type: 'audible' });
    const audibleMs = audible && 'pageMs' in audible ? audible.pageMs - sync!.sentPageMs : NaN;
    expect(Math.abs(audibleMs - startMs)).toBeLessThan(3);
    await browser.hangUp();
  });

  it('does not count silence after words as the agent’s voice', async () => {
    let heardFrames = 0;
    const { browser, relay, pass } = await call({ listener: { onAudio: () => heardFrames++ } });
    relay.play(new Int16Array(200 * 24));
    await pass(400);
    expect(heardFrames).toBe(0);
    expect(browser.playout.idleSinceMs).toBe(0);
    await browser.hangUp();
  });

  it('includes the events of its session', async () => {
    const events: SessionEvent[] = [];
    const { browser, relay, pass } = await call({ listener: { onEvent: (event) => events.push(event) } });
    const event = { type: 'dtmf', sessionId: 'a3f9b2c1', turn: 1, atMs: 5, timeMs: 0, digit: '1' } as const;
    relay.send({ type: 'event', number: 1, event });
    await pass(0);
    expect(events).toEqual([event]);
    await browser.hangUp();
  });

  it('is a fault if a page could not understand the relay or interrupt it', async () => {
    const { browser, relay, pass } = await call();
    for (let times = 0; times < 2; times++) {
      relay.raw('{"type":"goodbye"}');
      relay.raw('not even JSON');
    }
    await pass(0);
    relay.play(tone(1500));
    await pass(20);
    expect(browser.faults.map(({ message }) => message.slice(0, 47))).toEqual([
      'A message is not one that a page knows: "{\\"typ',
      'A message is not one that a page knows: "not ev',
      'The relay sends more than 1000 ms ahead; a brow',
    ]);
    await browser.hangUp();
  });

  it('ends with the call when the relay closes it', async () => {
    const { browser, relay } = await call();
    relay.close();
    expect(await browser.ended).toEqual({ how: 'relay_hung_up' });
    await browser.say(tone(20));
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a simulated browser that is not connected', () => {
  const dial = async (refuse: { status: number; body: string }): Promise<SimulatedBrowser> => {
    line = await openBrowserLine({ clock, refuse });
    const browser = new SimulatedBrowser({ relayUrl: line.url, clock });
    await browser.dial();
    return browser;
  };

  it('reports that the relay was busy', async () => {
    const browser = await dial({ status: 503, body: '{"error":"The relay is busy."}' });
    expect(await browser.ended).toEqual({ how: 'rejected', reason: 'The relay is busy.' });
    expect(browser.answered).toBe(false);
    expect(() => browser.playout).toThrow(/was not answered/);
  });

  it.each([
    [401, '{"error":"no"}', /wants the relay’s token: set HZRELAY_TOKEN/],
    [404, 'not found', /takes no calls from browsers\. Call it with --via twilio/],
    [400, '{"error":"No Opus."}', /answered 400: "No Opus\."/],
    [200, '<html>', /this is no hzrelay/],
    [
      200,
      JSON.stringify({ id: 'ab', callId: 'WR', type: 'answer', sdp: 'v=0' }),
      /The answer cannot be used/,
    ],
  ])('fails with a remedy if the relay answers %i %s', async (status, body, message) => {
    await expect(dial({ status, body })).rejects.toThrow(message);
    expect(clock.pendingTimers).toBe(0);
  });

  it('frees its place at the relay if the call cannot connect', async () => {
    const answer = { id: 'ab12', callId: 'WR', type: 'answer', sdp: 'v=0' };
    await expect(dial({ status: 200, body: JSON.stringify(answer) })).rejects.toThrow(TransportError);
    expect(line?.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /webrtc/offer',
      'DELETE /webrtc/ab12',
    ]);
  });

  it('fails if nothing listens', async () => {
    const browser = new SimulatedBrowser({ relayUrl: 'http://127.0.0.1:1', clock });
    await expect(browser.dial()).rejects.toThrow(/cannot be reached.*Is the relay running/);
    expect(await browser.ended).toMatchObject({ how: 'failed' });
  });

  it('gives up when its signal aborts before the answer', async () => {
    const giveUp = new AbortController();
    line = await openBrowserLine({ clock });
    const browser = new SimulatedBrowser({ relayUrl: line.url, clock, signal: giveUp.signal });
    const dialled = browser.dial();
    giveUp.abort(new Error('changed their mind'));
    await expect(dialled).rejects.toThrow(/changed their mind/);
    expect(await browser.ended).toEqual({ how: 'caller_hung_up' });
  });
});
