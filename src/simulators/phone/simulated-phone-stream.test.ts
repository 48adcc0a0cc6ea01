import { afterEach, describe, expect, it } from '@jest/globals';
import { untilQuiet } from '../../../test/harness/quiet-wire.js';
import { SimulatedPhoneCalls } from '../../../test/harness/simulated-phone-calls.js';
import { decodeMulaw, encodeMulaw } from '../../audio/g711.js';
import type { Clock } from '../../core/clock.js';
import type { VirtualClock } from '../virtual-clock.js';

const calls = new SimulatedPhoneCalls();

afterEach(() => calls.close());

describe('what the simulated phone sends', () => {
  it('is a webhook with Twilio’s form fields, and then the parameters of the TwiML', async () => {
    const { line, phone, relay } = await calls.place({
      from: '+491',
      to: '+492',
      parameters: { FromCity: 'Bonn' },
    });
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
    expect(relay.start.callId).toBe(phone.callSid);
    expect(relay.start.parameters).toEqual({ greeting: 'a & b' });
    await phone.hangUp();
  });

  it('is 160 bytes of mu-law silence every 20 ms, numbered and stamped in strings', async () => {
    const { phone, relay, pass } = await calls.place();
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
        streamSid: relay.start.streamId,
      })),
    );
    await phone.hangUp();
  });

  it('catches up when a timer comes late', async () => {
    let latenessMs = 0;
    const lateClock = (clock: VirtualClock): Clock => ({
      nowMs: () => clock.nowMs() + latenessMs,
      wallMs: () => clock.wallMs() + latenessMs,
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
    });
    const { phone, relay, pass } = await calls.place({}, {}, lateClock);
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

  it('is the queued speech, from the next frame on, to the end', async () => {
    const { phone, relay, pass } = await calls.place();
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

  it('is two queued speeches one after the other', async () => {
    const { phone, relay, pass } = await calls.place();
    void phone.say(new Int16Array(200).fill(4000));
    await Promise.all([phone.say(new Int16Array(120).fill(-4000)), pass(40)]);
    const said = decodeMulaw(Buffer.concat(relay.media));
    expect(said.filter((sample) => sample > 3000)).toHaveLength(200);
    expect(said.indexOf(said.find((sample) => sample < 0) ?? 0)).toBe(200);
    await phone.hangUp();
  });

  it('is a key when one is pressed', async () => {
    const { phone, relay } = await calls.place();
    phone.digit('#');
    await untilQuiet(phone, relay);
    expect(relay.messages).toMatchObject([
      { event: 'dtmf', sequenceNumber: '2', dtmf: { track: 'inbound_track', digit: '#' } },
    ]);
    await phone.hangUp();
  });

  it('is stop, and then nothing, when the caller hangs up', async () => {
    const { clock, line, phone, relay, pass } = await calls.place();
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
    const { phone, relay, pass } = await calls.place();
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
    const { phone, relay, pass } = await calls.place();
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
    const { phone, relay, pass } = await calls.place();
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

  it('records the faults that Twilio would report', async () => {
    const { phone, relay, pass } = await calls.place();
    relay.raw('not json');
    relay.raw(JSON.stringify({ event: 'clear', streamSid: 'MZ0' }));
    relay.send('media', { media: { payload: '*' } });
    relay.send('mark', {});
    for (let i = 0; i < 101; i++) relay.play(48_000);
    await pass(0);
    expect(phone.faults.map(({ twilioCode }) => twilioCode)).toEqual([31924, 31924, 31924, 31924, 31931]);
    await phone.hangUp();
  });

  it('is reported to a listener as it happens', async () => {
    const heard: string[] = [];
    const { phone, relay, pass } = await calls.place({
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
