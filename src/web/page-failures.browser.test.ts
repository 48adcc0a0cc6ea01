/** What the test page shows in a real browser when something goes wrong, in real time. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { formatLogLine, sysLogLine } from '../events/sys-log.js';
import { PageRelay } from '../../test/harness/page-relay.js';
import { PageVisit } from '../../test/harness/page-visit.js';
import { drawn } from '../../test/harness/thorough.js';
import { wordlessVoices } from '../../test/harness/wordless-voices.js';
import type { OfferResponse } from '../transport/webrtc/page-protocol.js';

let site: PageRelay;

beforeAll(async () => {
  site = await PageRelay.launch(wordlessVoices);
});

afterEach(() => site.end());

afterAll(() => site.close());

/** Lets the page's time pass as if the relay had sent nothing, after it has sent something. */
async function loseTheRelay(visitor: PageVisit): Promise<void> {
  await visitor.page.locator('#log > li').first().waitFor({ state: 'attached' });
  await visitor.page.clock.fastForward(4000);
}

describe('what goes wrong', () => {
  it('is shown if the address gets no microphone, and typing still works', async () => {
    // Not a loopback name: browsers do not trust this origin over plain HTTP.
    await site.start({ host: '0.0.0.0' });
    const url = `http://0.0.0.0:${new URL(site.relay.url).port}/?token=${site.relay.access.token}`;
    const visitor = await PageVisit.open(site.browser, url);
    await visitor.connect();
    expect(await visitor.problems()).toEqual(['This address gets no microphone']);
    const answered = site.next('turn.end');
    await visitor.type('hello there');
    expect(await answered).toMatchObject({ heardText: 'hello there', latency: { ear: 'estimated' } });
    expect(visitor.complaints).toEqual([]);
  });

  it('is shown if the relay is busy, and can be tried again', async () => {
    await site.start({ maxSessions: 1 });
    const first = await site.visit();
    await first.connect();
    const second = await site.visit();
    await second.button('Connect').click();
    await second.page.getByText('The relay is busy').waitFor();
    const ended = site.next('session.end');
    const [session] = site.relay.sessions;
    await first.button('Disconnect').click();
    expect((await ended).reason).toBe('hangup');
    // The place is free once all that belonged to the call is closed.
    await session!.closed;
    await second.button('Try again').click();
    await second.says(/^Live$/);
    expect(await second.problems()).toEqual([]);
  });

  it('is shown if the page is not authorised', async () => {
    await site.start({ publicUrl: 'https://relay.example', twilioAuthToken: 'secret' });
    const visitor = await site.visit({}, `/?token=${site.relay.access.token}`);
    expect(visitor.page.url()).toBe(`${site.relay.url}/`);
    await visitor.connect();
    await visitor.button('Disconnect').click();
    await visitor.page.context().clearCookies();
    await visitor.button('Connect').click();
    await visitor.page.getByText('This page is not authorised').waitFor();
  });

  it('is shown if the relay stops, and if it is gone', async () => {
    await site.start();
    const visitor = await site.visit();
    await visitor.connect();
    await site.relay.close();
    await visitor.says(/^Call ended: the relay is shutting down$/);
    await visitor.button('Call again').click();
    await visitor.page.getByText('The relay does not answer').waitFor();
    await visitor.says(/^Not connected$/);
  });

  it('is repaired by a new call, which says so, if the relay no longer has the lost one', async () => {
    await site.start();
    const visitor = await site.visit();
    await visitor.page.clock.install();
    await visitor.connect();
    await visitor.page.route('**/webrtc/offer', (route) =>
      route.request().postData()?.includes('"resume"')
        ? route.fulfill({ status: 404, json: { error: 'The call has ended.' } })
        : route.continue(),
    );
    await loseTheRelay(visitor);
    await visitor.says(/^Live: a new call, since the one before was lost$/);
    expect(new Set(site.events.map(({ sessionId }) => sessionId)).size).toBe(2);
    // The refused request for the lost call is all that the browser complains of.
    expect(visitor.complaints.filter((complaint) => !complaint.includes('404'))).toEqual([]);
  });

  it('is no failure if another client ends the call', async () => {
    await site.start();
    const visitor = await site.visit();
    const offered = visitor.page.waitForResponse(/webrtc\/offer$/);
    await visitor.connect();
    const { id } = (await (await offered).json()) as OfferResponse;
    await fetch(`${site.relay.url}/webrtc/${id}`, { method: 'DELETE' });
    await visitor.says(/^Call ended: you hung up$/);
    expect(site.count('session.start')).toBe(1);
  });

  it('is repaired within the same call if the connection breaks, and costs no line of the log', async () => {
    await site.start();
    const visitor = await site.visit();
    await visitor.page.clock.install();
    await visitor.connect();
    const back = site.next('session.reconnected');
    await loseTheRelay(visitor);
    await back;
    await visitor.says(/^Live$/);
    const answered = site.next('turn.end');
    await visitor.type('hello there');
    expect((await answered).heardText).toBe('hello there');
    await visitor.shows('listening');
    const times = ['session.start', 'session.reconnecting', 'session.reconnected'] as const;
    expect(times.map((type) => site.count(type))).toEqual([1, 1, 1]);
    await visitor.page.getByText('details').click();
    expect(await visitor.lines('log')).toEqual(site.events.map(sysLogLine).map(formatLogLine));
    expect(visitor.complaints).toEqual([]);
  });

  it.each([
    [20_000, 15_000],
    [65_000, 60_000],
  ])(
    'is said, once and with one way out, if the relay does not answer for %i ms',
    async (givesUpMs, windowMs) => {
      await site.start({}, { reconnect: { windowMs } });
      const visitor = await site.visit();
      await visitor.page.clock.install();
      await visitor.connect();
      await visitor.page.route('**/webrtc/offer', (route) => route.abort());
      await loseTheRelay(visitor);
      await visitor.says(/^Connection lost: reconnecting$/);
      expect(await visitor.problems()).toEqual([]);
      await visitor.page.clock.fastForward(givesUpMs - 5000);
      await visitor.says(/^Connection lost: reconnecting$/);
      expect(await visitor.problems()).toEqual([]);
      await visitor.page.clock.fastForward(5000);
      await visitor.page.getByText('The connection was lost').waitFor();
      await visitor.says(/^Not connected$/);
      expect(await visitor.problems()).toEqual(['The connection was lost']);
      await visitor.page.unroute('**/webrtc/offer');
      await visitor.button('Call again').first().click();
      await visitor.says(/^Live$/);
    },
  );

  it('is shown if no path for the audio is found in time', async () => {
    await site.start();
    const visitor = await site.visit({
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

  it.each(
    drawn<readonly [string, string, string]>(
      [
        [
          'the browser has only loopback',
          `Object.defineProperty(RTCPeerConnection.prototype, 'localDescription', {
         get() {
           const { type, sdp } = this.pendingLocalDescription ?? this.currentLocalDescription;
           return { type, sdp: sdp.replace(/a=candidate.*\\r\\n/g, '') };
         },
       });`,
          'This browser has no network for audio',
        ],
        [
          'the relay offers only loopback',
          `const { json } = Response.prototype;
       Response.prototype.json = async function () {
         const answer = await json.call(this);
         return { ...answer, sdp: answer.sdp.replace(/a=candidate.* (?!127)\\S+ \\d+ typ.*\\r\\n/g, '') };
       };`,
          'The relay offers audio on loopback only',
        ],
      ],
      1,
    ),
  )('is shown if %s', async (_what, disturb, title) => {
    await site.start();
    const visitor = await site.visit({
      before: `${disturb} RTCPeerConnection.prototype.setRemoteDescription = () => Promise.resolve();`,
    });
    await visitor.page.clock.install();
    const offered = visitor.page.waitForResponse(/webrtc\/offer$/);
    await visitor.button('Connect').click();
    await (await offered).finished();
    await visitor.says(/^Connecting$/);
    await visitor.page.clock.fastForward(11_000);
    await visitor.page.getByText(title).waitFor();
  });

  it('is shown if typed turns come too fast', async () => {
    await site.start();
    const visitor = await site.visit({ microphone: false });
    await visitor.connect();
    await visitor.page.evaluate(`
      for (let turn = 0; turn < 15; turn++) {
        document.getElementById('text').value = 'hello';
        document.getElementById('typing').requestSubmit();
      }
    `);
    await visitor.page.getByText('Too many typed turns').waitFor();
    await visitor.says(/^Live$/);
  });

  it('is solved by a click if the browser plays nothing without one', async () => {
    await site.start();
    const before = `
      const { play } = HTMLMediaElement.prototype;
      HTMLMediaElement.prototype.play = function () {
        HTMLMediaElement.prototype.play = play;
        return Promise.reject(new DOMException('No click yet.', 'NotAllowedError'));
      };
    `;
    const visitor = await site.visit({ before });
    await visitor.connect();
    await visitor.button('Play').click();
    await visitor.page.getByText('The browser keeps the agent silent').waitFor({ state: 'detached' });
    await visitor.says(/^Live$/);
  });
});
