import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { connect, createServer, type Server } from 'node:net';
import { systemClock } from '../core/clock.js';
import { ConfigError, type ConfigProblem } from '../core/errors.js';
import type { SessionEvent } from '../events/session-event.js';
import { placeCall, SimulatedPhone } from '../simulators/phone/simulated-phone.js';
import type { Session } from '../session/session.js';
import { LightRelay, lightSession, until } from '../../test/harness/light-relay.js';
import { createSession } from './create.js';

let port = 0;
const portBefore = process.env.HZRELAY_PORT;
const warnings: string[] = [];
let made: Session[] = [];

/** Occupies the default relay's port until the server is closed. */
async function occupy(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return server;
}

function release(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Whether the port is free. Connects to it, because binding it would keep the relay from it. */
function isFree(): Promise<boolean> {
  return new Promise((resolve) => {
    const knock = connect(port, '127.0.0.1', () => {
      knock.destroy();
      resolve(false);
    });
    knock.on('error', () => resolve(true));
  });
}

/** Resolves when the default relay's port is taken, or free. */
async function portIs(state: 'taken' | 'free'): Promise<void> {
  for (let knocks = 0; knocks < 10_000; knocks++) {
    if ((await isFree()) === (state === 'free')) return;
  }
  throw new Error(`The port never was ${state}.`);
}

function session(): Session {
  const fresh = createSession(lightSession());
  made.push(fresh);
  return fresh;
}

function heardBy(of: Session): SessionEvent[] {
  const events: SessionEvent[] = [];
  of.on('*', (event) => events.push(event));
  return events;
}

const voiceUrl = (): string => `http://127.0.0.1:${port}/twilio/voice`;

beforeAll(async () => {
  // Below the ports that other tests are given when they ask for any.
  for (port = 20_000 + (process.pid % 10_000); !(await isFree()); port++);
  process.env.HZRELAY_PORT = String(port);
  jest.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)));
});

afterEach(async () => {
  await Promise.all(made.map((each) => each.end()));
  made = [];
  await portIs('free');
});

afterAll(() => {
  if (portBefore === undefined) delete process.env.HZRELAY_PORT;
  else process.env.HZRELAY_PORT = portBefore;
  jest.restoreAllMocks();
});

describe('a session without a relay', () => {
  it('is there at once, waiting, and its relay listens from the next tick on', async () => {
    const waiting = session();
    expect(waiting.state).toBe('waiting');
    await portIs('taken');
    expect(waiting.state).toBe('waiting');
  });

  it('gets the next call; of two that wait, the first one gets the first', async () => {
    const sessions = [session(), session()];
    const heard = sessions.map(heardBy);
    await portIs('taken');
    for (const [i, events] of heard.entries()) {
      const phone = await placeCall({ voiceUrl: voiceUrl(), clock: systemClock });
      await until(() => events.length > 0);
      expect(events[0]).toMatchObject({ type: 'session.start', callId: phone.callSid });
      expect(heard.filter((each) => each.length > 0)).toHaveLength(i + 1);
      await phone.hangUp();
    }
    await Promise.all(sessions.map((each) => each.closed));
  });

  it('releases the port once the last session has ended', async () => {
    const [first, second] = [session(), session()];
    await portIs('taken');
    await first.end();
    expect(await isFree()).toBe(false);
    await second.end();
    await portIs('free');
  });

  it('stays on the line until the phone has asked what comes next', async () => {
    const only = session();
    await portIs('taken');
    const phone = await placeCall({ voiceUrl: voiceUrl(), clock: systemClock });
    await until(() => only.state === 'listening');
    void only.end();
    expect(await phone.ended).toMatchObject({ how: 'relay_hung_up', verbs: ['Connect', 'Hangup'] });
  });

  it('leaves nothing behind when it ends in the same tick', async () => {
    const brief = session();
    const events = heardBy(brief);
    await brief.end();
    await new Promise(setImmediate);
    expect(await isFree()).toBe(true);
    expect(events).toMatchObject([{ type: 'session.end', reason: 'ended' }]);
  });

  it('may follow upon another, made as soon as that one has ended', async () => {
    for (let round = 0; round < 3; round++) {
      const current = session();
      const events = heardBy(current);
      await portIs('taken');
      const phone = await placeCall({ voiceUrl: voiceUrl(), clock: systemClock });
      await until(() => events.length > 0);
      await phone.hangUp();
      await current.closed;
      expect(events).toMatchObject([{ type: 'session.start' }, { type: 'session.end', reason: 'hangup' }]);
    }
  });

  it('hears why its relay cannot listen, and the next one has a new chance', async () => {
    const server = await occupy();
    const [first, second] = [session(), session()];
    const heard = [heardBy(first), heardBy(second)];
    await Promise.all([first.closed, second.closed]);
    for (const events of heard) {
      expect(events).toMatchObject([
        { type: 'error', message: expect.stringMatching(/is in use.*HZRELAY_PORT/) },
        { type: 'session.end', reason: 'transport_error' },
      ]);
    }
    await release(server);
    session();
    await portIs('taken');
  });

  it('turns further callers away, and says on the log what would take them', async () => {
    const only = session();
    await portIs('taken');
    const phone = await placeCall({ voiceUrl: voiceUrl(), clock: systemClock });
    await until(() => only.state === 'listening');
    warnings.length = 0;
    const further = new SimulatedPhone({ voiceUrl: voiceUrl(), clock: systemClock });
    await further.dial();
    expect(await further.ended).toMatchObject({ how: 'rejected', reason: 'busy' });
    expect(warnings).toEqual([expect.stringContaining('createRelay({ session, onSession })')]);
    await phone.hangUp();
  });

  it('whose config cannot be used is one error that lists every problem, and no relay', async () => {
    const create = (): Session =>
      createSession({
        inbound: { type: 'twilio' },
        outbound: { type: 'webrtc' },
        tts: { provider: 'elevenlabs' },
        agent: {},
      } as never);
    let problems: readonly ConfigProblem[] = [];
    try {
      create();
    } catch (thrown) {
      if (thrown instanceof ConfigError) ({ problems } = thrown);
    }
    expect(problems.map(({ field }) => field).sort()).toEqual([
      'agent.systemPrompt',
      'outbound.type',
      'tts.apiKey',
    ]);
    await new Promise(setImmediate);
    expect(await isFree()).toBe(true);
  });

  it('is refused where HZRELAY_PORT is no port', () => {
    process.env.HZRELAY_PORT = 'eighty';
    try {
      expect(() => createSession(lightSession())).toThrow(/HZRELAY_PORT: is 'eighty'/);
    } finally {
      process.env.HZRELAY_PORT = String(port);
    }
  });
});

describe('a session with a relay', () => {
  it('waits there and leaves the default relay alone', async () => {
    const light = await LightRelay.start({ session: undefined });
    const waiting = [0, 1].map(() => createSession(lightSession(), { relay: light.relay }));
    for (const each of waiting) expect((await light.call()).session).toBe(each);
    expect(await isFree()).toBe(true);
    await light.close();
  });
});
