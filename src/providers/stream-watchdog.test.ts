import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { StreamWatchdog } from './stream-watchdog.js';

function start(): { clock: VirtualClock; caller: AbortController; watchdog: StreamWatchdog } {
  const clock = new VirtualClock();
  const caller = new AbortController();
  return { clock, caller, watchdog: new StreamWatchdog(clock, caller.signal) };
}

describe('StreamWatchdog', () => {
  it('aborts when nothing happens for as long as it was told', () => {
    const { clock, watchdog } = start();
    watchdog.expect(300);
    clock.advance(299);
    expect(watchdog.signal.aborted).toBe(false);
    clock.advance(1);
    expect(watchdog.signal.aborted).toBe(true);
    expect(watchdog.expiredMs).toBe(300);
  });

  it('counts from the latest sign of life, with one timer however many there are', () => {
    const { clock, watchdog } = start();
    for (let sign = 0; sign < 50; sign++) {
      watchdog.expect(300);
      clock.advance(299);
      expect(clock.pendingTimers).toBe(1);
    }
    expect(watchdog.signal.aborted).toBe(false);
    clock.advance(1);
    expect(watchdog.expiredMs).toBe(300);
  });

  it('knows how long it has waited', () => {
    const { clock, watchdog } = start();
    expect(watchdog.waitedMs).toBe(0);
    watchdog.expect(300);
    clock.advance(200);
    expect(watchdog.waitedMs).toBe(200);
    watchdog.expect(300);
    clock.advance(50);
    expect(watchdog.waitedMs).toBe(50);
    watchdog.rest();
    expect(watchdog.waitedMs).toBe(0);
  });

  it('takes a shorter limit in place of a longer one', () => {
    const { clock, watchdog } = start();
    watchdog.expect(8000);
    watchdog.expect(250);
    clock.advance(250);
    expect(watchdog.expiredMs).toBe(250);
  });

  it('rests until something is expected again', () => {
    const { clock, watchdog } = start();
    watchdog.expect(300);
    watchdog.rest();
    clock.advance(10_000);
    expect(watchdog.signal.aborted).toBe(false);
    watchdog.expect(300);
    clock.advance(300);
    expect(watchdog.expiredMs).toBe(300);
  });

  it('aborts with the caller, which is no expiry', () => {
    const { caller, watchdog } = start();
    caller.abort();
    expect(watchdog.signal.aborted).toBe(true);
    expect(watchdog.expiredMs).toBeNull();
    expect(new StreamWatchdog(new VirtualClock(), caller.signal).signal.aborted).toBe(true);
  });

  it('leaves no timer behind and forgets the caller when it is stopped', () => {
    const { clock, caller, watchdog } = start();
    watchdog.expect(300);
    watchdog.stop();
    watchdog.stop();
    expect(clock.pendingTimers).toBe(0);
    caller.abort();
    expect(watchdog.signal.aborted).toBe(false);
  });
});
