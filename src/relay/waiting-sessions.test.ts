import { afterEach, describe, expect, it } from '@jest/globals';
import { KeepingEar, lightSession, until } from '../../test/harness/light-relay.js';
import { LightRelays } from '../../test/harness/light-relays.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import type { SessionConfig } from './config/config.js';
import { createRelay, createSession } from './create.js';
import type { RelayOptions } from './relay-options.js';
import type { Relay } from './relay.js';

const relays = new LightRelays();
const opened: Relay[] = [];

/** A relay that does not listen yet. */
function open(options: RelayOptions = {}): Relay {
  const relay = createRelay({ port: 0, ...options });
  opened.push(relay);
  return relay;
}

afterEach(async () => {
  await relays.close();
  await Promise.all(opened.splice(0).map((relay) => relay.close()));
});

describe('a waiting session', () => {
  function eager(warmUp: () => Promise<void>): SessionConfig {
    const ear = new KeepingEar();
    const stt = { name: ear.name, accepts: ear.accepts, open: ear.open.bind(ear), warmUp };
    return { ...lightSession(), stt };
  }

  it('loads its providers before its call, made before or after the relay listens', async () => {
    const relay = open();
    let loaded = 0;
    const config = eager(() => {
      loaded++;
      return Promise.resolve();
    });
    createSession(config, { relay });
    expect(loaded).toBe(0);
    await relay.listen();
    expect(loaded).toBe(1);
    createSession(config, { relay });
    await until(() => loaded === 2);
  });

  it('has its relay report loading that takes long, while it goes on', async () => {
    const clock = new VirtualClock();
    const notices: string[] = [];
    const relay = open({ clock, onNotice: ({ message }) => notices.push(message) });
    let finish = (): void => undefined;
    createSession(
      eager(() => new Promise((resolve) => (finish = resolve))),
      { relay },
    );
    const listening = relay.listen();
    clock.advance(10_000);
    await until(() => {
      clock.advance(1000);
      return notices.length > 0;
    });
    expect(notices).toEqual([
      'The providers have been loading for 10 s. The relay is ready once each warmUp() has ended.',
    ]);
    finish();
    await listening;
  });

  it('does not hold up others if its providers cannot be loaded', async () => {
    const light = await relays.startWithoutConfig();
    const config = eager(() => Promise.reject(new Error('no model here')));
    createSession(config, { relay: light.relay });
    const healthy = createSession(lightSession(), { relay: light.relay });
    await until(() => /Loading ahead of the call failed: .*no model here/.test(light.said));
    await light.call();
    expect((await light.call()).session).toBe(healthy);
  });
});
