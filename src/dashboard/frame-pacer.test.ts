import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { FramePacer } from './frame-pacer.js';

/** A pacer whose frames take `costMs` each, and the times when they were drawn. */
function paced(costMs = 0): { clock: VirtualClock; pacer: FramePacer; drawnMs: number[] } {
  const clock = new VirtualClock();
  const drawnMs: number[] = [];
  const pacer = new FramePacer(clock, () => {
    drawnMs.push(clock.nowMs());
    clock.advance(costMs);
  });
  return { clock, pacer, drawnMs };
}

describe('the frame pacer', () => {
  it('draws nothing without a request', () => {
    const { clock, drawnMs } = paced();
    clock.advance(10_000);
    expect(drawnMs).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('draws at most fifteen times a second, however many requests come', () => {
    const { clock, pacer, drawnMs } = paced();
    for (let ms = 0; ms < 2000; ms++) {
      pacer.request();
      clock.advance(1);
    }
    expect(drawnMs.length).toBeGreaterThanOrEqual(29);
    expect(drawnMs.length).toBeLessThanOrEqual(31);
  });

  it('draws the last request too', () => {
    const { clock, pacer, drawnMs } = paced();
    pacer.request();
    clock.advance(5);
    pacer.request();
    clock.advance(1000);
    expect(drawnMs).toHaveLength(2);
  });

  it('draws expensive frames less often, so that they take at most 15% of the time', () => {
    const { clock, pacer, drawnMs } = paced(40);
    for (let ms = 0; ms < 4000; ms++) {
      pacer.request();
      clock.advance(1);
    }
    // The first frame is drawn at once, the others after a pause each.
    expect(((drawnMs.length - 1) * 40) / clock.nowMs()).toBeLessThanOrEqual(0.15);
    expect(drawnMs.length).toBeGreaterThan(10);
  });

  it('pauses for no more than a second, however expensive a frame was', () => {
    const { clock, pacer, drawnMs } = paced(3000);
    pacer.request();
    clock.advance(3000);
    pacer.request();
    clock.advance(1000);
    expect(drawnMs).toEqual([0, 4000]);
  });

  it('draws at the earliest of its requests', () => {
    const { clock, pacer, drawnMs } = paced();
    pacer.request(1000);
    pacer.request();
    pacer.request(500);
    clock.advance(2000);
    expect(drawnMs).toEqual([0]);
  });

  it('draws nothing after it is closed', () => {
    const { clock, pacer, drawnMs } = paced();
    pacer.request();
    pacer.close();
    pacer.request();
    clock.advance(1000);
    expect(drawnMs).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
