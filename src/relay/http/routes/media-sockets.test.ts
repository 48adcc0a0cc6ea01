import { afterEach, describe, expect, it } from '@jest/globals';
import { until, type LightCall, type LightRelay } from '../../../../test/harness/light-relay.js';
import { LightRelays } from '../../../../test/harness/light-relays.js';
import { beginCall, MediaPeer, ring } from '../../../../test/harness/media-peer.js';
import { afterCall, upgradeStatus } from '../../../../test/harness/twilio-requests.js';

const relays = new LightRelays();

afterEach(() => relays.close());

describe('a media socket that never becomes a call', () => {
  /** Each opens its own sockets and resolves to the one that the relay must close. */
  const abuses: readonly (readonly [
    what: string,
    notice: RegExp | null,
    code: number | null,
    abuse: (light: LightRelay) => Promise<MediaPeer>,
  ])[] = [
    [
      'shows a token that was used before',
      /token is missing, used, expired/,
      1008,
      async (light) => {
        const { streamUrl, token } = await ring(light, 'CA1');
        const first = await MediaPeer.open(streamUrl);
        first.connected();
        first.start('CA1', token);
        first.stop();
        const replayed = await MediaPeer.open(streamUrl);
        replayed.connected();
        replayed.start('CA1', token);
        await first.ended();
        return replayed;
      },
    ],
    [
      'shows the token of another call',
      /or of another call/,
      1008,
      async (light) => {
        const { streamUrl, token } = await ring(light, 'CA1');
        const peer = await MediaPeer.open(streamUrl);
        peer.connected();
        peer.start('CA2', token);
        return peer;
      },
    ],
    [
      'shows no token',
      /token is missing/,
      1008,
      async (light) => {
        const { streamUrl } = await ring(light, 'CA1');
        const peer = await MediaPeer.open(streamUrl);
        peer.connected();
        peer.start('CA1', undefined);
        return peer;
      },
    ],
    [
      'sends binary first',
      /message that is not Twilio’s/,
      1008,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.send(Buffer.alloc(160));
        return peer;
      },
    ],
    [
      'sends nonsense first',
      /message that is not Twilio’s/,
      1008,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.send('{"event":');
        return peer;
      },
    ],
    [
      'sends audio before its start message',
      /something before its start/,
      1008,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.connected();
        for (let i = 0; i < 100; i++) peer.media();
        return peer;
      },
    ],
    [
      'sends its start message first',
      /something before its start/,
      1008,
      async (light) => {
        const { streamUrl, token } = await ring(light, 'CA1');
        const peer = await MediaPeer.open(streamUrl);
        peer.start('CA1', token);
        return peer;
      },
    ],
    [
      'sends a first message longer than first messages may be',
      /first message was too long/,
      1009,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.send(JSON.stringify({ event: 'connected', protocol: 'x'.repeat(20_000) }));
        return peer;
      },
    ],
    [
      'sends a first message longer than any message may be',
      /first message was too long/,
      1009,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.send('x'.repeat(5_000_000));
        return peer;
      },
    ],
    [
      'disconnects at once',
      /closed before its start/,
      null,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.vanish();
        return peer;
      },
    ],
  ];

  it.each(abuses)('is closed and leaves nothing behind if it %s', async (_what, notice, code, abuse) => {
    const light = await relays.start();
    const healthy = await light.call();
    await healthy.talk();
    const timers = light.clock.pendingTimers;
    const peer = await abuse(light);
    const ended = await peer.ended();
    if (code !== null) expect(ended.code).toBe(code);
    if (notice) await until(() => notice.test(light.said));
    await until(() => light.relay.sessions.length === 1 && light.clock.pendingTimers === timers);
    await healthy.talk();
  });

  it('is closed five seconds after it opened', async () => {
    const light = await relays.start();
    const healthy = await light.call();
    const { streamUrl } = await ring(light, 'CA1');
    const timers = light.clock.pendingTimers;
    const peers = [await MediaPeer.open(streamUrl), await MediaPeer.open(streamUrl)];
    peers[1]?.connected();
    await healthy.pass(4980);
    expect(peers.map(({ closed }) => closed)).toEqual([null, null]);
    await healthy.pass(20);
    for (const peer of peers) expect(await peer.ended()).toEqual({ code: 1008, reason: 'timeout' });
    expect(light.said).toContain('did not send its token in time');
    await until(() => light.clock.pendingTimers === timers);
    await healthy.talk();
  });

  it('is closed if its token has expired', async () => {
    const light = await relays.start();
    const { streamUrl, token } = await ring(light, 'CA1');
    light.clock.advance(30_000);
    const peer = await MediaPeer.open(streamUrl);
    peer.connected();
    peer.start('CA1', token);
    expect(await peer.ended()).toEqual({ code: 1008, reason: 'bad_token' });
    expect(light.events).toEqual([]);
  });

  it('is terminated if it does not answer the close', async () => {
    const light = await relays.start();
    const { streamUrl } = await ring(light, 'CA1');
    const peer = await MediaPeer.open(streamUrl);
    peer.send('nonsense');
    peer.socket.pause();
    await until(() => light.said.includes('refused'));
    expect(light.clock.pendingTimers).toBe(1);
    light.clock.advance(1000);
    await until(() => light.clock.pendingTimers === 0);
    peer.vanish();
  });

  it('is refused once maxPendingSockets are open, while calls go on', async () => {
    const light = await relays.start({ maxPendingSockets: 3 });
    const healthy = await light.call();
    const { streamUrl } = await ring(light, 'CA1');
    const opened = await Promise.allSettled(Array.from({ length: 20 }, () => MediaPeer.open(streamUrl)));
    const peers = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(peers).toHaveLength(3);
    expect(await upgradeStatus(streamUrl)).toBe(503);
    await healthy.talk();
    peers[0]?.vanish();
    await until(() => light.said.includes('closed before'));
    await (await light.call()).talk();
    for (const peer of peers) peer.vanish();
  });
});

describe('a call', () => {
  it.each([
    ['too long a message', 1009, (peer: MediaPeer) => peer.send('x'.repeat(70_000))],
    ['far too long a message', 1009, (peer: MediaPeer) => peer.send('x'.repeat(5_000_000))],
    [
      'too much nonsense',
      1008,
      (peer: MediaPeer) => {
        for (let i = 0; i < 101; i++) peer.send('nonsense');
      },
    ],
    [
      'a flood',
      1008,
      (peer: MediaPeer) => {
        for (let i = 0; i < 1100; i++) peer.media();
      },
    ],
  ])('that sends %s is ended with an apology and harms no other', async (_what, code, abuse) => {
    const light = await relays.start();
    const healthy = await light.call();
    await healthy.talk();
    const peer = await beginCall(light, 'CA1');
    abuse(peer);
    expect((await peer.ended()).code).toBe(code);
    await until(() => light.relay.sessions.length === 1);
    const bad = light.events.filter(({ sessionId }) => sessionId !== healthy.session.id);
    expect(bad.at(-1)).toMatchObject({ type: 'session.end', reason: 'transport_error' });
    expect(bad.some(({ type }) => type === 'warning')).toBe(true);
    expect(await afterCall(light, { CallSid: 'CA1', CallStatus: 'in-progress' })).toEqual(['Say', 'Hangup']);
    await healthy.talk();
  });

  it('goes on after a few bad messages, and another call gets no warning', async () => {
    const light = await relays.start();
    const healthy: LightCall = await light.call();
    const peer = await beginCall(light, 'CA1');
    peer.send('nonsense');
    peer.send(Buffer.alloc(10));
    peer.send({ event: 'new_thing' });
    peer.media();
    await until(() => light.events.filter(({ type }) => type === 'warning').length === 3);
    expect(peer.closed).toBeNull();
    await healthy.talk();
    peer.stop();
    await peer.ended();
  });

  it('may ring repeatedly and uses one token for each stream', async () => {
    const light = await relays.start();
    const rung = [await ring(light, 'CA1'), await ring(light, 'CA1')];
    for (const { streamUrl, token } of rung) {
      const peer = await MediaPeer.open(streamUrl);
      peer.connected();
      peer.start('CA1', token);
      peer.stop();
      await peer.ended();
    }
    await until(() => light.events.filter(({ type }) => type === 'session.end').length === 2);
  });
});
