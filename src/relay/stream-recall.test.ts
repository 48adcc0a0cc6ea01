import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
} from '../simulators/twilio-rest/twilio-rest-simulator.js';
import { openTwilioAccount, twilioCredentials } from '../telephony/twilio-account.js';
import { lightSession, until, type LightRelay } from '../../test/harness/light-relay.js';
import { LightRelays } from '../../test/harness/light-relays.js';
import { beginCall, connectedBy, openStream, ring, type MediaPeer } from '../../test/harness/media-peer.js';
import { afterCall } from '../../test/harness/twilio-requests.js';
import { twilioAccountOf, type TwilioCallAccount } from './twilio-call-account.js';
import type { RelayOptions } from './relay-options.js';

const accountSid = 'AC1';
const callSid = 'CA1';
const ours = { AccountSid: accountSid };
const inProgress = { CallSid: callSid, CallStatus: 'in-progress' };

/** Twilio's account, which answers as the test says. */
class ScriptedAccount implements TwilioCallAccount {
  readonly accountSid = accountSid;
  /** The TwiML of every redirect. */
  readonly redirects: string[] = [];
  answer: () => Promise<'redirected' | 'over'> = () => Promise.resolve('redirected');

  redirectCall(_callSid: string, twiml: string): Promise<'redirected' | 'over'> {
    this.redirects.push(twiml);
    return this.answer();
  }
}

const relays = new LightRelays();
afterEach(() => relays.close());

interface LostCall {
  readonly light: LightRelay;
  readonly account: ScriptedAccount;
}

/** A call whose stream has just been lost. */
async function lostCall(
  options: Partial<RelayOptions> = {},
  fields: Readonly<Record<string, string>> = ours,
): Promise<LostCall> {
  const account = new ScriptedAccount();
  const light = await relays.start({ twilioAccount: account, ...options });
  (await beginCall(light, callSid, fields)).vanish();
  await until(() => light.relay.sessions[0]?.state === 'reconnecting');
  return { light, account };
}

/** Lets a second pass, and the relay redirect the call. */
async function recalled({ light, account }: LostCall): Promise<MediaPeer> {
  light.clock.advance(1000);
  await until(() => account.redirects.length === 1);
  const peer = await openStream(connectedBy(account.redirects[0] ?? '', callSid));
  await until(() => light.events.some(({ type }) => type === 'session.reconnected'));
  return peer;
}

/** How often the session was lost. */
function losses({ events }: LightRelay): number {
  return events.filter(({ type }) => type === 'session.reconnecting').length;
}

/** Lets everything happen that would happen now. */
async function settled(light: LightRelay): Promise<void> {
  for (let times = 0; times < 3; times++) await ring(light, 'CA2');
}

describe('a call whose stream was lost, and about which Twilio does not ask', () => {
  it('is told to open another after a second, with a new token and the same addresses', async () => {
    const { light, account } = await lostCall();
    light.clock.advance(999);
    await settled(light);
    expect(account.redirects).toEqual([]);
    light.clock.advance(1);
    await until(() => account.redirects.length === 1);
    const again = connectedBy(account.redirects[0] ?? '', callSid);
    expect(again.streamUrl).toBe(`${light.url.replace('http', 'ws')}/twilio/media`);
    expect(again.verbs[0]?.attributes.action).toMatch(`${light.url}/twilio/after?answer=`);
    const peer = await openStream(again);
    await until(() => light.events.some(({ type }) => type === 'session.reconnected'));
    expect(light.relay.sessions[0]?.state).toBe('listening');
    expect(light.said).toContain('twilio call CA1: Twilio did not ask for another stream');
    peer.stop();
    await peer.ended();
    expect(light.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
  });

  it('gets the relay’s present address', async () => {
    const lost = await lostCall({ twilioAuthToken: '' });
    lost.light.relay.expose('https://later.example/voice');
    lost.light.clock.advance(1000);
    await until(() => lost.account.redirects.length === 1);
    const { streamUrl } = connectedBy(lost.account.redirects[0] ?? '', callSid);
    expect(streamUrl).toBe('wss://later.example/voice/twilio/media');
  });

  it('is asked for again each time that it is lost', async () => {
    const lost = await lostCall();
    const { light, account } = lost;
    (await recalled(lost)).vanish();
    await until(() => losses(light) === 2);
    light.clock.advance(1000);
    await until(() => account.redirects.length === 2);
    expect(new Set(account.redirects).size).toBe(2);
  });

  it('ends as after a hang-up where Twilio says that it is over', async () => {
    const { light, account } = await lostCall();
    account.answer = () => Promise.resolve('over');
    light.clock.advance(1000);
    await until(() => light.relay.sessions.length === 0);
    expect(light.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
    expect(light.events.at(-1)?.atMs).toBeLessThan(1100);
  });

  it('waits on where Twilio refuses, with one warning, and goes on when Twilio asks', async () => {
    const { light, account } = await lostCall();
    account.answer = () => Promise.reject(new Error('The credentials were refused. Check them.'));
    light.clock.advance(1000);
    await until(() => light.said.includes('Check them.'));
    light.clock.advance(9000);
    await settled(light);
    expect(light.notices.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(light.said).toContain('twilio call CA1 has lost its media stream');
    expect(light.relay.sessions[0]?.state).toBe('reconnecting');
    expect(await afterCall(light, inProgress, 1)).toEqual(['Connect']);
  });

  it('is not asked for once the session has given up', async () => {
    const reconnect = { windowMs: 500 };
    const { light, account } = await lostCall({ session: { ...lightSession(), reconnect } });
    light.clock.advance(500);
    await until(() => light.relay.sessions.length === 0);
    expect(light.clock.pendingTimers).toBeLessThanOrEqual(1);
    light.clock.advance(1000);
    await settled(light);
    expect(account.redirects).toEqual([]);
  });

  it.each([
    ['of another account', { AccountSid: 'AC2' }],
    ['that names no account', {}],
  ])('is left alone where it is one %s', async (_what, fields: Readonly<Record<string, string>>) => {
    const { light, account } = await lostCall({}, fields);
    light.clock.advance(5000);
    await settled(light);
    expect(account.redirects).toEqual([]);
    expect(light.notices).toEqual([]);
  });
});

describe('Twilio’s own request', () => {
  it('makes the relay’s unnecessary', async () => {
    const { light, account } = await lostCall();
    light.clock.advance(900);
    expect(await afterCall(light, inProgress, 1)).toEqual(['Connect']);
    light.clock.advance(5000);
    await settled(light);
    expect(account.redirects).toEqual([]);
  });

  it('does no harm where it comes late, after the relay’s stream', async () => {
    const lost = await lostCall();
    const { light } = lost;
    const peer = await recalled(lost);
    expect(await afterCall(light, inProgress, 1)).toEqual(['Connect']);
    await settled(light);
    expect(losses(light)).toBe(1);
    expect(peer.closed).toBeNull();
    peer.stop();
    await peer.ended();
  });

  it('that is about the relay’s stream is taken at its word', async () => {
    const lost = await lostCall();
    const { light } = lost;
    const peer = await recalled(lost);
    expect(await afterCall(light, inProgress, 2)).toEqual(['Connect']);
    expect(losses(light)).toBe(2);
    await peer.ended();
  });

  it('waits for a redirect that is under way', async () => {
    const { light, account } = await lostCall();
    let redirected: (outcome: 'redirected') => void = () => undefined;
    account.answer = () => new Promise((resolve) => (redirected = resolve));
    light.clock.advance(1000);
    await until(() => account.redirects.length === 1);
    const order: string[] = [];
    const asked = afterCall(light, inProgress, 1).then((verbs) => order.push(...verbs));
    await settled(light);
    order.push('redirected');
    redirected('redirected');
    await asked;
    expect(order).toEqual(['redirected', 'Connect']);
  });
});

describe('over Twilio’s REST API', () => {
  let twilio: TwilioRestSimulator;
  afterEach(() => twilio.close());

  /** A call that the simulated Twilio has placed, whose stream is lost without a question to the relay. */
  async function lostAtTwilio(): Promise<{
    readonly light: LightRelay;
    readonly call: TwilioRestSimulator['calls'][number];
  }> {
    const light = await relays.start({
      twilioAccount: {
        accountSid: `AC${'0'.repeat(32)}`,
        // The simulator needs the relay's clock, so it comes later.
        redirectCall: (...call) => twilioAccountOf(twilio.env)!.redirectCall(...call),
      },
    });
    twilio = await startTwilioRestSimulator({ clock: light.clock });
    const account = await openTwilioAccount(twilioCredentials(twilio.env));
    await account.placeCall({
      to: '+15550100001',
      from: '+15550100002',
      voiceUrl: `${light.url}/twilio/voice`,
      // Nobody tells the relay of a hang-up.
      statusUrl: 'http://127.0.0.1:1/',
      maxDurationS: null,
      record: false,
    });
    const call = twilio.calls[0]!;
    while (!light.events.some(({ type }) => type === 'session.start')) {
      for (let turn = 0; turn < 20; turn++) await nextTurn();
      if (!call.phone.waitsForRelay && !call.phone.answered) light.clock.advance(50);
    }
    call.phone.dropConnection({ afterMs: 60_000 });
    await until(() => losses(light) === 1);
    return { light, call };
  }

  it('the call opens another stream, and its session goes on', async () => {
    const { light, call } = await lostAtTwilio();
    light.clock.advance(1000);
    await until(() => light.events.some(({ type }) => type === 'session.reconnected'));
    expect(light.events.filter(({ type }) => type === 'session.start')).toHaveLength(1);
    await light.run(call.hangUp());
    expect(await call.phone.ended).toMatchObject({ verbs: ['Connect', 'Connect'] });
    await until(() => light.relay.sessions.length === 0);
    expect(light.events.at(-1)).toMatchObject({ reason: 'hangup' });
    expect(twilio.problems).toEqual([]);
  });

  it('the relay learns after a second that the caller has hung up', async () => {
    const { light, call } = await lostAtTwilio();
    await light.run(call.hangUp());
    light.clock.advance(1000);
    await until(() => light.relay.sessions.length === 0);
    expect(light.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
    expect(light.notices).toEqual([]);
  });
});
