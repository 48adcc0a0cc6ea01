import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { MediaWatch } from './media-watch.js';

function makeWatch(): { readonly clock: VirtualClock; readonly watch: MediaWatch; readonly told: string[] } {
  const clock = new VirtualClock();
  const told: string[] = [];
  const watch = new MediaWatch({
    clock,
    onStopped: () => told.push(`stopped at ${clock.nowMs()}`),
    onResumed: (gapMs) => told.push(`resumed after ${gapMs}`),
  });
  return { clock, watch, told };
}

describe('a watch over media', () => {
  it('reports nothing while audio arrives, however unevenly', () => {
    const { clock, watch, told } = makeWatch();
    watch.start();
    for (const ms of [20, 20, 2999, 20, 1500, 2999, 400]) {
      clock.advance(ms);
      watch.heard();
    }
    expect(told).toEqual([]);
    expect(watch.isStopped).toBe(false);
  });

  it('reports each gap once, 3 s after the last audio, and its end', () => {
    const { clock, watch, told } = makeWatch();
    watch.start();
    clock.advance(1000);
    watch.heard();
    clock.advance(9000);
    expect(told).toEqual(['stopped at 4000']);
    expect(watch.isStopped).toBe(true);
    watch.heard();
    expect(watch.isStopped).toBe(false);
    clock.advance(3000);
    expect(told).toEqual(['stopped at 4000', 'resumed after 9000', 'stopped at 13000']);
  });

  it('reports media that never starts', () => {
    const { clock, watch, told } = makeWatch();
    watch.start();
    clock.advance(3000);
    expect(told).toEqual(['stopped at 3000']);
  });

  it('leaves no timer behind', () => {
    const { clock, watch, told } = makeWatch();
    watch.start();
    watch.stop();
    watch.stop();
    clock.advance(10_000);
    expect([told, clock.pendingTimers]).toEqual([[], 0]);
  });
});
