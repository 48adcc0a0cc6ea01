import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { decodeMulaw, encodeMulaw } from '../audio/g711.js';
import type { Clock } from '../clock.js';
import { TransportError } from '../errors.js';
import { openPhoneLine, type PhoneLine, type PhoneLineOptions } from '../testing/phone-line.js';
import { passTime, untilQuiet } from '../testing/quiet-wire.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { isSignedByTwilio } from '../transport/twilio/twilio-signature.js';
import type { TwilioStart } from '../transport/twilio/media-handshake.js';
import type { SocketInbox } from '../transport/twilio/socket-inbox.js';
import { placeCall, type PlaceCallOptions, type SimulatedPhone } from './simulated-phone.js';

interface WireMessage {
  readonly event: string;
  readonly sequenceNumber: string;
  readonly media?: { readonly chunk: string; readonly timestamp: string; readonly payload: string };
  readonly mark?: { readonly name: string };
}

/** The relay's end of a media socket, bare: what the phone said, and whatever a test wants to answer. */
class RelayEnd {
  readonly messages: WireMessage[] = [];
  isClosed = false;
  readonly #start: TwilioStart;
  readonly #inbox: SocketInbox;

  constructor(start: TwilioStart) {
    this.#start = start;
    this.#inbox = start.inbox;
    this.#inbox.handOver({
      onMessage: (text) => this.messages.push(JSON.parse(text ?? '') as WireMessage),
      onError: () => undefined,
      onClose: () => (this.isClosed = true),
    });
  }

  get start(): TwilioStart {
    return this.#start;
  }

  get wire(): { readonly sent: number; readonly received: number } {
    return this.#inbox.counts;
  }

  get media(): readonly Uint8Array[] {
    return this.messages.flatMap(({ media }) => (media ? Buffer.from(media.payload, 'base64') : []));
  }

  get marks(): readonly string[] {
    return this.messages.flatMap(({ mark }) => mark?.name ?? []);
  }

  send(event: string, fields: object = {}): void {
    this.#inbox.send(JSON.stringify({ event, streamSid: this.#start.streamSid, ...fields }));
  }

  play(samples: number, code = 0x10): void {
    const payload = Buffer.alloc(samples, code).toString('base64');
    this.send('media', { media: { payload } });
  }

  raw(text: string): void {
    this.#inbox.send(text);
  }

  close(clock: VirtualClock): Promise<void> {
    return this.#inbox.close(clock, 1000);
  }
}

const lines: (PhoneLine | Server)[] = [];
afterEach(async () => {
  for (const line of lines.splice(0)) {
    if ('voiceUrl' in line) await line.close();
    else await new Promise((resolve) => line.close(resolve).closeAllConnections());
  }
});

interface Call {
  readonly clock: VirtualClock;
  readonly line: PhoneLine;
  readonly phone: SimulatedPhone;
  readonly relay: RelayEnd;
  readonly pass: (ms: number) => Promise<void>;
}

async function openLine(clock: VirtualClock, options: Partial<PhoneLineOptions> = {}): Promise<PhoneLine> {
  const line = await openPhoneLine({ clock, ...options });
  lines.push(line);
  return line;
}

async function call(
  options: Partial<PlaceCallOptions> = {},
  lineOptions: Partial<PhoneLineOptions> = {},
  clockOf: (clock: VirtualClock) => Clock = (clock) => clock,
): Promise<Call> {
  const clock = new VirtualClock();
  let take: (relay: RelayEnd) => void;
  const taken = new Promise<RelayEnd>((resolve) => (take = resolve));
  const line = await openLine(clock, { ...lineOptions, onStream: (start) => take(new RelayEnd(start)) });
  const phone = await placeCall({ voiceUrl: line.voiceUrl, clock: clockOf(clock), ...options });
  const relay = await taken;
  return { clock, line, phone, relay, pass: (ms) => passTime(clock, ms, phone, relay) };
}

/** A phone line whose webhook answers with this document. */
function lineThatSays(clock: VirtualClock, body: string, status = 200): Promise<PhoneLine> {
  return openLine(clock, { answer: () => ({ status, body }) });
}

describe('what the simulated phone says', () => {
  it('is a webhook with Twilio’s form fields, and then the parameters of the TwiML', async () => {
    const { line, phone, relay } = await call({ from: '+491', to: '+492', parameters: { FromCity: 'Bonn' } });
    expect(line.requests[0]?.fields).toEqual({
      AccountSid: `AC${'0'.repeat(32)}`,
      ApiVersion: '2010-04-01',
      CallSid: phone.callSid,
      CallStatus: 'ringing',
      Called: '+492',
      Caller: '+491',
      Direction: 'inbound',
      From: '+491',
      To: '+492',
      FromCity: 'Bonn',
    });
    expect(relay.start.callSid).toBe(phone.callSid);
    expect(relay.start.parameters).toEqual({ greeting: 'a & b' });
    await phone.hangUp();
  });

  it('is 160 bytes of mu-law silence every 20 ms, numbered and stamped in strings', async () => {
    const { phone, relay, pass } = await call();
    await pass(60);
    expect(relay.messages).toEqual(
      [1, 2, 3].map((chunk) => ({
        event: 'media',
        sequenceNumber: String(chunk + 1),
        media: {
          track: 'inbound',
          chunk: String(chunk),
          timestamp: String(20 * (chunk - 1)),
          payload: Buffer.alloc(160, 0xff).toString('base64'),
        },
        streamSid: relay.start.streamSid,
      })),
    );
    await phone.hangUp();
  });

  it('catches up when a timer comes late', async () => {
    let latenessMs = 0;
    const lateClock = (clock: VirtualClock): Clock => ({
      nowMs: () => clock.nowMs() + latenessMs,
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
    });
    const { phone, relay, pass } = await call({}, {}, lateClock);
    latenessMs = 85;
    await pass(20);
    expect(relay.media).toHaveLength(5);
    latenessMs = 0;
    await pass(95);
    expect(relay.media).toHaveLength(5);
    await pass(5);
    expect(relay.media).toHaveLength(6);
    await phone.hangUp();
  });

  it('is what it was told to say, from the next frame on, to the end', async () => {
    const { phone, relay, pass } = await call();
    const speech = decodeMulaw(Uint8Array.from({ length: 400 }, (_, i) => i & 0x7e));
    await pass(25);
    let isSaid = false;
    void phone.say(speech).then(() => (isSaid = true));
    await pass(70);
    expect(isSaid).toBe(false);
    await pass(5);
    expect(isSaid).toBe(true);
    const sent = Buffer.concat(relay.media);
    expect(sent.subarray(320, 720)).toEqual(Buffer.from(encodeMulaw(speech)));
    expect(sent.subarray(720)).toEqual(Buffer.alloc(sent.length - 720, 0xff));
    await phone.hangUp();
  });

  it('is one thing behind the other when it is told two', async () => {
    const { phone, relay, pass } = await call();
    void phone.say(new Int16Array(200).fill(4000));
    await Promise.all([phone.say(new Int16Array(120).fill(-4000)), pass(40)]);
    const said = decodeMulaw(Buffer.concat(relay.media));
    expect(said.filter((sample) => sample > 3000)).toHaveLength(200);
    expect(said.indexOf(said.find((sample) => sample < 0) ?? 0)).toBe(200);
    await phone.hangUp();
  });

  it('is a key when one is pressed', async () => {
    const { phone, relay } = await call();
    phone.digit('#');
    await untilQuiet(phone, relay);
    expect(relay.messages).toMatchObject([
      { event: 'dtmf', sequenceNumber: '2', dtmf: { track: 'inbound_track', digit: '#' } },
    ]);
    await phone.hangUp();
  });

  it('is stop, and then nothing, when the caller hangs up', async () => {
    const { clock, line, phone, relay, pass } = await call();
    await pass(20);
    const saying = phone.say(new Int16Array(8000));
    const end = await phone.hangUp();
    await saying;
    expect(end).toEqual({ how: 'caller_hung_up', closeCode: 1000, verbs: ['Connect'], said: [] });
    expect(await phone.hangUp()).toBe(end);
    expect(relay.messages.at(-1)).toMatchObject({ event: 'stop', stop: { callSid: phone.callSid } });
    expect(relay.isClosed).toBe(true);
    expect(line.requests.map(({ path }) => path)).toEqual(['/voice', '/media']);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('what the simulated phone hears', () => {
  it('plays at once on arrival, in real time, not on a grid', async () => {
    const { phone, relay, pass } = await call();
    await pass(33);
    relay.play(400);
    await pass(10);
    expect(phone.playout).toEqual({ queuedMs: 40, idleSinceMs: null, heardSamples: 80 });
    relay.play(80);
    await pass(90);
    expect(phone.playout).toEqual({ queuedMs: 0, idleSinceMs: 93, heardSamples: 480 });
    const { agent, caller } = phone.recording();
    expect([agent.length, caller.length]).toEqual([133 * 8, 133 * 8]);
    expect(agent.findIndex((sample) => sample !== 0)).toBe(33 * 8);
    expect(agent.filter((sample) => sample !== 0)).toHaveLength(480);
    await phone.hangUp();
  });

  it('sends a mark back when everything before it was played, at once if nothing is left', async () => {
    const { phone, relay, pass } = await call();
    relay.send('mark', { mark: { name: 'first' } });
    await pass(0);
    expect(relay.marks).toEqual(['first']);
    relay.play(240);
    relay.send('mark', { mark: { name: 'second' } });
    await pass(29);
    expect(relay.marks).toEqual(['first']);
    await pass(1);
    expect(relay.marks).toEqual(['first', 'second']);
    await phone.hangUp();
  });

  it('falls silent at a clear, sends all marks back, and the recording has only what was heard', async () => {
    const { phone, relay, pass } = await call();
    for (const name of ['a', 'b']) {
      relay.play(800);
      relay.send('mark', { mark: { name } });
    }
    await pass(50);
    relay.send('clear');
    await pass(50);
    expect(relay.marks).toEqual(['a', 'b']);
    expect(phone.playout).toEqual({ queuedMs: 0, idleSinceMs: 50, heardSamples: 400 });
    expect(phone.recording().agent.filter((sample) => sample !== 0)).toHaveLength(400);
    expect(phone.faults).toEqual([]);
    await phone.hangUp();
  });

  it('tells what Twilio would complain about', async () => {
    const { phone, relay, pass } = await call();
    relay.raw('not json');
    relay.raw(JSON.stringify({ event: 'clear', streamSid: 'MZ0' }));
    relay.send('media', { media: { payload: '*' } });
    relay.send('mark', {});
    for (let i = 0; i < 101; i++) relay.play(48_000);
    await pass(0);
    expect(phone.faults.map(({ twilioCode }) => twilioCode)).toEqual([31924, 31924, 31924, 31924, 31931]);
    await phone.hangUp();
  });

  it('is told to a listener as it happens', async () => {
    const heard: string[] = [];
    const { phone, relay, pass } = await call({
      listener: {
        onAnswered: () => heard.push('answered'),
        onAudio: (mulaw, atMs) => heard.push(`${mulaw.length} at ${atMs}`),
        onMark: (name) => heard.push(`mark ${name}`),
        onMarkEchoed: (name) => heard.push(`echo ${name}`),
        onClear: () => heard.push('clear'),
        onEnded: ({ how }) => heard.push(how),
      },
    });
    await pass(10);
    relay.play(160);
    relay.send('mark', { mark: { name: 'a' } });
    relay.send('clear');
    await pass(0);
    await phone.hangUp();
    expect(heard).toEqual(['answered', '160 at 10', 'mark a', 'clear', 'echo a', 'caller_hung_up']);
  });
});

describe('when the relay ends the stream', () => {
  it('asks the Connect action what to do, and does it', async () => {
    const { clock, line, phone, relay } = await call();
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
    const { clock, phone, relay } = await call({}, { answer });
    await relay.close(clock);
    expect(await phone.ended).toMatchObject({ how: 'relay_hung_up', said: ['Sorry.', 'Goodbye.'] });
  });

  it('reports an action that fails', async () => {
    const answer = ({ path }: { path: string }): { status: number; body: string } | undefined =>
      path === '/after' ? { status: 500, body: 'oops' } : undefined;
    const { clock, phone, relay } = await call({}, { answer });
    await relay.close(clock);
    const end = await phone.ended;
    expect(end.how).toBe('failed');
    expect(end.error?.message).toMatch(/\/after answered 500: "oops"/);
  });
});

describe('a call with an auth token', () => {
  it('is signed as Twilio would, the upgrade over the ws URL', async () => {
    const { clock, line, phone, relay } = await call({ authToken: 'secret' });
    await relay.close(clock);
    await phone.ended;
    const origin = line.voiceUrl.replace('/voice', '');
    for (const { path, signature, fields } of line.requests) {
      const isUpgrade = path === '/media';
      const url = isUpgrade ? line.mediaUrl : `${origin}${path}`;
      const request = { authToken: 'secret', signature, url, ...(!isUpgrade && { params: fields }) };
      expect(await isSignedByTwilio(request)).toBe(true);
      expect(await isSignedByTwilio({ ...request, authToken: 'guess' })).toBe(false);
    }
    expect(line.requests).toHaveLength(3);
  });
});

describe('a call that is not answered', () => {
  it('is rejected with the reason', async () => {
    const clock = new VirtualClock();
    const line = await lineThatSays(clock, '<Response><Reject reason="busy"/></Response>');
    const phone = await placeCall({ voiceUrl: line.voiceUrl, clock });
    expect(phone.answered).toBe(false);
    expect(await phone.ended).toEqual({ how: 'rejected', reason: 'busy', verbs: ['Reject'], said: [] });
    expect(() => phone.playout).toThrow(/not answered/);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is over when the TwiML is', async () => {
    const clock = new VirtualClock();
    const line = await lineThatSays(clock, '<Response><Say>We are closed.</Say></Response>');
    const phone = await placeCall({ voiceUrl: line.voiceUrl, clock });
    expect(await phone.ended).toMatchObject({ how: 'relay_hung_up', said: ['We are closed.'] });
  });

  it('can be given up in a pause', async () => {
    const clock = new VirtualClock();
    const line = await lineThatSays(clock, '<Response><Pause length="60"/></Response>');
    const controller = new AbortController();
    const placed = placeCall({ voiceUrl: line.voiceUrl, clock, signal: controller.signal });
    while (line.requests.length === 0) await nextTurn();
    controller.abort(new Error('enough'));
    await expect(placed).rejects.toThrow('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['no stream in Connect', '<Response><Connect/></Response>', 200, /no <Stream/],
    [
      'a verb it does not know',
      '<Response><Gather/></Response>',
      200,
      /does not know the TwiML verb <Gather>/,
    ],
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
    const line = await lineThatSays(clock, body, status);
    const placed = placeCall({ voiceUrl: line.voiceUrl, clock });
    await expect(placed).rejects.toThrow(TransportError);
    await expect(placed).rejects.toThrow(message);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails with a clear error when nobody listens', async () => {
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
    const line = await openLine(clock, { refuseUpgradeWith: 503 });
    await expect(placeCall({ voiceUrl: line.voiceUrl, clock })).rejects.toThrow(/refused with HTTP 503/);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails when the webhook does not answer within 15 s', async () => {
    const clock = new VirtualClock();
    const silent = createServer();
    lines.push(silent);
    const asked = new Promise((resolve) => silent.on('request', resolve));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const voiceUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/voice`;
    const failing = expect(placeCall({ voiceUrl, clock })).rejects.toThrow(/did not answer within 15 s/);
    await asked;
    clock.advance(15_000);
    await failing;
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not placed when its signal is aborted already', async () => {
    const clock = new VirtualClock();
    const line = await openLine(clock);
    const signal = AbortSignal.abort(new Error('changed my mind'));
    await expect(placeCall({ voiceUrl: line.voiceUrl, clock, signal })).rejects.toThrow('changed my mind');
    expect(line.requests).toEqual([]);
  });

  it('hangs up when its signal aborts later', async () => {
    const controller = new AbortController();
    const { phone, relay, clock } = await call({ signal: controller.signal });
    controller.abort();
    expect(await phone.ended).toMatchObject({ how: 'caller_hung_up' });
    expect(relay.messages.at(-1)?.event).toBe('stop');
    expect(clock.pendingTimers).toBe(0);
  });
});
