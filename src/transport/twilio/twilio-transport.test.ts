import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { decodeMulaw, encodeMulaw } from '../../audio/g711.js';
import type { AudioFrame } from '../../audio/audio-frame.js';
import { TransportError } from '../../errors.js';
import { TwilioFarEnd } from '../../testing/twilio-far-end.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import type { Heard, HeardMark, TransportListener, TransportWarning } from '../transport.js';
import { TwilioTransport, type TwilioTransportOptions } from './twilio-transport.js';

jest.setTimeout(60_000);

/** What sounds at each playout position: two stretches of it are equal only if they are the same stretch. */
function content(from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: to - from }, (_, i) => (((from + i) * 2654435761) >>> 13) & 0xff);
}

interface Call {
  readonly clock: VirtualClock;
  readonly far: TwilioFarEnd;
  readonly transport: TwilioTransport;
  readonly audio: AudioFrame[];
  readonly heardMarks: HeardMark[];
  readonly digits: string[];
  readonly warnings: TransportWarning[];
  readonly ends: { readonly reason: string; readonly cause: Error | undefined }[];
  /** Plays the next `samples` of the content. */
  play(samples: number): void;
  /** Moves the clock and lets promises run. */
  pass(ms: number): Promise<void>;
}

function makeCall(
  delays: { readonly thereMs?: number; readonly backMs?: number } = {},
  options: Partial<TwilioTransportOptions> = {},
): Call {
  const clock = new VirtualClock();
  const far = new TwilioFarEnd(clock, delays);
  const transport = new TwilioTransport(far.start, { clock, ...options });
  const call: Call = {
    clock,
    far,
    transport,
    audio: [],
    heardMarks: [],
    digits: [],
    warnings: [],
    ends: [],
    play(samples) {
      const bytes = content(transport.queuedSamples, transport.queuedSamples + samples);
      const encoded = { encoding: 'mulaw', bytes } as const;
      transport.play({ samples: decodeMulaw(bytes), sampleRateHz: 8000, encoded });
    },
    async pass(ms) {
      clock.advance(ms);
      // A promise that waits for a promise takes a few turns.
      for (let i = 0; i < 5; i++) await Promise.resolve();
    },
  };
  transport.start(listenerOf(call));
  return call;
}

function listenerOf(call: Call): TransportListener {
  return {
    onAudio: (frame) => call.audio.push(frame),
    onHeard: (mark) => call.heardMarks.push(mark),
    onDtmf: (digit) => call.digits.push(digit),
    onTypedText: () => undefined,
    onWarning: (warning) => call.warnings.push(warning),
    onEnd: (reason, cause) => call.ends.push({ reason, cause }),
  };
}

function bytesOf(ranges: readonly (readonly [number, number])[]): Buffer {
  return Buffer.concat(ranges.map(([from, to]) => content(from, to)));
}

describe('caller audio on Media Streams', () => {
  it('arrives decoded, with the original bytes beside it', () => {
    const { far, clock, audio } = makeCall();
    const bytes = content(0, 160);
    far.sayMulaw(bytes);
    clock.advance(1);
    expect(audio).toHaveLength(1);
    expect(audio[0]?.samples).toEqual(decodeMulaw(bytes));
    expect(audio[0]?.encoded?.bytes).toEqual(Buffer.from(bytes));
    expect(audio[0]?.sampleRateHz).toBe(8000);
  });

  it('is held until somebody listens, in order', () => {
    const clock = new VirtualClock();
    const far = new TwilioFarEnd(clock);
    const transport = new TwilioTransport(far.start, { clock });
    far.sayMulaw(content(0, 160));
    far.sendBack('dtmf', { dtmf: { track: 'inbound_track', digit: '7' } });
    clock.advance(1);
    const order: string[] = [];
    transport.start({
      onAudio: () => order.push('audio'),
      onDtmf: (digit) => order.push(digit),
      onHeard: () => undefined,
      onTypedText: () => undefined,
      onWarning: () => undefined,
      onEnd: () => undefined,
    });
    expect(order).toEqual(['audio', '7']);
  });
});

describe('playout on Media Streams', () => {
  it('sends audio at once, in the bytes it came with', () => {
    const call = makeCall();
    call.play(4000);
    call.clock.advance(600);
    expect(Buffer.compare(call.far.heard, content(0, 4000))).toBe(0);
  });

  it('encodes frames that have samples only', () => {
    const { far, clock, transport } = makeCall();
    const samples = decodeMulaw(encodeMulaw(Int16Array.from({ length: 320 }, (_, i) => i * 50 - 8000)));
    transport.play({ samples, sampleRateHz: 8000 });
    clock.advance(100);
    expect(far.heard).toEqual(Buffer.from(encodeMulaw(samples)));
  });

  it('refuses another sample rate, with the remedy', () => {
    const { transport } = makeCall();
    expect(() => transport.play({ samples: new Int16Array(160), sampleRateHz: 16000 })).toThrow(
      /resample it to 8000/,
    );
  });

  it('never leaves more than 100 ms without a mark', () => {
    const call = makeCall();
    call.play(16_000);
    call.clock.advance(0);
    const positions = call.far.arrived
      .filter(({ event }) => event === 'mark')
      .map(({ mark }) => Number(mark?.name.split('@')[1]));
    expect(positions.slice(0, 3)).toEqual([0, 160, 960]);
    for (const [i, position] of positions.entries())
      expect(position - (positions[i - 1] ?? 0)).toBeLessThanOrEqual(800);
  });

  it('keeps no more than a minute at the far end and sends the rest in time', () => {
    const call = makeCall({ thereMs: 30, backMs: 30 });
    call.play(100 * 8000);
    call.clock.advance(30);
    const bytesSent = (): number => call.far.arrived.filter(({ event }) => event === 'media').length * 800;
    expect(bytesSent()).toBeLessThanOrEqual(62 * 8000);
    call.clock.advance(101_000);
    expect(Buffer.compare(call.far.heard, content(0, 100 * 8000))).toBe(0);
  });

  it('goes on sending when no echo ever comes', () => {
    const call = makeCall();
    call.far.swallowsEchoes = true;
    call.play(100 * 8000);
    call.clock.advance(102_000);
    expect(call.far.heard).toHaveLength(100 * 8000);
  });
});

describe('watching a position', () => {
  it('reports when it became audible, one way late', () => {
    const call = makeCall({ thereMs: 40, backMs: 25 });
    call.transport.watch(1000);
    call.play(4000);
    call.clock.advance(1000);
    expect(call.heardMarks).toEqual([{ positionSamples: 1000, atMs: 40 + 125 + 25, origin: 'measured' }]);
  });

  it('reports a position whose audio is gone already', () => {
    const call = makeCall({ thereMs: 40, backMs: 25 });
    call.play(4000);
    call.transport.watch(3999);
    call.clock.advance(1000);
    expect(call.heardMarks).toEqual([
      { positionSamples: 3999, atMs: 40 + 3999 / 8 + 25, origin: 'measured' },
    ]);
  });

  it('reports the end of the queue when all has been played', () => {
    const call = makeCall({ thereMs: 40, backMs: 25 });
    call.play(1234);
    call.transport.watch(1234);
    call.clock.advance(1000);
    expect(call.heardMarks).toEqual([
      { positionSamples: 1234, atMs: 40 + 1234 / 8 + 25, origin: 'measured' },
    ]);
  });

  it('reports a position that was heard before it was asked for, but never in the middle of the asking', async () => {
    const call = makeCall();
    call.play(800);
    await call.pass(500);
    call.transport.watch(100);
    expect(call.heardMarks).toEqual([]);
    await call.pass(0);
    expect(call.heardMarks).toEqual([{ positionSamples: 100, atMs: 12.5, origin: 'measured' }]);
  });

  it('estimates when the echo does not come', () => {
    const call = makeCall();
    call.far.swallowsEchoes = true;
    call.transport.watch(80);
    call.play(800);
    call.clock.advance(1500);
    // A round trip of 100 ms is assumed where none was ever measured.
    expect(call.heardMarks).toEqual([{ positionSamples: 80, atMs: 110, origin: 'estimated' }]);
    call.clock.advance(5000);
    expect(call.heardMarks).toHaveLength(1);
  });

  it('stays in force across a pause', async () => {
    const call = makeCall({ thereMs: 10, backMs: 10 });
    call.play(8000);
    call.transport.watch(4000);
    await call.pass(300);
    const pausing = call.transport.pause();
    await call.pass(100);
    const { positionSamples } = await pausing;
    expect(positionSamples).toBe(300 * 8);
    call.transport.resume(positionSamples);
    await call.pass(1000);
    expect(call.heardMarks).toEqual([{ positionSamples: 4000, atMs: 400 + 20 + 200, origin: 'measured' }]);
  });

  it('is reported by a pause that swept its mark out after it was heard', async () => {
    const call = makeCall({ thereMs: 50, backMs: 50 });
    call.transport.watch(0);
    call.play(8000);
    await call.pass(5);
    void call.transport.pause();
    await call.pass(200);
    expect(call.heardMarks.map(({ positionSamples }) => positionSamples)).toEqual([0]);
  });

  it('is cancelled by clear', async () => {
    const call = makeCall();
    call.play(8000);
    call.transport.watch(4000);
    await call.pass(100);
    void call.transport.clear();
    await call.pass(3000);
    expect(call.heardMarks).toEqual([]);
  });
});

describe('pausing', () => {
  it('tells to the sample how far the caller heard, whatever the delays', async () => {
    const call = makeCall({ thereMs: 70, backMs: 130 });
    call.play(8000);
    await call.pass(333);
    const pausing = call.transport.pause();
    await call.pass(200);
    expect(await pausing).toEqual({ positionSamples: 333 * 8, origin: 'measured' });
    expect(call.far.heard).toHaveLength(333 * 8);
  });

  it('knows the position even before the first echo', async () => {
    const call = makeCall({ thereMs: 50, backMs: 50 });
    call.play(8000);
    await call.pass(20);
    const pausing = call.transport.pause();
    await call.pass(100);
    expect(await pausing).toEqual({ positionSamples: 160, origin: 'measured' });
  });

  it('answers at once when nothing plays, without a word on the wire', async () => {
    const call = makeCall();
    expect(await call.transport.pause()).toEqual({ positionSamples: 0, origin: 'measured' });
    expect(call.far.arrived).toEqual([]);
  });

  it('holds what is played meanwhile', async () => {
    const call = makeCall();
    const heard = await call.transport.pause();
    call.play(800);
    await call.pass(500);
    expect(call.far.heard).toHaveLength(0);
    call.transport.resume(heard.positionSamples);
    await call.pass(500);
    expect(Buffer.compare(call.far.heard, content(0, 800))).toBe(0);
  });

  it('answers a second pause like the first', async () => {
    const call = makeCall();
    call.play(8000);
    await call.pass(100);
    const first = call.transport.pause();
    await call.pass(0);
    expect(await call.transport.pause()).toEqual(await first);
    expect(call.far.arrived.filter(({ event }) => event === 'clear')).toHaveLength(1);
  });

  it('estimates after 250 ms without an answer', async () => {
    const call = makeCall({ thereMs: 20, backMs: 20 });
    call.play(8000);
    await call.pass(200);
    call.far.swallowsEchoes = true;
    let heard: Heard | null = null;
    void call.transport.pause().then((answer) => (heard = answer));
    await call.pass(249);
    expect(heard).toBeNull();
    await call.pass(1);
    expect(heard).toEqual({ positionSamples: 1600, origin: 'estimated' });
  });

  it('can be ended before its answer came', async () => {
    const call = makeCall({ thereMs: 50, backMs: 50 });
    call.play(8000);
    await call.pass(200);
    const pausing = call.transport.pause();
    call.transport.resume(800);
    await call.pass(100);
    expect(await pausing).toEqual({ positionSamples: 1600, origin: 'measured' });
    await call.pass(2000);
    expect(
      Buffer.compare(
        call.far.heard,
        bytesOf([
          [0, 1600],
          [800, 8000],
        ]),
      ),
    ).toBe(0);
  });

  it('keeps three seconds of heard audio for the resume, and not more than a message beyond', async () => {
    const call = makeCall();
    for (let i = 0; i < 500; i++) call.play(160);
    await call.pass(9000);
    const pausing = call.transport.pause();
    await call.pass(0);
    const { positionSamples } = await pausing;
    expect(positionSamples).toBe(72_000);
    call.transport.resume(0);
    await call.pass(20_000);
    const again = call.far.heard.length - 80_000;
    expect(again).toBeGreaterThanOrEqual(24_000);
    expect(again).toBeLessThanOrEqual(24_000 + 800);
    expect(
      Buffer.compare(
        call.far.heard,
        bytesOf([
          [0, 72_000],
          [72_000 - again, 80_000],
        ]),
      ),
    ).toBe(0);
  });
});

describe('clearing', () => {
  it('drops what was not heard; what is played next is heard next', async () => {
    const call = makeCall({ thereMs: 30, backMs: 30 });
    call.play(8000);
    await call.pass(250);
    const clearing = call.transport.clear();
    call.play(1600);
    await call.pass(1000);
    expect(await clearing).toEqual({ positionSamples: 2000, origin: 'measured' });
    expect(
      Buffer.compare(
        call.far.heard,
        bytesOf([
          [0, 2000],
          [8000, 9600],
        ]),
      ),
    ).toBe(0);
  });

  it('takes over a pause that is still in flight, with one clear on the wire', async () => {
    const call = makeCall({ thereMs: 30, backMs: 30 });
    call.play(8000);
    await call.pass(250);
    const pausing = call.transport.pause();
    await call.pass(10);
    const clearing = call.transport.clear();
    await call.pass(100);
    expect(await clearing).toEqual({ positionSamples: 2000, origin: 'measured' });
    expect(await pausing).toEqual(await clearing);
    expect(call.far.arrived.filter(({ event }) => event === 'clear')).toHaveLength(1);
    call.transport.resume(0);
    await call.pass(1000);
    expect(call.far.heard).toHaveLength(2000);
  });

  it('may be followed by a pause at once', async () => {
    const call = makeCall({ thereMs: 30, backMs: 30 });
    call.play(8000);
    await call.pass(250);
    const clearing = call.transport.clear();
    const pausing = call.transport.pause();
    call.play(800);
    await call.pass(500);
    expect((await clearing).positionSamples).toBe(2000);
    expect((await pausing).positionSamples).toBe(8000);
    call.transport.resume(8000);
    await call.pass(500);
    expect(
      Buffer.compare(
        call.far.heard,
        bytesOf([
          [0, 2000],
          [8000, 8800],
        ]),
      ),
    ).toBe(0);
  });
});

describe('what is heard through any sequence of play, pause, resume and clear', () => {
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('play' as const), samples: fc.integer({ min: 1, max: 9000 }) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 900 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('pause' as const), ms: fc.integer({ min: 0, max: 400 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('watch' as const), ahead: fc.integer({ min: 0, max: 2000 }) }),
    },
  );
  const delayMs = fc.integer({ min: 0, max: 120 });

  it('is every sample once but those that were cleared, and each watch tells the true time', async () => {
    await fc.assert(
      fc.asyncProperty(
        delayMs,
        delayMs,
        fc.array(step, { maxLength: 30 }),
        async (thereMs, backMs, steps) => {
          const call = makeCall({ thereMs, backMs });
          const { transport } = call;
          const ranges: [number, number][] = [];
          let from = 0;
          /** Positions that were watched as the end of what was queued. */
          const ends = new Set<number>();
          for (const action of steps) {
            switch (action.do) {
              case 'play':
                call.play(action.samples);
                break;
              case 'wait':
                await call.pass(action.ms);
                break;
              case 'pause': {
                const pausing = transport.pause();
                await call.pass(250);
                const heard = await pausing;
                expect(heard.origin).toBe('measured');
                call.play(action.ms);
                await call.pass(action.ms);
                transport.resume(heard.positionSamples);
                break;
              }
              case 'clear': {
                const clearing = transport.clear();
                const queued = transport.queuedSamples;
                await call.pass(250);
                ranges.push([from, Math.max(from, (await clearing).positionSamples)]);
                from = queued;
                call.heardMarks.length = 0;
                break;
              }
              case 'watch':
                if (action.ahead === 0) ends.add(transport.queuedSamples);
                transport.watch(transport.queuedSamples + action.ahead);
            }
          }
          await call.pass(400_000);
          ranges.push([from, transport.queuedSamples]);
          expect(Buffer.compare(call.far.heard, bytesOf(ranges))).toBe(0);
          expect(call.warnings).toEqual([]);
          for (const { positionSamples, atMs, origin } of call.heardMarks) {
            expect(origin).toBe('measured');
            if (positionSamples >= transport.queuedSamples || positionSamples === from) continue;
            const index = ranges
              .slice(0, -1)
              .reduce((sum, [start, end]) => sum + end - start, positionSamples - from);
            const audibleMs = call.far.audibleAtMs(index) + backMs;
            const playedOutMs = call.far.audibleAtMs(index - 1) + backMs + 1 / 8;
            // The same position may also have been watched before it was the end.
            const isEnd = ends.has(positionSamples) && Math.abs(atMs - playedOutMs) < 1e-6;
            expect(atMs).toBeCloseTo(isEnd ? playedOutMs : audibleMs, 6);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('orders that nobody waits for', () => {
  const order = fc.oneof(
    fc.record({ do: fc.constant('play' as const), samples: fc.integer({ min: 1, max: 3000 }) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 150 }) }),
    fc.record({ do: fc.constant('resume' as const), from: fc.nat(9000) }),
    fc.record({ do: fc.constantFrom('pause' as const, 'clear' as const, 'deafen' as const) }),
    fc.record({ do: fc.constant('watch' as const), at: fc.nat(9000) }),
  );
  const delayMs = fc.integer({ min: 0, max: 300 });

  it('are all answered, in any order and also where echoes are lost, and leave playout sound', async () => {
    await fc.assert(
      fc.asyncProperty(
        delayMs,
        delayMs,
        fc.array(order, { maxLength: 40 }),
        async (thereMs, backMs, orders) => {
          const call = makeCall({ thereMs, backMs });
          const { transport, far } = call;
          let asked = 0;
          const answers: Heard[] = [];
          for (const action of orders) {
            switch (action.do) {
              case 'play':
                call.play(action.samples);
                break;
              case 'wait':
                await call.pass(action.ms);
                break;
              case 'resume':
                transport.resume(action.from);
                break;
              case 'watch':
                transport.watch(action.at);
                break;
              case 'deafen':
                far.swallowsEchoes = !far.swallowsEchoes;
                break;
              case 'pause':
              case 'clear':
                asked += 1;
                void transport[action.do]().then((heard) => answers.push(heard));
            }
          }
          await call.pass(250);
          expect(answers).toHaveLength(asked);
          for (const { positionSamples } of answers) {
            expect(positionSamples).toBeGreaterThanOrEqual(0);
            expect(positionSamples).toBeLessThanOrEqual(transport.queuedSamples);
          }

          far.swallowsEchoes = false;
          void transport.clear();
          await call.pass(1000);
          const before = far.heard.length;
          const from = transport.queuedSamples;
          call.heardMarks.length = 0;
          call.play(1600);
          transport.watch(transport.queuedSamples);
          await call.pass(2000);
          expect(Buffer.compare(far.heard.subarray(before), content(from, from + 1600))).toBe(0);
          expect(call.heardMarks).toMatchObject([{ positionSamples: from + 1600, origin: 'measured' }]);
          expect([call.warnings, call.ends]).toEqual([[], []]);
          await transport.close();
          await call.pass(5000);
          expect(call.clock.pendingTimers).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are refused where a position is not a number', () => {
    const { transport } = makeCall();
    expect(() => transport.watch(NaN)).toThrow(TransportError);
    expect(() => transport.resume(Infinity)).toThrow(TransportError);
  });
});

describe('the end of a call', () => {
  it('is a hang-up when the stream stops', () => {
    const call = makeCall();
    call.far.sendBack('stop', { stop: { accountSid: 'AC1', callSid: 'CA1' } });
    call.clock.advance(1);
    expect(call.ends).toEqual([{ reason: 'hangup', cause: undefined }]);
    expect(call.far.closeCode).toBe(1000);
  });

  it('is a hang-up when the socket closes', () => {
    const call = makeCall();
    call.far.close(1006);
    expect(call.ends).toEqual([{ reason: 'hangup', cause: undefined }]);
  });

  it('is a transport error when the socket fails', () => {
    const call = makeCall();
    call.far.emit('error', new Error('read ECONNRESET'));
    call.far.close(1006);
    expect(call.ends.map(({ reason }) => reason)).toEqual(['transport_error']);
    expect(call.ends[0]?.cause).toBeInstanceOf(TransportError);
    expect(call.ends[0]?.cause?.message).toMatch(/ECONNRESET/);
  });

  it('comes once, however often it is closed, and settles what was asked', async () => {
    const call = makeCall({ thereMs: 50, backMs: 50 });
    call.play(8000);
    await call.pass(200);
    const pausing = call.transport.pause();
    await Promise.all([call.transport.close(), call.transport.close()]);
    expect(call.ends).toEqual([{ reason: 'closed', cause: undefined }]);
    expect(await pausing).toEqual({ positionSamples: 1600, origin: 'estimated' });
    expect((await call.transport.clear()).origin).toBeDefined();
    call.play(800);
    call.transport.watch(8800);
    call.transport.resume(0);
    await call.pass(5000);
    expect(call.ends).toHaveLength(1);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('is told to a listener that comes later', async () => {
    const clock = new VirtualClock();
    const transport = new TwilioTransport(new TwilioFarEnd(clock).start, { clock });
    await transport.close();
    const ends: string[] = [];
    const unused = (): void => undefined;
    transport.start({
      onAudio: unused,
      onHeard: unused,
      onDtmf: unused,
      onTypedText: unused,
      onWarning: unused,
      onEnd: (reason) => ends.push(reason),
    });
    expect(ends).toEqual(['closed']);
  });

  it('comes with a warning when the connection is stuck', () => {
    const call = makeCall({}, { maxBufferedBytes: 10_000 });
    call.far.bufferedAmount = 10_001;
    call.play(160);
    expect(call.warnings.map(({ code }) => code)).toEqual(['stuck_connection']);
    expect(call.ends.map(({ reason }) => reason)).toEqual(['transport_error']);
  });

  it('comes for a call whose listener throws, and for no other', () => {
    const clock = new VirtualClock();
    const far = new TwilioFarEnd(clock);
    const transport = new TwilioTransport(far.start, { clock });
    const ends: string[] = [];
    const unused = (): void => undefined;
    transport.start({
      onAudio: () => {
        throw new Error('a bug');
      },
      onHeard: unused,
      onDtmf: unused,
      onTypedText: unused,
      onWarning: unused,
      onEnd: (reason) => ends.push(reason),
    });
    far.sayMulaw(content(0, 160));
    clock.advance(1);
    expect(ends).toEqual(['transport_error']);
  });
});
