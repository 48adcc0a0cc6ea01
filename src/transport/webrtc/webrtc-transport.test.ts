import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { rmsDbfs } from '../../audio/level.js';
import { audibleEnd } from '../../audio/silence.js';
import { isThorough } from '../../../test/harness/thorough.js';
import type { HeardFrame, PageFarEnd } from '../../../test/harness/page-far-end.js';
import { transportContract, type Range } from '../../../test/contracts/transport-contract.js';
import { connect, content, pairUp, rateHz, sound } from '../../../test/harness/webrtc-transport-call.js';

/** The position whose tone a frame of 20 ms holds at its middle, by its zero crossings. */
function positionOf(samples: Int16Array): number {
  const crossings: number[] = [];
  for (let i = 1; i < samples.length; i++) {
    const [a, b] = [samples[i - 1] ?? 0, samples[i] ?? 0];
    if (a < 0 && b >= 0) crossings.push(i - 1 + a / (a - b));
  }
  const periods = crossings.length - 1;
  const frequencyHz = (periods * rateHz) / ((crossings.at(-1) ?? 0) - (crossings[0] ?? 0));
  return ((frequencyHz - 400) / 1000) * rateHz;
}

/**
 * Fails unless the frames that sounded from end to end are those of the ranges, in order and each once. Opus lags by its
 * look-ahead of 6.5 ms, so at both ends of a stretch of sound there is a frame that is silent in part: it is not looked at.
 */
function expectFrames(far: PageFarEnd, ranges: readonly Range[]): void {
  const lookAhead = 156;
  const isWhole = ({ samples }: HeardFrame): boolean =>
    [0, 120, 240, 360].every((at) => rmsDbfs(samples, at, at + 120) > -30);
  const heard = far.heard.filter(isWhole);
  const gaps = heard.filter(({ atMs }, index) => atMs - (heard[index - 1]?.atMs ?? -Infinity) > 20.5).length;
  const expected = ranges.flatMap(([from, to]) =>
    Array.from({ length: Math.floor((to - from) / 480) }, (_, i) => from + (i + 0.5) * 480 - lookAhead),
  );
  let next = 0;
  const strange: number[] = [];
  for (const { samples } of heard) {
    const position = positionOf(samples);
    const found = expected.findIndex((each, index) => index >= next && Math.abs(each - position) < 240);
    // Not too far ahead: a frame in which two ranges meet sounds like any place at all.
    if (found < 0 || found > next + 3) strange.push(position);
    else next = found + 1;
  }
  if (strange.length >= ranges.length) throw new Error(`Heard out of turn or twice: ${strange.join(', ')}.`);
  expect(expected.length - heard.length).toBeLessThanOrEqual(2 * Math.max(gaps, ranges.length));
}

transportContract('WebRTC', async () => {
  const { clock, far, transport } = await pairUp();
  return {
    transport,
    content,
    expectHeard: (ranges: readonly Range[]) => expectFrames(far, ranges),
    say: (ms) => far.say(sound(0, ms, 0)),
    // This far end sends nothing but what it says.
    setUplink: () => undefined,
    pass: async (ms) => {
      for (let passed = 0; passed < ms; passed += 20) {
        await nextTurn();
        clock.advance(20);
      }
      await nextTurn();
    },
    hangUp: async () => {
      far.leave();
      await nextTurn();
    },
    dispose: async () => {
      await transport.close();
      expect(clock.pendingTimers).toBe(0);
    },
  };
});

describe('the pacing', () => {
  it('sends one frame each 20 ms, one ahead, with the timestamps of RFC 7587', async () => {
    const call = await connect({ jitterBufferMs: 0 });
    call.play(400);
    await call.pass(600);
    const packets = call.far.heard.map(({ packet }) => packet);
    expect(packets).toHaveLength(20 + 10);
    packets.slice(1).forEach((packet, index) => {
      const before = packets[index];
      expect((packet.timestamp - (before?.timestamp ?? 0)) >>> 0).toBe(960);
      expect((packet.sequenceNumber - (before?.sequenceNumber ?? 0)) & 0xffff).toBe(1);
    });
    expect(packets.map(({ marker }) => marker)).toEqual([true, ...Array<boolean>(29).fill(false)]);
    expect(call.far.heard[0]?.atMs).toBe(0);
    await call.transport.close();
  });

  it('goes on with the timestamps of the time that passed in a pause', async () => {
    const call = await connect();
    call.play(100);
    await call.pass(2000);
    call.play(100);
    await call.pass(500);
    const marked = call.far.heard.filter(({ packet }) => packet.marker);
    expect(marked).toHaveLength(2);
    const [first, second] = marked.map(({ packet }) => packet.timestamp);
    expect(((second ?? 0) - (first ?? 0)) >>> 0).toBe(2000 * 48);
    await call.transport.close();
  });

  it('does not drift where the timers are always late', async () => {
    const lengthMs = isThorough ? 60_000 : 10_000;
    const call = await connect({ jitterBufferMs: 0 });
    call.play(lengthMs);
    while (call.far.heard.length < lengthMs / 20) {
      await nextTurn();
      call.clock.advance(13.7);
    }
    expect(call.clock.nowMs()).toBeGreaterThan(lengthMs - 100);
    expect(call.clock.nowMs()).toBeLessThan(lengthMs + 50);
    await call.transport.close();
  });

  it('goes on from now after a stall, and the timestamps tell of it', async () => {
    const call = await connect({ jitterBufferMs: 0 });
    call.play(3000);
    await call.pass(200);
    const before = call.far.wire.sent;
    // Nothing ran for half a second: the timers that were due fire late, all at once.
    const { clock } = call;
    const nowMs = clock.nowMs.bind(clock);
    clock.nowMs = () => nowMs() + 500;
    await call.pass(100);
    expect(call.far.wire.sent - before).toBeLessThanOrEqual(8);
    const steps = call.far.heard.map(
      ({ packet }, index) => (packet.timestamp - (call.far.heard[index - 1]?.packet.timestamp ?? 0)) >>> 0,
    );
    const jumps = steps.slice(1).filter((step) => step !== 960);
    expect(jumps).toHaveLength(1);
    expect(Math.abs((jumps[0] ?? 0) / 48 - 500)).toBeLessThanOrEqual(40);
    await call.transport.close();
  });

  it.each(['pause', 'clear'] as const)('is inaudible within 100 ms of a %s', async (order) => {
    // What Chromium's jitter buffer holds of a stream from the same machine.
    const call = await connect({ jitterBufferMs: 35 });
    call.play(2000);
    await call.pass(500);
    const atMs = call.clock.nowMs();
    await call.transport[order]();
    await call.pass(600);
    const last = call.far.heard.filter(({ samples }) => rmsDbfs(samples) > -40).at(-1);
    const soundMs = audibleEnd(last?.samples ?? new Int16Array(480), rateHz, -40) / 24;
    expect((last?.atMs ?? Infinity) + soundMs - atMs).toBeLessThanOrEqual(100);
    const silence = call.far.heard.filter(({ atMs: heardMs }) => heardMs > (last?.atMs ?? 0));
    expect(silence.length * 20).toBeGreaterThanOrEqual(180);
    expect(silence.length * 20).toBeLessThanOrEqual(220);
    await call.transport.close();
  });

  it('ends its own call, and nothing else, where a frame cannot be made', async () => {
    const call = await connect();
    call.far.sendRtp = () => {
      throw new Error('The codec gave nothing.');
    };
    call.play(100);
    await call.pass(60);
    expect(call.ends.map(({ reason }) => reason)).toEqual(['transport_error']);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('refuses audio of another rate and positions that are none', async () => {
    const { transport } = await connect();
    expect(() => transport.play({ samples: new Int16Array(160), sampleRateHz: 8000 })).toThrow(/24000/);
    expect(() => transport.watch(NaN)).toThrow(/playout position/);
    expect(() => transport.resume(NaN)).toThrow(/playout position/);
    await transport.close();
  });
});

describe('the ear', () => {
  it('is measured by the page, and comes with the delay that the caller’s voice had', async () => {
    const call = await connect({ thereMs: 30, backMs: 50, jitterBufferMs: 80 });
    await call.pass(700);
    const saidAt = call.clock.nowMs();
    call.far.say(sound(0, 400, 300));
    await call.pass(700);
    const playedAt = call.clock.nowMs();
    call.play(300);
    call.transport.watch(call.transport.queuedSamples - (300 * rateHz) / 1000);
    await call.pass(1000);
    const [mark] = call.heard;
    expect(mark?.origin).toBe('measured');
    // The clocks are known to half of what the two ways differ by; the error cancels, for mouth and ear have it alike.
    const heardAt = playedAt + 30 + 80;
    const mouthAt = saidAt + 400;
    const mouthAtRelay = mouthAt + 20 + 50;
    const mouthToEar = (mark?.atMs ?? 0) - mouthAtRelay;
    expect(Math.abs(mouthToEar - (heardAt - mouthAt))).toBeLessThan(25);
    await call.transport.close();
  });

  it('is estimated where the page reports nothing, and says so', async () => {
    const call = await connect({ reports: false });
    call.play(1000);
    call.transport.watch(0);
    await call.pass(1000);
    expect(call.heard.map(({ origin }) => origin)).toEqual(['estimated']);
    await call.transport.close();
  });

  it('is estimated for what follows other sound without a silence', async () => {
    const call = await connect();
    await call.pass(600);
    call.play(500);
    const second = call.transport.queuedSamples;
    call.play(500);
    call.transport.watch(second);
    await call.pass(1500);
    expect(call.heard).toEqual([{ positionSamples: second, origin: 'estimated', atMs: call.heard[0]?.atMs }]);
    await call.transport.close();
  });

  it('comes before the end of a short answer, which waits for it', async () => {
    const call = await connect({ thereMs: 20, backMs: 20, jitterBufferMs: 200 });
    await call.pass(600);
    call.play(60);
    call.transport.watch(0);
    call.transport.watch(call.transport.queuedSamples);
    await call.pass(1500);
    expect(call.heard.map(({ positionSamples }) => positionSamples)).toEqual([0, (60 * rateHz) / 1000]);
    expect(call.heard[0]?.origin).toBe('measured');
    await call.transport.close();
  });

  it('takes a typed turn’s way for half a round trip', async () => {
    const call = await connect({ thereMs: 20, backMs: 20, jitterBufferMs: 40 });
    await call.pass(700);
    call.far.say(sound(0, 300, 300));
    await call.pass(800);
    call.far.tell({ type: 'text', text: '  book my appointment ' });
    await call.pass(100);
    expect(call.typed).toEqual(['book my appointment']);
    const playedAt = call.clock.nowMs();
    call.play(300);
    call.transport.watch(0);
    await call.pass(800);
    // Opus' look-ahead and the rise of the tone come on top.
    const delayMs = (call.heard[0]?.atMs ?? 0) - (playedAt + 20 + 40);
    expect(delayMs).toBeGreaterThan(20);
    expect(delayMs).toBeLessThan(40);
    await call.transport.close();
  });
});

describe('the visitor’s voice', () => {
  it('is delivered at 16 kHz, also where sequence numbers and timestamps wrap', async () => {
    const call = await connect();
    call.far.say(sound(0, 1500, 0));
    await call.pass(2000);
    expect(call.frames).toHaveLength(75);
    expect(
      call.frames.every(({ sampleRateHz, samples }) => sampleRateHz === 16_000 && samples.length === 320),
    ).toBe(true);
    expect(call.transport.inboundQuality).toMatchObject({
      packetsReceived: 75,
      packetsLost: 0,
      concealedShare: 0,
    });
    await call.transport.close();
  });

  it('may hold anything: what is no RTP or no Opus is dropped with one warning of each kind', async () => {
    const call = await connect();
    for (let i = 0; i < 5; i++) call.far.sendRaw(Uint8Array.from({ length: 7 }, () => i));
    call.far.say(sound(0, 200, 0));
    await call.pass(400);
    expect(call.warnings.map(({ code }) => code)).toEqual(['malformed_rtp']);
    expect(call.ends).toEqual([]);
    await call.transport.close();
  });
});
