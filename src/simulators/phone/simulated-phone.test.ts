import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openPhoneLine } from '../../../test/harness/phone-line.js';
import { SimulatedPhoneCalls } from '../../../test/harness/simulated-phone-calls.js';
import { TransportError } from '../../core/errors.js';
import { isSignedByTwilio } from '../../transport/twilio/twilio-signature.js';
import { VirtualClock } from '../virtual-clock.js';
import { placeCall } from './simulated-phone.js';

const calls = new SimulatedPhoneCalls();

afterEach(() => calls.close());

describe('when the relay ends the stream', () => {
  it('asks the Connect action what to do, and follows it', async () => {
    const { clock, line, phone, relay } = await calls.place();
    await relay.close(clock);
    expect(await phone.ended).toEqual({
      how: 'relay_hung_up',
      closeCode: 1000,
      verbs: ['Connect', 'Hangup'],
      said: [],
    });
    expect(line.requests.at(-1)).toMatchObject({
      path: '/after',
      fields: { CallSid: phone.callSid, CallStatus: 'in-progress' },
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('reports what Twilio’s own voice would say', async () => {
    const after = '<Response><Say>Sorry.</Say><Say>Goodbye.</Say></Response>';
    const answer = ({ path }: { path: string }): { status: number; body: string } | undefined =>
      path === '/after' ? { status: 200, body: after } : undefined;
    const { clock, phone, relay } = await calls.place({}, { answer });
    await relay.close(clock);
    expect(await phone.ended).toMatchObject({ how: 'relay_hung_up', said: ['Sorry.', 'Goodbye.'] });
  });

  it('reports an action that fails', async () => {
    const answer = ({ path }: { path: string }): { status: number; body: string } | undefined =>
      path === '/after' ? { status: 500, body: 'oops' } : undefined;
    const { clock, phone, relay } = await calls.place({}, { answer });
    await relay.close(clock);
    const end = await phone.ended;
    expect(end.how).toBe('failed');
    expect(end.error?.message).toMatch(/\/after answered 500: "oops"/);
  });
});

describe('a call that is redirected', () => {
  const twiml = '<Response><Say>Welcome back.</Say></Response>';

  it('leaves its stream with a stop, and asks nobody what comes next', async () => {
    const { clock, line, phone, relay } = await calls.place();
    phone.redirect(twiml);
    expect(await phone.ended).toMatchObject({
      how: 'relay_hung_up',
      verbs: ['Connect', 'Say'],
      said: ['Welcome back.'],
    });
    expect(relay.messages.at(-1)).toMatchObject({ event: 'stop' });
    expect(line.requests.map(({ path }) => path)).not.toContain('/after');
    clock.advance(1000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('comes back from a lost connection at once', async () => {
    const { clock, phone } = await calls.place();
    phone.dropConnection({ afterMs: 60_000 });
    await nextTurn();
    expect(phone.isAway).toBe(true);
    phone.redirect(twiml);
    expect(await phone.ended).toMatchObject({ said: ['Welcome back.'] });
    expect(phone.isAway).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it('needs absolute addresses, as with Twilio', async () => {
    const { phone } = await calls.place();
    phone.redirect('<Response><Redirect>/voice</Redirect></Response>');
    const { how, error } = await phone.ended;
    expect([how, error?.message]).toEqual(['failed', expect.stringContaining('15004')]);
  });
});

describe('a call with an auth token', () => {
  it('is signed as Twilio would, the upgrade over the ws URL', async () => {
    const { clock, line, phone, relay } = await calls.place({ authToken: 'secret' });
    await relay.close(clock);
    await phone.ended;
    const origin = line.voiceUrl.replace('/voice', '');
    for (const { path, signature, fields } of line.requests) {
      const isUpgrade = path === '/media';
      const url = isUpgrade ? line.mediaUrl : `${origin}${path}`;
      const request = { authToken: 'secret', signature, url, ...(!isUpgrade && { params: fields }) };
      expect(isSignedByTwilio(request)).toBe(true);
      expect(isSignedByTwilio({ ...request, authToken: 'guess' })).toBe(false);
    }
    expect(line.requests).toHaveLength(3);
  });
});

describe('a call that is not answered', () => {
  it('is rejected with the reason', async () => {
    const clock = new VirtualClock();
    const line = await calls.lineThatSays(clock, '<Response><Reject reason="busy"/></Response>');
    const phone = await placeCall({ voiceUrl: line.voiceUrl, clock });
    expect(phone.answered).toBe(false);
    expect(await phone.ended).toEqual({ how: 'rejected', reason: 'busy', verbs: ['Reject'], said: [] });
    expect(() => phone.playout).toThrow(/not answered/);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is over when the TwiML ends', async () => {
    const clock = new VirtualClock();
    const line = await calls.lineThatSays(clock, '<Response><Say>We are closed.</Say></Response>');
    const phone = await placeCall({ voiceUrl: line.voiceUrl, clock });
    expect(await phone.ended).toMatchObject({ how: 'relay_hung_up', said: ['We are closed.'] });
  });

  it('can be cancelled during a pause', async () => {
    const clock = new VirtualClock();
    const line = await calls.lineThatSays(clock, '<Response><Pause length="60"/></Response>');
    const controller = new AbortController();
    const placed = placeCall({ voiceUrl: line.voiceUrl, clock, signal: controller.signal });
    while (line.requests.length === 0) await nextTurn();
    controller.abort(new Error('enough'));
    await expect(placed).rejects.toThrow('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['no stream in Connect', '<Response><Connect/></Response>', 200, /no <Stream/],
    ['an unknown verb', '<Response><Gather/></Response>', 200, /does not support the TwiML verb <Gather>/],
    ['no TwiML', '<html/>', 200, /not TwiML/],
    [
      'a stream without TLS',
      '<Response><Connect><Stream url="ws://relay.example/m"/></Connect></Response>',
      200,
      /wss:/,
    ],
    [
      'a query string',
      '<Response><Connect><Stream url="ws://127.0.0.1/m?a=1"/></Connect></Response>',
      200,
      /query string/,
    ],
    ['a refusal', 'no signature', 403, /answered 403.*TWILIO_AUTH_TOKEN/],
    ['no such route', '', 404, /answered 404.*\/twilio\/voice/],
    ['a failure', 'oops', 500, /answered 500: "oops"/],
    ['too long a document', `<Response>${' '.repeat(70_000)}</Response>`, 200, /more than 64 KiB/],
  ])('fails with a clear error at %s', async (_what, body, status, message) => {
    const clock = new VirtualClock();
    const line = await calls.lineThatSays(clock, body, status);
    const placed = placeCall({ voiceUrl: line.voiceUrl, clock });
    await expect(placed).rejects.toThrow(TransportError);
    await expect(placed).rejects.toThrow(message);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails with a clear error when nothing listens', async () => {
    const clock = new VirtualClock();
    const line = await openPhoneLine({ clock });
    await line.close();
    await expect(placeCall({ voiceUrl: line.voiceUrl, clock })).rejects.toThrow(
      /cannot be reached.*Is the relay running/,
    );
    await expect(placeCall({ voiceUrl: 'relay.example', clock })).rejects.toThrow(/begins with http/);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails with a clear error when the media socket is refused', async () => {
    const clock = new VirtualClock();
    const line = await calls.openLine(clock, { refuseUpgradeWith: 503 });
    await expect(placeCall({ voiceUrl: line.voiceUrl, clock })).rejects.toThrow(/refused with HTTP 503/);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails when the webhook does not answer within 15 s', async () => {
    const clock = new VirtualClock();
    const { voiceUrl, asked } = await calls.silentWebhook();
    const failing = expect(placeCall({ voiceUrl, clock })).rejects.toThrow(/did not answer within 15 s/);
    await asked;
    clock.advance(15_000);
    await failing;
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not placed when its signal has already aborted', async () => {
    const clock = new VirtualClock();
    const line = await calls.openLine(clock);
    const signal = AbortSignal.abort(new Error('changed my mind'));
    await expect(placeCall({ voiceUrl: line.voiceUrl, clock, signal })).rejects.toThrow('changed my mind');
    expect(line.requests).toEqual([]);
  });

  it('hangs up when its signal aborts later', async () => {
    const controller = new AbortController();
    const { phone, relay, clock } = await calls.place({ signal: controller.signal });
    controller.abort();
    expect(await phone.ended).toMatchObject({ how: 'caller_hung_up' });
    expect(relay.messages.at(-1)?.event).toBe('stop');
    expect(clock.pendingTimers).toBe(0);
  });
});
