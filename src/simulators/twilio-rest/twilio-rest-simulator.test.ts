import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isSignedByTwilio } from '../../transport/twilio/twilio-signature.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
  type TwilioRestSimulatorOptions,
} from './twilio-rest-simulator.js';
import { VirtualClock } from '../virtual-clock.js';

const to = '+15550100001';
const from = '+15550100002';

interface Posted {
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  readonly isSigned: boolean;
}

let simulator: TwilioRestSimulator;
let webhook: Server;
let posted: Posted[];
let twiml: string;
let webhookUrl: string;

beforeEach(async () => {
  posted = [];
  twiml = '<Response><Say>Hello.</Say><Hangup/></Response>';
  webhook = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
      const path = request.url ?? '';
      const signature = request.headers['x-twilio-signature'] as string;
      const { authToken } = simulator;
      const isSigned = isSignedByTwilio({ authToken, signature, url: `${webhookUrl}${path}`, params: form });
      posted.push({ path, form, isSigned });
      if (path === '/gone') response.writeHead(404).end();
      else response.end(path === '/voice' ? twiml : '');
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  webhookUrl = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await simulator.close();
  await new Promise((resolve) => webhook.close(resolve));
});

async function start(options: TwilioRestSimulatorOptions = {}): Promise<void> {
  simulator = await startTwilioRestSimulator(options);
}

function ask(
  path: string,
  form?: Readonly<Record<string, string>>,
  token = simulator.authToken,
): Promise<Response> {
  const credentials = Buffer.from(`${simulator.accountSid}:${token}`).toString('base64');
  return fetch(`${simulator.baseUrl}/2010-04-01/Accounts/${simulator.accountSid}${path}`, {
    headers: { authorization: `Basic ${credentials}` },
    ...(form && { method: 'POST', body: new URLSearchParams(form) }),
  });
}

async function place(more: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await ask('/Calls.json', { To: to, From: from, Url: `${webhookUrl}/voice`, ...more });
  expect(response.status).toBe(201);
  return ((await response.json()) as { readonly sid: string }).sid;
}

async function statusOf(sid: string): Promise<unknown> {
  return ((await (await ask(`/Calls/${sid}.json`)).json()) as { readonly status: unknown }).status;
}

describe('a call that the simulated Twilio places', () => {
  it('rings, follows the webhook’s TwiML, and tells each status, all of it signed', async () => {
    await start({ callee: { does: 'answer', ringsMs: 0 } });
    const response = ask('/Calls.json', {
      To: to,
      From: from,
      Url: `${webhookUrl}/voice`,
      StatusCallback: `${webhookUrl}/status`,
      StatusCallbackEvent: 'initiated ringing',
    });
    expect((await response).status).toBe(201);
    const sid = await place({ StatusCallback: `${webhookUrl}/status` });
    const call = simulator.calls.find((candidate) => candidate.sid === sid)!;
    await call.ended;
    expect(await statusOf(sid)).toBe('completed');
    const ours = posted.filter(({ form }) => form.CallSid === sid);
    expect(ours.map(({ path, form }) => [path, form.CallStatus, form.Direction])).toEqual([
      ['/voice', 'in-progress', 'outbound-api'],
      ['/status', 'completed', 'outbound-api'],
    ]);
    expect(ours[0]!.form).toMatchObject({ To: to, From: from, AccountSid: simulator.accountSid });
    expect(posted.every(({ isSigned }) => isSigned)).toBe(true);
    expect((await call.phone.ended).said).toEqual(['Hello.']);
  });

  it('is unanswered when its ringing time is over', async () => {
    const clock = new VirtualClock();
    await start({ clock, callee: { does: 'answer', ringsMs: 30_000 } });
    const sid = await place({ Timeout: '20' });
    await pass(clock, 1000);
    expect(await statusOf(sid)).toBe('ringing');
    await pass(clock, 20_000);
    await simulator.calls[0]!.ended;
    expect(await statusOf(sid)).toBe('no-answer');
    expect(posted).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['be_busy', 'busy'],
    ['not_answer', 'no-answer'],
    ['fail', 'failed'],
  ] as const)('ends as the callee decides: %s', async (does, status) => {
    await start({ callee: { does, afterMs: 0 } });
    const sid = await place();
    await simulator.calls[0]!.ended;
    expect(await statusOf(sid)).toBe(status);
  });

  it('can be ended while it is ringing', async () => {
    await start({ callee: { does: 'answer', ringsMs: 60_000 } });
    const sid = await place({ StatusCallback: `${webhookUrl}/status` });
    await ask(`/Calls/${sid}.json`, { Status: 'completed' });
    await simulator.calls[0]!.ended;
    expect(simulator.callbacks).toEqual([{ callSid: sid, status: 'canceled', answered: 200 }]);
  });

  it('follows other TwiML while it is in progress, and no longer', async () => {
    const clock = new VirtualClock();
    await start({ clock, callee: { does: 'answer', ringsMs: 0 } });
    twiml = '<Response><Pause length="60"/></Response>';
    const sid = await place({ StatusCallback: `${webhookUrl}/status`, StatusCallbackEvent: 'answered' });
    const redirect = (): Promise<Response> =>
      ask(`/Calls/${sid}.json`, { Twiml: '<Response><Say>Hello again.</Say></Response>' });
    expect((await redirect()).status).toBe(400);
    await pass(clock, 200);
    await simulator.when(() => simulator.callbacks.length === 1);
    const updated = await redirect();
    expect([updated.status, await updated.json()]).toMatchObject([200, { sid, status: 'in-progress' }]);
    await simulator.calls[0]!.ended;
    expect((await simulator.calls[0]!.phone.ended).said).toEqual(['Hello again.']);
    const refused = await redirect();
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { code: 21220, message: 'Call is not in-progress. Cannot redirect.' },
    ]);
  });

  it.each([
    ['has no such page', '/gone', null, '11200'],
    ['leads to a stream that does not open', '/voice', 'wss://127.0.0.1:1/media', '31920'],
  ])('logs that the webhook %s', async (_what, path, stream, code) => {
    await start({ callee: { does: 'answer', ringsMs: 0 } });
    if (stream !== null) twiml = `<Response><Connect><Stream url="${stream}"/></Connect></Response>`;
    const sid = await place({ Url: `${webhookUrl}${path}` });
    await simulator.calls[0]!.ended;
    expect(await statusOf(sid)).toBe('completed');
    const log = (await (await ask(`/Calls/${sid}/Notifications.json`)).json()) as {
      readonly notifications: readonly { readonly error_code: string }[];
    };
    expect(log.notifications.map(({ error_code }) => error_code)).toEqual([code]);
  });
});

describe('the simulated Twilio', () => {
  it('refuses other tokens in Twilio’s words', async () => {
    await start();
    const response = await ask('.json', undefined, 'wrong');
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      code: 20003,
      message: 'Authenticate',
      more_info: 'https://www.twilio.com/docs/errors/20003',
      status: 401,
    });
    expect(simulator.requests).toEqual([]);
  });

  it.each(['/Calls/CA0.json', '/Nothing.json', `/IncomingPhoneNumbers/PN${'0'.repeat(32)}.json`])(
    'has nothing at %s',
    async (path) => {
      await start();
      const response = await ask(path);
      expect([response.status, await response.json()]).toMatchObject([404, { code: 20404 }]);
    },
  );

  it('plays each queued fault once', async () => {
    await start();
    simulator.failNext(
      { fault: 'error', status: 429, code: 20429, message: 'Too Many Requests', retryAfter: '3' },
      { fault: 'html', status: 502 },
    );
    const limited = await ask('.json');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3']);
    expect((await ask('.json')).headers.get('content-type')).toBe('text/html');
    expect((await ask('.json')).status).toBe(200);
  });
});

/** Moves time in steps, so that waiting code runs in between. */
async function pass(clock: VirtualClock, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 50) {
    clock.advance(50);
    await new Promise(setImmediate);
  }
}
