/** The test page in a real browser, against a real relay with the embedded providers, in real time. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rmsDbfs } from '../audio/level.js';
import { audibleEnd, audibleStart } from '../audio/silence.js';
import { systemClock } from '../core/clock.js';
import type { SessionEvent } from '../events/session-event.js';
import { formatLogLine, sysLogLine } from '../events/sys-log.js';
import { callerSpeech } from '../simulators/caller-speech.js';
import { likeness } from '../../test/harness/likeness.js';
import { PageRelay } from '../../test/harness/page-relay.js';
import { heardRateHz, type PageVisit } from '../../test/harness/page-visit.js';
import { drawn } from '../../test/harness/thorough.js';

let site: PageRelay;

beforeAll(async () => {
  site = await PageRelay.launch();
});

afterEach(() => site.end());

afterAll(() => site.close());

/** What was heard, with a little of the silence around it. */
async function lastHeard(visitor: PageVisit): Promise<Int16Array> {
  const heard = await visitor.heard();
  const marginSamples = heardRateHz / 5;
  return heard.subarray(
    Math.max(0, audibleStart(heard, heardRateHz) - marginSamples),
    audibleEnd(heard, heardRateHz) + marginSamples,
  );
}

/** What the browser's microphone says, once. */
const spoken = 'book my appointment';

/**
 * A visitor who was understood, and the event that says so. A busy machine delays the browser's audio, so an utterance may
 * arrive broken; of three one must be whole. `act` makes the microphone speak.
 */
async function understood<T extends 'turn.end' | 'transcript.final'>(
  type: T,
  textOf: (event: SessionEvent<T>) => string,
  act: (visitor: PageVisit) => Promise<unknown>,
): Promise<{ readonly visitor: PageVisit; readonly event: SessionEvent<T> }> {
  for (let attempt = 1; ; attempt++) {
    await site.start();
    const visitor = await site.visit();
    const next = site.next(type);
    await act(visitor);
    const event = await next;
    if (textOf(event) === spoken || attempt === 3) {
      expect(textOf(event)).toBe(spoken);
      return { visitor, event };
    }
    await site.end();
  }
}

describe('a visitor who speaks', () => {
  it('connects, is understood, hears the answer, and sees it all', async () => {
    const { visitor, event } = await understood(
      'turn.end',
      (turn) => turn.heardText,
      (caller) => caller.connect(),
    );
    const { latency, heardText } = event;

    expect(latency).toMatchObject({ ear: 'measured', absent: null });
    expect(latency.mouth_to_ear_ms).toBeGreaterThan(400);

    await visitor.shows('listening');
    expect(await visitor.lines('transcript')).toEqual([`You\n${spoken}`, `Agent\n${spoken}`]);
    const terminal = site.events.map(sysLogLine).filter(({ detail }) => !detail);
    expect(await visitor.lines('log')).toEqual(terminal.map(formatLogLine));
    await visitor.page.getByText('details').click();
    expect(await visitor.lines('log')).toEqual(site.events.map(sysLogLine).map(formatLogLine));
    const shown = await visitor.page.locator('#latency .figure').innerText();
    expect(shown.replace(/\s+/g, ' ')).toBe(
      `${(latency.mouth_to_ear_ms ?? 0).toFixed(0)} ms turn 1 · measured`,
    );

    const said = await callerSpeech(heardText, { voice: 'slt', sampleRateHz: heardRateHz });
    let speech = await lastHeard(visitor);
    // On a busy machine the browser may be late with some of an answer's audio; then a later answer is judged.
    for (let again = 0; again < 4 && likeness(speech, said, heardRateHz) <= 0.9; again++) {
      await visitor.forgetHeard();
      const repeated = site.next('turn.end');
      await visitor.type(heardText);
      await repeated;
      await visitor.shows('listening');
      speech = await lastHeard(visitor);
    }
    expect(likeness(speech, said, heardRateHz)).toBeGreaterThan(0.9);
    const other = await callerSpeech('cancel my booking please', { voice: 'slt', sampleRateHz: heardRateHz });
    expect(likeness(speech, other, heardRateHz)).toBeLessThan(0.8);

    expect(visitor.complaints).toEqual([]);
    expect(await visitor.violations()).toEqual([]);
  });

  it('is heard through another microphone from the moment it is chosen', async () => {
    const choiceOf = (visitor: PageVisit) => visitor.page.getByRole('combobox', { name: 'Microphone' });
    const { visitor } = await understood(
      'transcript.final',
      ({ text }) => text,
      async (caller) => {
        await caller.connect();
        await choiceOf(caller).selectOption('Fake Audio Input 1');
      },
    );
    expect(await choiceOf(visitor).locator('option:checked').innerText()).toBe('Fake Audio Input 1');
    expect(visitor.complaints).toEqual([]);
  });

  it('is not heard while muted', async () => {
    await site.start();
    const visitor = await site.visit();
    await visitor.button('Mute').click();
    await visitor.connect();
    expect(await visitor.button('Unmute').getAttribute('aria-pressed')).toBe('true');
    const answered = site.next('turn.end');
    // The agent's repetition of this takes longer than the microphone's file.
    await visitor.type('I would like to see my doctor next Friday at half past three');
    await answered;
    expect(site.count('speech.start')).toBe(0);
  });
});

describe('a visitor without a microphone', () => {
  it('is told why, types instead, and hears the answer', async () => {
    await site.start();
    const visitor = await site.visit({ microphone: false });
    await visitor.connect();
    expect(await visitor.problems()).toEqual(['The microphone is blocked']);
    const answered = site.next('turn.end');
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

describe('a visitor who leaves', () => {
  it.each(
    drawn<[string, (visitor: PageVisit) => Promise<unknown>]>(
      [
        ['by the button', (visitor) => visitor.button('Disconnect').click()],
        ['by reloading the page', (visitor) => visitor.page.reload()],
        ['by going elsewhere', (visitor) => visitor.page.goto('about:blank')],
        ['by closing the tab', (visitor) => visitor.page.close({ runBeforeUnload: true })],
      ],
      2,
    ),
  )('%s ends the session as a hang-up, once', async (_how, leave) => {
    await site.start();
    const visitor = await site.visit();
    await visitor.connect();
    const ended = site.next('session.end');
    await leave(visitor);
    expect((await ended).reason).toBe('hangup');
    await site.relay.close();
    expect(site.count('session.end')).toBe(1);
  });

  it('whose tab has crashed is noticed after a time without messages, and waited for', async () => {
    let skippedMs = 0;
    await site.start({ clock: { ...systemClock, nowMs: () => systemClock.nowMs() + skippedMs } });
    const visitor = await site.visit();
    await visitor.connect();
    // By its end the page has answered messages of the clock: only then does the relay count on them.
    const answered = site.next('turn.end');
    await visitor.type('hello there');
    await answered;
    const noticed = site.next('session.reconnecting');
    const crashed = visitor.page.waitForEvent('crash');
    const devTools = await visitor.page.context().newCDPSession(visitor.page);
    devTools.send('Page.crash').catch(() => undefined);
    await crashed;
    skippedMs = 10_000;
    expect((await noticed).cause).toMatch(/Nothing has come from the browser/);
    await site.relay.close();
    expect(site.count('session.end')).toBe(1);
  });
});

describe('a page of another origin', () => {
  /** Posts an offer from another origin, and hangs up; resolves with what that page could read. */
  async function callFrom(allows: (origin: string) => readonly string[]): Promise<unknown> {
    const otherSite = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>mine</title>');
    });
    otherSite.listen(0, '127.0.0.1');
    await once(otherSite, 'listening');
    const origin = `http://127.0.0.1:${(otherSite.address() as AddressInfo).port}`;
    await site.start({ allowedOrigins: allows(origin) });
    const page = await (await site.browser.newContext()).newPage();
    await page.goto(origin);
    const read = await page.evaluate<unknown>(`(async () => {
      const peer = new RTCPeerConnection();
      peer.addTransceiver('audio', { direction: 'recvonly' });
      await peer.setLocalDescription();
      const headers = { 'content-type': 'application/sdp' };
      const body = peer.localDescription.sdp;
      const posted = await fetch('${site.relay.url}/webrtc/offer', { method: 'POST', headers, body });
      const session = new URL(posted.headers.get('location'), posted.url);
      const deleted = await fetch(session, { method: 'DELETE', headers: { 'if-match': posted.headers.get('etag') } });
      peer.close();
      return [posted.status, deleted.status];
    })().catch(String)`);
    otherSite.close();
    return read;
  }

  it('calls and hangs up if it is allowed', async () => {
    expect(await callFrom((origin) => [origin])).toEqual([201, 204]);
  });

  it('reads nothing if it is not allowed', async () => {
    expect(await callFrom(() => ['https://shop.example'])).toMatch(/Failed to fetch/);
  });
});

describe('a visitor who uses the keyboard or a screen reader', () => {
  it('reaches every control in visual order, each with a name', async () => {
    await site.start();
    const visitor = await site.visit();
    await visitor.connect();
    await visitor.page.evaluate('document.activeElement.blur()');
    const names: string[] = [];
    for (let press = 0; press < 10; press++) {
      await visitor.page.keyboard.press('Tab');
      names.push(await visitor.page.evaluate<string>('document.activeElement.id'));
    }
    expect(names).toEqual([
      'microphone',
      'mute',
      'past-calls',
      'call',
      'transcript',
      'text',
      'send',
      'explanations',
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
