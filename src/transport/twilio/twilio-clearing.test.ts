import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { TransportError } from '../../core/errors.js';
import type { Heard } from '../transport.js';
import { bytesOf, content, makeCall } from '../../../test/harness/twilio-transport-call.js';

jest.setTimeout(60_000);

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

describe('orders given without waiting for their answers', () => {
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
