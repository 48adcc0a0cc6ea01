import { describe, expect, it } from '@jest/globals';
import { AudioClock } from './audio-clock.js';

describe('the audio clock', () => {
  it('returns null before it has seen both clocks', () => {
    const clock = new AudioClock();
    expect(clock.pageMs(1)).toBeNull();
    clock.observe(0, 0);
    expect(clock.pageMs(1)).toBeNull();
  });

  it('maps the graph’s time to the page’s', () => {
    const clock = new AudioClock();
    clock.observe(2, 5030);
    expect(clock.pageMs(2.5)).toBe(5530);
    expect(clock.pageMs(1.9)).toBeCloseTo(4930);
  });

  it('is not misled by single bad pairs', () => {
    const clock = new AudioClock();
    for (let i = 1; i <= 20; i++) clock.observe(i, 3000 + i * 1000 + (i % 4 === 0 ? 12 : 0));
    expect(clock.pageMs(21)).toBe(24_000);
  });

  it('follows the clocks as they drift apart', () => {
    const clock = new AudioClock();
    // 100 parts per million over ten minutes.
    for (let s = 0.25; s < 600; s += 0.25) clock.observe(s, 1000 + s * 1000.1);
    expect(Math.abs((clock.pageMs(600) ?? 0) - (1000 + 600 * 1000.1))).toBeLessThan(1);
  });

  it('forgets everything on reset', () => {
    const clock = new AudioClock();
    clock.observe(1, 1000);
    clock.reset();
    expect(clock.pageMs(1)).toBeNull();
  });
});
