import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { StreamWatchdog } from '../stream-watchdog.js';
import { AnswerDeadlines } from './answer-deadlines.js';

function waiting(): { clock: VirtualClock; watchdog: StreamWatchdog; deadlines: AnswerDeadlines } {
  const clock = new VirtualClock();
  const watchdog = new StreamWatchdog(clock, new AbortController().signal);
  const deadlines = new AnswerDeadlines(watchdog, clock, { firstTokenMs: 8000, tokenMs: 4000 });
  return { clock, watchdog, deadlines };
}

describe('the time limits of an answer', () => {
  it('are those of the first token, then of the next', () => {
    const { clock, watchdog, deadlines } = waiting();
    clock.advance(7999);
    expect(watchdog.signal.aborted).toBe(false);
    deadlines.progressed();
    clock.advance(3999);
    expect(watchdog.signal.aborted).toBe(false);
    clock.advance(1);
    expect([watchdog.signal.aborted, deadlines.silence]).toEqual([true, 'It fell silent for 4000 ms.']);
  });

  it('are extended by pings, for 30 s', () => {
    const { clock, watchdog, deadlines } = waiting();
    for (let second = 1; second < 30; second++) {
      clock.advance(1000);
      deadlines.pinged();
    }
    expect(watchdog.signal.aborted).toBe(false);
    clock.advance(1000);
    expect([watchdog.signal.aborted, deadlines.silence]).toEqual([true, 'Only pings came for 30000 ms.']);
  });
});
