import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { placeCall, type SimulatedPhone } from '../../simulators/phone/simulated-phone.js';
import { openPhoneLine, type PhoneLine } from '../../../test/harness/phone-line.js';
import { passTime } from '../../../test/harness/quiet-wire.js';
import { runs } from '../../../test/harness/thorough.js';
import { TwilioFarEnd } from '../../../test/harness/twilio-far-end.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { TransportListener } from '../transport.js';
import { TwilioTransport } from './twilio-transport.js';

// Tens of thousands of messages take seconds, and longer if other tests share the machine.
jest.setTimeout(60_000);

const streamSid = `MZ${'1'.repeat(32)}`;

/** Valid most of the time, so that faults elsewhere in the message are reached. */
function mostly<T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: value });
}

/** Text and bytes that no honest peer sends: from noise to messages with a single fault. */
const value = fc.oneof(
  fc.constantFrom(
    'inbound',
    'outbound',
    streamSid,
    'MZ2',
    '',
    '-1',
    '0',
    '1',
    '9'.repeat(15),
    '9'.repeat(400),
    '__proto__',
  ),
  fc.constantFrom(null, true, -1, 1e308, {}, [], { name: 'mark-1@0' }),
  fc.string(),
  fc.jsonValue({ maxDepth: 3 }),
);
const payload = fc.oneof(
  value,
  fc.base64String({ maxLength: 800 }),
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('base64')),
);
const event = fc.oneof(
  fc.constantFrom('connected', 'start', 'media', 'dtmf', 'mark', 'clear', 'MEDIA', 'toString'),
  value,
);
const sequenceNumber = mostly(fc.nat(3000).map(String));
const markName = fc.oneof(
  fc
    .tuple(fc.constantFrom('mark', 'clear'), fc.nat(40), fc.nat(9000))
    .map(([kind, serial, at]) => `${kind}-${serial}@${at}`),
  value,
);
const properStart = {
  accountSid: 'AC1',
  streamSid,
  callSid: 'CA1',
  tracks: ['inbound'],
  mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
  customParameters: {},
};
const messageOfKind = fc.record(
  {
    event,
    sequenceNumber,
    streamSid: fc.oneof({ weight: 9, arbitrary: fc.constant(streamSid) }, { weight: 1, arbitrary: value }),
    media: fc.oneof(
      fc.record({
        // Often wrong, since little of what is drawn comes as far as the track.
        track: fc.oneof({ weight: 3, arbitrary: fc.constant('inbound') }, { weight: 1, arbitrary: value }),
        chunk: sequenceNumber,
        timestamp: sequenceNumber,
        payload,
      }),
      value,
    ),
    mark: fc.oneof(fc.record({ name: markName }), value),
    dtmf: fc.oneof(fc.record({ track: value, digit: mostly(fc.constantFrom('1', '#')) }), value),
    start: fc.oneof(
      fc.record({ streamSid: value, callSid: value, customParameters: value }),
      value,
      fc.constant(properStart),
    ),
  },
  { requiredKeys: [] },
);
const hostile: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: messageOfKind.map((message) => JSON.stringify(message)) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string() },
  {
    weight: 1,
    arbitrary: fc
      .tuple(messageOfKind, fc.nat(200))
      .map(([message, at]) => JSON.stringify(message).slice(0, at)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
);

function silentListener(ends: string[]): TransportListener {
  const unused = (): void => undefined;
  return {
    onAudio: unused,
    onHeard: unused,
    onDtmf: unused,
    onTypedText: unused,
    onWarning: unused,
    onEnd: (reason) => ends.push(reason),
  };
}

describe('hostile messages on a media socket', () => {
  it('never throw, end the call at most once, and leave another call alone', async () => {
    const clock = new VirtualClock();
    const healthyFar = new TwilioFarEnd(clock, { thereMs: 5, backMs: 5, streamSid: 'MZ3' });
    const healthy = new TwilioTransport(healthyFar.start, { clock });
    const healthyEnds: string[] = [];
    let healthyFrames = 0;
    healthy.start({ ...silentListener(healthyEnds), onAudio: () => (healthyFrames += 1) });
    const batches = runs(1000);
    let messages = 0;
    const faults = new Set<string>();
    let frames = 0;

    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 50, maxLength: 100 }), async (batch) => {
        const far = new TwilioFarEnd(clock, { streamSid });
        const limits = { maxMalformedMessages: 1e9, maxMessagesPerSecond: 1e9 };
        const transport = new TwilioTransport(far.start, { clock, limits });
        const ends: string[] = [];
        transport.start(silentListener(ends));
        transport.play({ samples: new Int16Array(8000), sampleRateHz: 8000 });
        for (const [i, message] of batch.entries()) {
          far.sendRaw(message);
          // A session's own calls run in between.
          if (i % 20 === 10) void transport.pause();
          if (i % 20 === 15) transport.resume(i * 10);
          if (i % 50 === 49) void transport.clear();
        }
        messages += batch.length;
        for (const code of Object.keys(transport.stats)) faults.add(code);
        expect(ends.length).toBeLessThanOrEqual(1);
        await transport.close();
        expect(ends).toHaveLength(1);

        healthyFar.sayMulaw(new Uint8Array(160));
        frames += 1;
        healthy.play({ samples: new Int16Array(160).fill(500), sampleRateHz: 8000 });
        clock.advance(20);
      }),
      { numRuns: batches },
    );

    clock.advance(1000);
    expect(messages).toBeGreaterThan(50 * batches);
    expect([...faults].sort()).toEqual([
      'bad_base64',
      'binary_message',
      'malformed_message',
      'missing_sequence',
      'odd_payload',
      'repeated_sequence',
      'repeated_start',
      'unknown_event',
      'unknown_mark',
      'wrong_stream',
      'wrong_track',
    ]);
    expect(healthyEnds).toEqual([]);
    expect(healthyFrames).toBe(frames);
    expect(healthyFar.heard).toHaveLength(frames * 160);
    expect(healthy.stats).toEqual({});
    await healthy.close();
    await Promise.resolve();
    expect(clock.pendingTimers).toBe(0);
  });

  it('end the call once when there are too many', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 20 }), async (batch) => {
        const clock = new VirtualClock();
        const far = new TwilioFarEnd(clock, { streamSid });
        const transport = new TwilioTransport(far.start, { clock });
        const ends: string[] = [];
        transport.start(silentListener(ends));
        for (let i = 0; i <= 1100 && ends.length === 0; i++) far.sendRaw(batch[i % batch.length] ?? '');
        expect(ends).toHaveLength(1);
        expect([1000, 1008, 1009]).toContain(far.closeCode);
        await Promise.resolve();
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: runs(50) },
    );
  });
});

describe('hostile peers on real sockets', () => {
  const clock = new VirtualClock();
  const transports: TwilioTransport[] = [];
  const ends: string[] = [];
  let line: PhoneLine;
  let phone: SimulatedPhone;

  beforeAll(async () => {
    line = await openPhoneLine({
      clock,
      onStream: (start) => {
        const transport = new TwilioTransport(start, { clock });
        transport.start(silentListener(ends));
        transports.push(transport);
      },
    });
    phone = await placeCall({ voiceUrl: line.voiceUrl, clock });
  });

  afterAll(async () => {
    await phone.hangUp();
    await line.close();
  });

  /** Opens a media socket, sends the given messages, and resolves with its close code. */
  async function attack(
    messages: readonly (string | Uint8Array)[],
    first: readonly string[] = [],
  ): Promise<number> {
    const socket = new WebSocket(line.mediaUrl);
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    await new Promise((resolve) => socket.on('open', resolve));
    for (const message of [...first, ...messages]) socket.send(message);
    return closed;
  }

  function proper(): string[] {
    const token = line.tokens.issue('CA1', true);
    const mediaFormat = { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 };
    const fields = {
      accountSid: 'AC1',
      streamSid,
      callSid: 'CA1',
      tracks: ['inbound'],
      mediaFormat,
      customParameters: { token },
    };
    return [
      JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }),
      JSON.stringify({ event: 'start', sequenceNumber: '1', streamSid, start: fields }),
    ];
  }

  it('are closed before they become a call, or at the limits', async () => {
    const noise = fc.sample(hostile, { numRuns: 200, seed: 7 });
    expect(await attack(noise)).toBe(1008);
    expect(await attack(Array<string>(101).fill('noise'), proper())).toBe(1008);
    expect(await attack(Array<string>(1100).fill('{"event":"new"}'), proper())).toBe(1008);
    expect(await attack(['x'.repeat(70_000)], proper())).toBe(1009);
    expect(await attack([Buffer.alloc(70_000)])).toBe(1009);
    expect(ends).toEqual(['transport_error', 'transport_error', 'transport_error']);
  });

  it('do not disturb another call', async () => {
    const [healthy] = transports;
    if (!healthy) throw new Error('The phone was not connected.');
    healthy.play({ samples: new Int16Array(4000).fill(500), sampleRateHz: 8000 });
    const batches = fc.sample(fc.array(hostile, { minLength: 50, maxLength: 100 }), { numRuns: 20, seed: 8 });
    for (const batch of batches) {
      const overfull = [...batch, ...Array<string>(101).fill('noise')];
      expect([1000, 1008, 1009]).toContain(await attack(overfull, proper()));
      await passTime(clock, 20, phone, healthy, 20);
    }
    await passTime(clock, 200, phone, healthy, 20);
    expect(phone.recording().agent.filter((sample) => sample > 0)).toHaveLength(4000);
    expect(phone.faults).toEqual([]);
    expect(healthy.stats).toEqual({});
  });
});
