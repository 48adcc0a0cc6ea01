import { afterEach, describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '../../../events/session-event.js';
import { postWebhook } from '../../../simulators/phone/simulated-phone-webhook.js';
import { readTwiml } from '../../../simulators/phone/twiml-reader.js';
import { lightSession, until, type LightRelay } from '../../../../test/harness/light-relay.js';
import { LightRelays } from '../../../../test/harness/light-relays.js';
import { MediaPeer, openStream, ring, type RungCall } from '../../../../test/harness/media-peer.js';

const relays = new LightRelays();

afterEach(() => relays.close());

/** Starts and ends of sessions, as they happened. */
function lives(light: LightRelay): string[] {
  const kinds: readonly SessionEvent['type'][] = ['session.start', 'session.end'];
  return light.events.filter(({ type }) => kinds.includes(type)).map(({ type }) => type);
}

function starts(light: LightRelay): number {
  return lives(light).filter((type) => type === 'session.start').length;
}

describe('a webhook that Twilio sends again', () => {
  it('gives the session to the stream of the later answer', async () => {
    const light = await relays.start();
    const bystander = await light.call();
    light.events.length = 0;
    const first = await openStream(await ring(light, 'CA1'));
    await until(() => starts(light) === 1);
    const second = await openStream(await ring(light, 'CA1'));
    expect((await first.ended()).code).toBe(1000);
    await until(() => light.events.some(({ type }) => type === 'session.reconnected'));
    expect(lives(light)).toEqual(['session.start']);
    expect(light.relay.sessions).toHaveLength(2);
    expect(second.closed).toBeNull();
    await bystander.talk();
    second.stop();
    await second.ended();
  });

  it('leaves the call to the later stream where the earlier one comes last', async () => {
    const light = await relays.start();
    const [earlier, later] = [await ring(light, 'CA1'), await ring(light, 'CA1')];
    const second = await openStream(later);
    await until(() => starts(light) === 1);
    const first = await openStream(earlier);
    expect(await first.ended()).toEqual({ code: 1008, reason: 'superseded' });
    expect(lives(light)).toEqual(['session.start']);
    expect(second.closed).toBeNull();
    expect(light.said).toContain('its call has a later one');
    second.stop();
    await second.ended();
  });

  it('makes one session of two streams that come at once, while the user’s config is still awaited', async () => {
    const givers: (() => void)[] = [];
    const light = await relays.start({
      session: async () => {
        await new Promise<void>((resolve) => givers.push(resolve));
        return lightSession();
      },
    });
    const [earlier, later] = [await ring(light, 'CA1'), await ring(light, 'CA1')];
    const first = await openStream(earlier);
    await until(() => givers.length === 1);
    const second = await openStream(later);
    for (let turn = 0; turn < 20; turn++) await ring(light, 'CA2');
    expect(givers).toHaveLength(1);
    givers[0]?.();
    await first.ended();
    await until(() => light.events.some(({ type }) => type === 'session.reconnected'));
    expect(lives(light)).toEqual(['session.start']);
    expect(givers).toHaveLength(1);
    second.stop();
    await second.ended();
  });

  it('is answered though every place is taken, since the call has one', async () => {
    const light = await relays.start({ maxSessions: 1 });
    const first = await openStream(await ring(light, 'CA1'));
    await until(() => starts(light) === 1);
    await expect(ring(light, 'CA2')).rejects.toThrow('not connected');
    const second = await openStream(await ring(light, 'CA1'));
    await first.ended();
    await until(() => light.events.some(({ type }) => type === 'session.reconnected'));
    second.stop();
    await second.ended();
  });

  it('never makes two sessions of one call, in whatever order ten answers and their streams come', async () => {
    const light = await relays.start();
    const rung: RungCall[] = [];
    for (let i = 0; i < 10; i++) rung.push(await ring(light, 'CA1'));
    const order = [3, 0, 7, 1, 9, 2, 8, 4, 6, 5];
    let most = 0;
    light.relay.on('*', () => (most = Math.max(most, light.relay.sessions.length)));
    const peers = await Promise.all(order.map((i) => openStream(rung[i] as RungCall)));
    await until(() => peers.filter(({ closed }) => closed === null).length === 1);
    await until(() => light.relay.sessions.length === 1);
    expect(most).toBe(1);
    expect(peers.findIndex(({ closed }) => closed === null)).toBe(order.indexOf(9));
    peers[order.indexOf(9)]?.stop();
    await until(() => light.relay.sessions.length === 0);
  });
});

describe('what comes after a stream that still looks well', () => {
  it('is a new stream for the same call', async () => {
    const light = await relays.start();
    const first = await openStream(await ring(light, 'CA1'));
    await until(() => starts(light) === 1);
    const twiml = await postWebhook({
      clock: light.clock,
      url: `${light.url}/twilio/after`,
      fields: { CallSid: 'CA1', CallStatus: 'in-progress' },
      authToken: undefined,
      signal: undefined,
    });
    const [verb] = readTwiml(twiml);
    expect(verb?.name).toBe('Connect');
    const stream = verb?.children[0];
    const second = await MediaPeer.open(stream?.attributes.url ?? '');
    second.connected();
    second.start('CA1', stream?.children[0]?.attributes.value);
    await first.ended();
    await until(() => light.events.some(({ type }) => type === 'session.reconnected'));
    expect(lives(light)).toEqual(['session.start']);
    second.stop();
    await second.ended();
  });
});
