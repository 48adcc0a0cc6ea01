/** The test page in a real browser, against a real relay with the embedded providers, in real time. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { rmsDbfs } from '../audio/level.js';
import { audibleEnd, audibleStart } from '../audio/silence.js';
import { readWav, writeWav } from '../audio/wav.js';
import { systemClock } from '../clock.js';
import type { SessionEvent, SessionEventType } from '../events/session-event.js';
import { formatLogLine, sysLogLine } from '../events/sys-log.js';
import { createRelay } from '../server/create.js';
import type { Relay } from '../server/relay.js';
import type { RelayOptions } from '../server/relay-options.js';
import { launchChromium } from '../testing/chromium.js';
import { heardRateHz, PageVisit, type PageVisitOptions } from '../testing/page-visit.js';
import { TestVoices } from '../testing/virtual-call.js';
import type { OfferResponse } from '../transport/webrtc/page-protocol.js';

const folder = mkdtempSync(join(tmpdir(), 'hzrelay-page-'));
const voices = new TestVoices();
let browser: Browser;
let relay: Relay;
let events: SessionEvent[];

/** A microphone into which somebody speaks once, after the page has had time to connect. */
function microphoneFile(name: string): string {
  const recording = readFileSync(new URL(`../../fixtures/audio/${name}.wav`, import.meta.url));
  const { samples, sampleRateHz } = readWav(recording);
  const padded = new Int16Array(sampleRateHz + samples.length);
  padded.set(samples, sampleRateHz);
  const path = join(folder, `${name}.wav`);
  writeFileSync(path, writeWav({ channels: [padded], sampleRateHz }));
  return path;
}

/** A relay whose agent says back what it was told, so that its words can be recognised again. */
async function start(options: Partial<RelayOptions> = {}): Promise<void> {
  relay = createRelay({
    port: 0,
    session: {
      inbound: { type: 'webrtc' },
      stt: voices.stt,
      tts: voices.tts,
      llm: ({ messages }) => messages.findLast(({ role }) => role === 'user')?.content ?? '',
      agent: { systemPrompt: 'Say back what you were told.' },
    },
    ...options,
  });
  events = [];
  relay.on('*', (event) => events.push(event));
  await relay.listen();
}

function visit(options: PageVisitOptions = {}, path = '/'): Promise<PageVisit> {
  return PageVisit.open(browser, `${relay.url}${path}`, options);
}

/** Resolves with the next event of this type. */
function next<T extends SessionEventType>(type: T): Promise<SessionEvent<T>> {
  return new Promise((resolve) => {
    const listener = (event: SessionEvent): void => {
      if (event.type !== type) return;
      relay.off('*', listener);
      resolve(event as SessionEvent<T>);
    };
    relay.on('*', listener);
  });
}

function count(type: SessionEventType): number {
  return events.filter((event) => event.type === type).length;
}

/** What the embedded recogniser makes of speech. */
function recognise(samples: Int16Array, sampleRateHz: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = voices.stt.open({
      format: { encoding: 'linear16', sampleRateHz },
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.type === 'partial' || event.type === 'heard') return;
        void stream.close();
        if (event.type === 'final') resolve(event.text);
        else reject(event.error);
      },
    });
    stream.speechStarted?.();
    for (let at = 0; at < samples.length; at += sampleRateHz / 50)
      stream.write({ samples: samples.subarray(at, at + sampleRateHz / 50), sampleRateHz });
    stream.flush();
  });
}

beforeAll(async () => {
  const microphone = microphoneFile('book-my-appointment-16k');
  [browser] = await Promise.all([launchChromium({ microphoneFile: microphone }), voices.warmUp()]);
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await relay.close();
});

afterAll(async () => {
  await browser.close();
  await voices.close();
  rmSync(folder, { recursive: true });
});

describe('a visitor who speaks', () => {
  it('connects in under a second, is understood, hears the answer, and sees it all', async () => {
    await start();
    const visitor = await visit();
    const answered = next('turn.end');
    expect(await visitor.connect()).toBeLessThan(1000);
    const { latency, heardText } = await answered;

    expect(heardText).toBe('book my appointment');
    expect(latency).toMatchObject({ ear: 'measured', absent: null });
    expect(latency.mouth_to_ear_ms).toBeGreaterThan(400);
    expect(latency.mouth_to_ear_ms).toBeLessThan(1500);

    await visitor.shows('listening');
    expect(await visitor.lines('transcript')).toEqual([
      'You\nbook my appointment',
      'Agent\nbook my appointment',
    ]);
    const terminal = events.map(sysLogLine).filter(({ detail }) => !detail);
    expect(await visitor.lines('log')).toEqual(terminal.map(formatLogLine));
    await visitor.page.getByText('details').click();
    expect(await visitor.lines('log')).toEqual(events.map(sysLogLine).map(formatLogLine));
    const shown = await visitor.page.locator('#latency .figure').innerText();
    expect(shown.replace(/\s+/g, ' ')).toBe(
      `${(latency.mouth_to_ear_ms ?? 0).toFixed(0)} ms turn 1 · measured`,
    );

    const heard = await visitor.heard();
    const speech = heard.subarray(
      Math.max(0, audibleStart(heard, heardRateHz) - heardRateHz / 5),
      audibleEnd(heard, heardRateHz) + heardRateHz / 5,
    );
    expect(await recognise(speech, heardRateHz)).toBe('book my appointment');

    expect(visitor.complaints).toEqual([]);
    expect(await visitor.violations()).toEqual([]);
  });

  it('is heard through another microphone from the moment on that it is chosen', async () => {
    await start();
    const visitor = await visit();
    await visitor.connect();
    const understood = next('transcript.final');
    const choice = visitor.page.getByRole('combobox', { name: 'Microphone' });
    await choice.selectOption('Fake Audio Input 1');
    expect((await understood).text).toBe('book my appointment');
    expect(await choice.locator('option:checked').innerText()).toBe('Fake Audio Input 1');
    expect(visitor.complaints).toEqual([]);
  });

  it('is not heard while muted', async () => {
    await start();
    const visitor = await visit();
    await visitor.button('Mute').click();
    await visitor.connect();
    expect(await visitor.button('Unmute').getAttribute('aria-pressed')).toBe('true');
    const answered = next('turn.end');
    // Said back, this takes longer than the microphone's file.
    await visitor.type(
      'I would like to see my doctor next Friday at half past three in the afternoon, please',
    );
    await answered;
    expect(count('speech.start')).toBe(0);
  });
});

describe('a visitor without a microphone', () => {
  it('is told why, types instead, and hears the answer', async () => {
    await start();
    const visitor = await visit({ microphone: false });
    await visitor.connect();
    expect(await visitor.problems()).toEqual(['The microphone is blocked']);
    const answered = next('turn.end');
    await visitor.type('hello there');
    const { heardText, latency } = await answered;
    expect(heardText).toBe('hello there');
    expect(latency.ear).toBe('measured');
    await visitor.shows('listening');
    expect(await visitor.lines('transcript')).toEqual(['Youtyped\nhello there', 'Agent\nhello there']);
    const heard = await visitor.heard();
    const [from, to] = [audibleStart(heard, heardRateHz), audibleEnd(heard, heardRateHz)];
    expect((to - from) / heardRateHz).toBeGreaterThan(0.4);
    expect(rmsDbfs(heard, from, to)).toBeGreaterThan(-35);
    expect(visitor.complaints).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it('is told where the address gets no microphone, and typing still works', async () => {
    // Not the loopback's own name: browsers trust such an origin as little as any other over plain HTTP.
    await start({ host: '0.0.0.0' });
    const url = `http://0.0.0.0:${new URL(relay.url).port}/?token=${relay.access.token}`;
    const visitor = await PageVisit.open(browser, url);
    await visitor.connect();
    expect(await visitor.problems()).toEqual(['This address gets no microphone']);
    const answered = next('turn.end');
    await visitor.type('hello there');
    expect(await answered).toMatchObject({ heardText: 'hello there', latency: { ear: 'estimated' } });
    expect(visitor.complaints).toEqual([]);
  });

  it('is told where the relay is busy, and can be tried again', async () => {
    await start({ maxSessions: 1 });
    const first = await visit();
    await first.connect();
    const second = await visit();
    await second.button('Connect').click();
    await second.page.getByText('The relay is busy').waitFor();
    const ended = next('session.end');
    await first.button('Disconnect').click();
    expect((await ended).reason).toBe('hangup');
    await second.button('Try again').click();
    await second.says(/^Live$/);
    expect(await second.problems()).toEqual([]);
  });

  it('is told where the page is not authorised', async () => {
    await start({ publicUrl: 'https://relay.example', twilioAuthToken: 'secret' });
    const visitor = await visit({}, `/?token=${relay.access.token}`);
    expect(visitor.page.url()).toBe(`${relay.url}/`);
    await visitor.connect();
    await visitor.button('Disconnect').click();
    await visitor.page.context().clearCookies();
    await visitor.button('Connect').click();
    await visitor.page.getByText('This page is not authorised').waitFor();
  });

  it('is told where the relay stops, and where it is gone', async () => {
    await start();
    const visitor = await visit();
    await visitor.connect();
    await relay.close();
    await visitor.says(/^Call ended: the relay is shutting down$/);
    await visitor.button('Call again').click();
    await visitor.page.getByText('The relay does not answer').waitFor();
    await visitor.says(/^Not connected$/);
  });

  it('is mended by one call more where the connection breaks', async () => {
    await start();
    const visitor = await visit();
    const offered = visitor.page.waitForResponse(/webrtc\/offer$/);
    await visitor.connect();
    const { id } = (await (await offered).json()) as OfferResponse;
    await fetch(`${relay.url}/webrtc/${id}`, { method: 'DELETE' });
    await visitor.says(/^Connection lost: calling again$/);
    await visitor.says(/^Live$/);
    expect(count('session.start')).toBe(2);
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(2);
  });

  it('is noticed where the relay falls silent without closing anything', async () => {
    await start();
    const visitor = await visit();
    await visitor.page.clock.install();
    await visitor.connect();
    await visitor.page.clock.fastForward(6000);
    await visitor.says(/^Connection lost: calling again$/);
    await visitor.says(/^Live$/);
  });

  it('is told where no way for the audio is found in time', async () => {
    await start();
    const visitor = await visit({
      before: 'RTCPeerConnection.prototype.setRemoteDescription = () => Promise.resolve();',
    });
    await visitor.page.clock.install();
    const offered = visitor.page.waitForResponse(/webrtc\/offer$/);
    await visitor.button('Connect').click();
    await (await offered).finished();
    await visitor.says(/^Connecting$/);
    await visitor.page.clock.fastForward(11_000);
    await visitor.page.getByText('No way to the relay for audio').waitFor();
  });

  it('is a click away where the browser plays nothing without one', async () => {
    await start();
    const before = `
      const { play } = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = function () {
        HTMLMediaElement.prototype.play = play;
        return Promise.reject(new DOMException('No click yet.', 'NotAllowedError'));
      };
    `;
    const visitor = await visit({ before });
    await visitor.connect();
    await visitor.button('Play').click();
    await visitor.page.getByText('The browser keeps the agent silent').waitFor({ state: 'detached' });
    await visitor.says(/^Live$/);
  });
});

describe('a visitor who leaves', () => {
  it.each<[string, (visitor: PageVisit) => Promise<unknown>]>([
    ['by the button', (visitor) => visitor.button('Disconnect').click()],
    ['by reloading the page', (visitor) => visitor.page.reload()],
    ['by going elsewhere', (visitor) => visitor.page.goto('about:blank')],
    ['by closing the tab', (visitor) => visitor.page.close({ runBeforeUnload: true })],
  ])('%s ends the session, at once and once', async (_how, leave) => {
    await start();
    const visitor = await visit();
    await visitor.connect();
    const ended = next('session.end');
    const leftMs = performance.now();
    await leave(visitor);
    expect((await ended).reason).toBe('hangup');
    expect(performance.now() - leftMs).toBeLessThan(1500);
    await relay.close();
    expect(count('session.end')).toBe(1);
  });

  it('because the tab has crashed ends the session once, when nothing has come for a while', async () => {
    let skippedMs = 0;
    await start({ clock: { ...systemClock, nowMs: () => systemClock.nowMs() + skippedMs } });
    const visitor = await visit();
    await visitor.connect();
    const ended = next('session.end');
    const crashed = visitor.page.waitForEvent('crash');
    visitor.page.goto('chrome://crash').catch(() => undefined);
    await crashed;
    skippedMs = 10_000;
    expect((await ended).reason).toBe('transport_error');
    await relay.close();
    expect(count('session.end')).toBe(1);
  });
});

describe('a visitor who uses the keyboard or a screen reader', () => {
  it('reaches every control, in the order in which they stand, and knows what each is', async () => {
    await start();
    const visitor = await visit();
    await visitor.connect();
    await visitor.page.evaluate('document.activeElement.blur()');
    const names: string[] = [];
    for (let press = 0; press < 8; press++) {
      await visitor.page.keyboard.press('Tab');
      names.push(await visitor.page.evaluate<string>('document.activeElement.id'));
    }
    expect(names).toEqual([
      'microphone',
      'mute',
      'call',
      'transcript',
      'text',
      'send',
      'details',
      'log-scroll',
    ]);
    const tree = await visitor.page.locator('body').ariaSnapshot();
    for (const control of [
      'heading "hzrelay"',
      'status: Live',
      'group "Microphone"',
      'combobox "Microphone"',
      'meter "Microphone level"',
      'button "Mute"',
      'button "Disconnect"',
      'textbox "Say by typing"',
      'button "Send"',
      'heading "Conversation"',
      'heading "SYS_LOG, live"',
      'log "SYS_LOG, live"',
      'checkbox "details"',
    ])
      expect(tree).toContain(control);
  });
});
