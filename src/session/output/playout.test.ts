import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { Heard, Transport } from '../../transport/transport.js';
import { Playout } from './playout.js';

/** The far end of a call: answers a pause or clear when the test says so, and keeps the orders it got. */
class FarEnd implements Transport {
  readonly type = 'twilio';
  readonly call = { parameters: {} };
  readonly inputFormat = { encoding: 'mulaw', sampleRateHz: 8000 } as const;
  readonly outputFormat = { encoding: 'mulaw', sampleRateHz: 8000 } as const;
  readonly orders: string[] = [];
  queuedSamples = 0;
  #answers: ((heard: Heard) => void)[] = [];

  start(): void {
    this.orders.push('start');
  }
  play(): void {
    this.orders.push('play');
  }
  watch(): void {
    this.orders.push('watch');
  }
  pause(): Promise<Heard> {
    this.orders.push('pause');
    return this.#asked();
  }
  resume(fromSamples: number): void {
    this.orders.push(`resume ${fromSamples}`);
  }
  clear(): Promise<Heard> {
    this.orders.push('clear');
    return this.#asked();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Answers everything that was asked. */
  async heard(positionSamples: number): Promise<void> {
    for (const answer of this.#answers.splice(0)) answer({ positionSamples, origin: 'measured' });
    await nextTick();
  }

  #asked(): Promise<Heard> {
    return new Promise((resolve) => this.#answers.push(resolve));
  }
}

function setUp(): { playout: Playout; farEnd: FarEnd; clock: VirtualClock } {
  const [farEnd, clock] = [new FarEnd(), new VirtualClock()];
  return { playout: new Playout(farEnd, clock), farEnd, clock };
}

const asItIs = (position: number): number => position;

describe('orders', () => {
  it('a resume waits for the answer to its pause, and goes on where the caller makes of it', async () => {
    const { playout, farEnd } = setUp();
    const paused = playout.pause();
    const resumed = playout.resume((position) => position - 80);
    await nextTick();
    expect(farEnd.orders).toEqual(['pause']);
    await farEnd.heard(800);
    await resumed;
    expect(await paused).toEqual({ positionSamples: 800, origin: 'measured' });
    expect(farEnd.orders).toEqual(['pause', 'resume 720']);
  });

  it.each(['pause', 'clear'] as const)('a %s overtakes a resume that still waits', async (order) => {
    const { playout, farEnd } = setUp();
    void playout.pause();
    void playout.resume(asItIs);
    void playout[order]();
    await farEnd.heard(800);
    expect(farEnd.orders).toEqual(['pause', order]);
  });

  it('of several resumes only the latest counts', async () => {
    const { playout, farEnd } = setUp();
    void playout.pause();
    void playout.resume(() => 1);
    void playout.resume(() => 2);
    await farEnd.heard(800);
    expect(farEnd.orders).toEqual(['pause', 'resume 2']);
  });

  it('a resume without a pause, or after a clear, does nothing', async () => {
    const { playout, farEnd } = setUp();
    await playout.resume(asItIs);
    void playout.pause();
    void playout.clear();
    await farEnd.heard(800);
    await playout.resume(asItIs);
    expect(farEnd.orders).toEqual(['pause', 'clear']);
  });

  it('a pause after a resume asks again', async () => {
    const { playout, farEnd } = setUp();
    void playout.pause();
    void playout.resume(asItIs);
    await farEnd.heard(800);
    void playout.pause();
    void playout.resume(asItIs);
    await farEnd.heard(1600);
    expect(farEnd.orders).toEqual(['pause', 'resume 800', 'pause', 'resume 1600']);
  });
});

describe('the estimate', () => {
  it('grows with time while something plays, to the end of what was queued at most', () => {
    const { playout, farEnd, clock } = setUp();
    farEnd.queuedSamples = 4000;
    playout.begin();
    clock.advance(1000);
    expect(playout.estimate()).toBe(4000);
    playout.started(4000);
    farEnd.queuedSamples = 12_000;
    clock.advance(250);
    expect(playout.estimate()).toBe(6000);
    clock.advance(5000);
    expect(playout.estimate()).toBe(12_000);
  });

  it('stands at the heard position through a pause and goes on from where playout was resumed', async () => {
    const { playout, farEnd, clock } = setUp();
    farEnd.queuedSamples = 80_000;
    playout.started(0);
    clock.advance(1000);
    void playout.pause();
    await farEnd.heard(7000);
    clock.advance(3000);
    expect(playout.estimate()).toBe(7000);
    void playout.resume(() => 6500);
    await nextTick();
    clock.advance(100);
    expect(playout.estimate()).toBe(7300);
  });

  it('stays where a clear left it', async () => {
    const { playout, farEnd, clock } = setUp();
    farEnd.queuedSamples = 80_000;
    playout.started(0);
    void playout.clear();
    await farEnd.heard(900);
    clock.advance(1000);
    expect(playout.estimate()).toBe(900);
  });
});

describe('the estimate', () => {
  it('counts no silence in mid-answer as played', () => {
    const { playout, farEnd, clock } = setUp();
    const frame = { samples: new Int16Array(1600), sampleRateHz: 8000 };
    playout.begin();
    farEnd.queuedSamples = 1600;
    playout.started(0);
    clock.advance(5000);
    expect(playout.estimate()).toBe(1600);
    playout.play(frame);
    farEnd.queuedSamples = 3200;
    expect(playout.estimate()).toBe(1600);
    clock.advance(100);
    expect(playout.estimate()).toBe(2400);
    playout.play(frame);
    farEnd.queuedSamples = 4800;
    clock.advance(150);
    expect(playout.estimate()).toBe(3600);
  });
});
