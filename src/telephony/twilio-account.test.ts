import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigError } from '../core/errors.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
  type TwilioRestSimulatorOptions,
} from '../simulators/twilio-rest/twilio-rest-simulator.js';
import { startForwardProxy } from '../../test/harness/forward-proxy.js';
import { openTwilioAccount, twilioCredentials, type TwilioAccount } from './twilio-account.js';
import { apiOrigin } from './twilio-credentials.js';
import { TwilioError } from './twilio-errors.js';

const to = '+15550100001';
const from = '+15550100002';
const authToken = 'c0ffee-token-of-the-account';
const call = {
  to,
  from,
  voiceUrl: 'https://relay.example/twilio/voice',
  statusUrl: 'https://relay.example/twilio/status',
  maxDurationS: null,
  record: false,
};

let simulator: TwilioRestSimulator;
afterEach(() => simulator.close());

async function open(
  options: TwilioRestSimulatorOptions = {},
  env: Readonly<Record<string, string>> = {},
  timeoutMs = 20_000,
): Promise<TwilioAccount> {
  simulator = await startTwilioRestSimulator({ authToken, ...options });
  return openTwilioAccount(twilioCredentials({ ...simulator.env, ...env }), { timeoutMs });
}

async function failure(promise: Promise<unknown>): Promise<TwilioError> {
  const thrown: unknown = await promise.catch((caught: unknown) => caught);
  if (!(thrown instanceof TwilioError)) throw new Error('It did not fail as Twilio does.', { cause: thrown });
  return thrown;
}

describe('a Twilio account', () => {
  it('shows itself, and whether it is a trial', async () => {
    const account = await open({ type: 'Trial' });
    expect(await account.info()).toMatchObject({ isTrial: true, status: 'active' });
  });

  it('finds its number by all of its digits, not by some', async () => {
    const account = await open({
      numbers: [{ phoneNumber: '+155501000021' }, { phoneNumber: from, voiceUrl: 'https://former.example/' }],
    });
    expect(await account.findNumber(from)).toMatchObject({
      phoneNumber: from,
      voiceUrl: 'https://former.example/',
      voiceMethod: 'POST',
      voiceApplicationSid: '',
      trunkSid: null,
    });
    expect(await account.findNumber('+1555010000')).toBeNull();
  });

  it('sets what a number does with calls', async () => {
    const account = await open({ numbers: [{ phoneNumber: from, voiceApplicationSid: 'AP1' }] });
    const number = await account.findNumber(from);
    const voiceUrl = 'https://relay.example/twilio/voice';
    await account.setVoice(number!.sid, { voiceUrl, voiceMethod: 'POST', voiceApplicationSid: '' });
    expect(simulator.numbers[0]).toMatchObject({ voiceUrl, voiceMethod: 'POST', voiceApplicationSid: '' });
  });

  it('asks for a call with every status, a limit and a recording of both sides', async () => {
    const account = await open();
    const placed = await account.placeCall({ ...call, maxDurationS: 60, record: true });
    expect(placed).toEqual({ callSid: simulator.calls[0]!.sid, status: 'queued', durationS: null });
    const { form } = simulator.requests.at(-1)!;
    expect(form.getAll('StatusCallbackEvent')).toEqual(['initiated', 'ringing', 'answered', 'completed']);
    expect(Object.fromEntries(form)).toMatchObject({
      To: to,
      From: from,
      Url: call.voiceUrl,
      StatusCallback: call.statusUrl,
      TimeLimit: '60',
      Record: 'true',
      RecordingChannels: 'dual',
    });
    await account.endCall(placed.callSid);
    await simulator.calls[0]!.ended;
    expect(await account.callState(placed.callSid)).toMatchObject({ status: 'canceled', durationS: 0 });
  });

  it('shows what Twilio’s log has of a call', async () => {
    const problem = { code: 13224, message: 'Dial: Invalid phone number' };
    const account = await open({ callee: { does: 'fail', afterMs: 0, problem } });
    const { callSid } = await account.placeCall(call);
    await simulator.calls[0]!.ended;
    expect(await account.callState(callSid)).toMatchObject({ status: 'failed' });
    expect(await account.callProblems(callSid)).toEqual([{ ...problem, level: 'error' }]);
  });
});

describe('a running call', () => {
  const twiml = '<Response><Say>Welcome back.</Say><Pause length="60"/></Response>';
  const webhooks: Server[] = [];
  afterEach(() => {
    for (const webhook of webhooks.splice(0)) webhook.close();
  });

  /** A call that was answered and waits. */
  async function running(): Promise<{ readonly account: TwilioAccount; readonly sid: string }> {
    const account = await open({ callee: { does: 'answer', ringsMs: 0 } });
    const asked = new AbortController();
    const webhook = createServer(({ url }, response) => {
      response.end('<Response><Pause length="60"/></Response>');
      if (url === '/voice') asked.abort();
    });
    webhooks.push(webhook);
    await once(webhook.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}`;
    const isAsked = once(asked.signal, 'abort');
    const urls = { voiceUrl: `${url}/voice`, statusUrl: `${url}/status` };
    const { callSid: sid } = await account.placeCall({ ...call, ...urls });
    await isAsked;
    return { account, sid };
  }

  const notFound = { fault: 'error', status: 404, code: 20404, message: 'It was not found.' } as const;

  it('does what its new instructions say', async () => {
    const { account, sid } = await running();
    expect(await account.redirectCall(sid, twiml)).toBe('redirected');
    expect(Object.fromEntries(simulator.requests.at(-1)!.form)).toEqual({ Twiml: twiml });
    await account.endCall(sid);
    expect((await simulator.calls[0]!.phone.ended).said).toEqual(['Welcome back.']);
  });

  it('gets none once it is over, also where Twilio no longer finds it', async () => {
    const { account, sid } = await running();
    await account.endCall(sid);
    await simulator.calls[0]!.ended;
    expect(await account.redirectCall(sid, twiml)).toBe('over');
    simulator.failNext(notFound);
    expect(await account.redirectCall(sid, twiml)).toBe('over');
  });

  it('is not taken for an ended one where the account does not know it, or the region', async () => {
    const { account, sid } = await running();
    simulator.failNext(notFound);
    const refused = account.redirectCall(sid, twiml);
    expect((await failure(refused)).message).toMatch(
      /^Twilio did not give the call another instruction: .*TWILIO_REGION/,
    );
    const unknown = account.redirectCall(`CA${'0'.repeat(32)}`, twiml);
    expect((await failure(unknown)).message).toContain('Check that TWILIO_ACCOUNT_SID');
    await account.endCall(sid);
  });
});

describe('Twilio’s errors', () => {
  it.each<[string, TwilioRestSimulatorOptions, Partial<typeof call>, number, RegExp]>([
    [
      'an invalid number',
      {},
      { to: '+1' },
      21211,
      /\+1 is not a phone number that can be called.*country code/,
    ],
    [
      "another account's calling number",
      {},
      { from: '+15550100009' },
      21210,
      /\+15550100009 is not a number/,
    ],
    [
      'an unverified number on trial',
      { type: 'Trial' },
      {},
      21219,
      /trial account may call verified.*Verify it at/,
    ],
    ['a country that is closed', { forbiddenPrefixes: ['+1555'] }, {}, 21215, /may not call the country/],
    ['an invalid webhook', {}, { voiceUrl: 'relay' }, 21205, /begins with https/],
  ])('explain %s', async (_what, options, change, code, words) => {
    const account = await open(options);
    const error = await failure(account.placeCall({ ...call, ...change }));
    expect(error).toMatchObject({ code, status: 400 });
    expect(error.message).toMatch(words);
    expect(error.message).toMatch(/^Twilio did not place the call: .*\(error \d{5}\)$/);
  });

  it.each([
    [{ fault: 'error', status: 401, code: 20003, message: 'Authenticate' }, 20003, /TWILIO_AUTH_TOKEN/],
    [
      { fault: 'error', status: 403, code: 20008, message: 'Resource not accessible' },
      20008,
      /test credentials/,
    ],
    [{ fault: 'error', status: 400, code: 13224, message: 'Dial: Invalid' }, 13224, /cannot call/],
    [{ fault: 'error', status: 400, code: 21608, message: 'Unverified' }, 21608, /not verified/],
    [
      { fault: 'error', status: 400, code: 29999, message: 'Odd\nthing.' },
      29999,
      /Odd thing \(error 29999, https:/,
    ],
    [{ fault: 'error', status: 500, code: 20500, message: 'Internal' }, 20500, /Internal \(error 20500/],
    [{ fault: 'html', status: 502 }, null, /answered HTTP 502.*status\.twilio\.com/],
    [{ fault: 'html', status: 401 }, null, /credentials were refused/],
    [{ fault: 'reset' }, null, /closed the connection/],
    [{ fault: 'hang' }, null, /did not answer in time/],
  ] as const)('explain %j', async (fault, code, words) => {
    const account = await open({}, {}, fault.fault === 'hang' ? 300 : undefined);
    simulator.failNext(fault);
    const error = await failure(account.placeCall({ ...call, to: '+15550100009' }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
  });

  it('for too many requests are retried, but not without limit', async () => {
    const account = await open();
    const fault = {
      fault: 'error',
      status: 429,
      code: 20429,
      message: 'Too Many Requests',
      retryAfter: '1',
    } as const;
    simulator.failNext(fault, fault);
    expect(await account.placeCall(call)).toMatchObject({ status: 'queued' });
    simulator.failNext(fault, fault, fault);
    expect((await failure(account.info())).message).toMatch(/too many requests.*Wait/);
  });

  it('explain that the server is unreachable', async () => {
    const account = await open();
    await simulator.close();
    expect((await failure(account.info())).message).toMatch(/127\.0\.0\.1:\d+ refuses connections\. Check/);
  });

  it('show no token at any depth', async () => {
    const account = await open({}, { TWILIO_AUTH_TOKEN: 'another-token-that-is-wrong' });
    const refused = await failure(account.info());
    expect(refused).toMatchObject({ code: 20003, status: 401 });
    await simulator.close();
    const error = await failure(account.info());
    for (const shown of [refused, error]) {
      const everything = JSON.stringify([shown, shown.message, shown.stack, (shown.cause as Error).stack]);
      expect(everything).not.toContain('another-token');
      expect(everything).not.toContain('Basic');
    }
  });
});

describe('the login', () => {
  const apiKey = { sid: `SK${'1'.repeat(32)}`, secret: 'the-secret-of-the-key' };
  const keyEnv = { TWILIO_API_KEY: apiKey.sid, TWILIO_API_KEY_SECRET: apiKey.secret };
  const numbers = [{ phoneNumber: from }];

  it('may be an API key alone, even one without access to the account resource', async () => {
    const account = await open({ apiKey, numbers }, { ...keyEnv, TWILIO_AUTH_TOKEN: '' });
    expect(await account.info()).toMatchObject({ status: 'active' });
    expect(await account.findNumber(from)).toMatchObject({ phoneNumber: from });
    expect(await account.placeCall(call)).toMatchObject({ status: 'queued' });
    await account.endCall(simulator.calls[0]!.sid);
    await simulator.calls[0]!.ended;
  });

  it('falls back to the auth token if the API key is refused', async () => {
    const account = await open({ numbers, type: 'Trial' }, keyEnv);
    expect(await account.findNumber(from)).not.toBeNull();
    expect(await account.info()).toMatchObject({ isTrial: true });
  });

  it.each([
    [{ TWILIO_AUTH_TOKEN: 'the-old-token', TWILIO_AUTH_TOKEN_SECONDARY: authToken }],
    [{ TWILIO_AUTH_TOKEN: authToken, TWILIO_AUTH_TOKEN_SECONDARY: 'a-token-to-come' }],
    [{ TWILIO_AUTH_TOKEN: '', TWILIO_AUTH_TOKEN_SECONDARY: authToken }],
  ])('uses whichever token is valid while they rotate: %j', async (env) => {
    const account = await open({ numbers }, env);
    expect(await account.findNumber(from)).not.toBeNull();
  });

  it('fails if all are refused, without showing a secret', async () => {
    const wrong = {
      ...keyEnv,
      TWILIO_AUTH_TOKEN: 'the-old-token',
      TWILIO_AUTH_TOKEN_SECONDARY: 'the-new-token',
    };
    const error = await failure((await open({}, wrong)).findNumber(from));
    expect(error).toMatchObject({ code: 20003, message: expect.stringMatching(/TWILIO_API_KEY/) });
    expect(`${error.message}${error.stack}`).not.toMatch(/the-secret|the-old|the-new/);
  });
});

describe('requests to Twilio', () => {
  const variables = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy'];
  const saved = variables.map((name) => [name, process.env[name]] as const);
  beforeEach(() => variables.forEach((name) => Reflect.deleteProperty(process.env, name)));
  afterEach(() => {
    for (const [name, value] of saved)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });

  it('go through the proxy, also for recordings', async () => {
    const proxy = await startForwardProxy();
    process.env.HTTP_PROXY = proxy.url;
    const wav = Buffer.from('RIFF and what follows');
    const server = createServer((request, response) => {
      const isList = request.url?.includes('/Recordings.json');
      const uri = `/2010-04-01/Accounts/AC0/Recordings/RE1.json`;
      const recordings = [{ sid: 'RE1', status: 'completed', uri, call_sid: 'CA1' }];
      response.end(isList ? JSON.stringify({ recordings, uri: '', next_page_uri: null }) : wav);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const account = await open({}, { TWILIO_BASE_URL: `http://${host}` });
    const recording = await account.recording('CA1');
    expect(Buffer.from(recording?.wav ?? [])).toEqual(wav);
    expect(proxy.tunnels).toEqual([host, host]);
    process.env.NO_PROXY = '127.0.0.1';
    await account.recording('CA1');
    expect(proxy.tunnels).toHaveLength(2);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await proxy.close();
  });

  it.each([
    [{}, 'api.twilio.com'],
    [{ TWILIO_EDGE: 'dublin', TWILIO_REGION: 'ie1' }, 'api.dublin.ie1.twilio.com'],
    [{ TWILIO_EDGE: 'sydney' }, 'api.sydney.us1.twilio.com'],
    [{ TWILIO_REGION: 'au1' }, 'api.au1.twilio.com'],
  ])('go to the edge and region of %j, also those made without the package', async (place, host) => {
    const proxy = await startForwardProxy();
    process.env.HTTPS_PROXY = proxy.url;
    const env = { ...place, TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: authToken };
    const credentials = twilioCredentials(env);
    expect(apiOrigin(credentials)).toBe(`https://${host}`);
    const account = await openTwilioAccount(credentials, { timeoutMs: 1000 });
    expect((await failure(account.info())).message).toContain(host);
    expect(proxy.tunnels).toEqual([`${host}:443`]);
    await proxy.close();
  });
});

describe('the credentials in the environment', () => {
  const good = { TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: authToken };

  it.each([
    [{}, ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN']],
    [{ ...good, TWILIO_ACCOUNT_SID: `SK${'0'.repeat(32)}` }, ['TWILIO_ACCOUNT_SID']],
    [{ ...good, TWILIO_API_KEY: 'key' }, ['TWILIO_API_KEY', 'TWILIO_API_KEY_SECRET']],
    [{ ...good, TWILIO_EDGE: 'evil.example/', TWILIO_REGION: 'a.b' }, ['TWILIO_EDGE', 'TWILIO_REGION']],
    [{ ...good, TWILIO_BASE_URL: 'api.twilio.com' }, ['TWILIO_BASE_URL']],
    [{ ...good, TWILIO_BASE_URL: 'https://user:secret@proxy.example' }, ['TWILIO_BASE_URL']],
  ])('in %j are refused', (env, fields) => {
    let thrown: unknown;
    try {
      twilioCredentials(env);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    expect((thrown as ConfigError).problems.map(({ field }) => field)).toEqual(fields);
    expect((thrown as ConfigError).message).not.toContain('secret');
  });

  it('may name another server, also as ws:// or with a trailing slash', () => {
    for (const TWILIO_BASE_URL of ['http://127.0.0.1:9/', 'ws://127.0.0.1:9'])
      expect(twilioCredentials({ ...good, TWILIO_BASE_URL }).baseUrl).toBe('http://127.0.0.1:9');
    expect(twilioCredentials(good).baseUrl).toBeNull();
  });
});
