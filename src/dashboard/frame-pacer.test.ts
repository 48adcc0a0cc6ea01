import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { FramePacer } from './frame-pacer.js';

/** A pacer whose frames take `costMs` each, and the times at which they were drawn. */
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
  it('draws nothing unless it is asked to', () => {
    const { clock, drawnMs } = paced();
    clock.advance(10_000);
    expect(drawnMs).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('draws at most fifteen times a second, however often it is asked', () => {
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

  it('draws less often where frames are expensive, so that they take a seventh of the time at most', () => {
    const { clock, pacer, drawnMs } = paced(40);
    for (let ms = 0; ms < 4000; ms++) {
      pacer.request();
      clock.advance(1);
    }
    // The first frame comes at once; each of the others has had its pause.
    expect(((drawnMs.length - 1) * 40) / clock.nowMs()).toBeLessThanOrEqual(0.15);
    expect(drawnMs.length).toBeGreaterThan(10);
  });

  it('lets a request for later be overtaken by one for now', () => {
    const { clock, pacer, drawnMs } = paced();
    pacer.request(1000);
    pacer.request();
    pacer.request(500);
    clock.advance(2000);
    expect(drawnMs).toEqual([0]);
  });

  it('draws nothing any more once it is closed', () => {
    const { clock, pacer, drawnMs } = paced();
    pacer.request();
    pacer.close();
    pacer.request();
    clock.advance(1000);
    expect(drawnMs).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});
