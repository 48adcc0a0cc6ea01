import { describe, expect, it } from '@jest/globals';
import { SpeechDelay } from './speech-delay.js';

/** A sound that both ends hear. */
function hear(delay: SpeechDelay, beginMs: number, endMs: number, lateMs: number): void {
  delay.atRelay('begin', beginMs + lateMs);
  delay.atPage('begin', beginMs);
  delay.atPage('end', endMs);
  delay.atRelay('end', endMs + lateMs);
}

describe('the delay of the visitor’s voice', () => {
  it('is unknown until both ends have found the same edge', () => {
    const delay = new SpeechDelay();
    delay.atPage('begin', 1000);
    expect(delay.delayMs).toBeNull();
    delay.atRelay('begin', 1080);
    expect(delay.delayMs).toBe(80);
  });

  it('is the same for either order of reports', () => {
    const delay = new SpeechDelay();
    hear(delay, 1000, 1500, 70);
    hear(delay, 3000, 3400, 70);
    expect(delay.delayMs).toBe(70);
  });

  it('is the median of the latest ones, so that one misplaced edge does not move it', () => {
    const delay = new SpeechDelay();
    hear(delay, 1000, 1500, 60);
    hear(delay, 3000, 3400, 180);
    hear(delay, 5000, 5600, 60);
    expect(delay.delayMs).toBe(60);
  });

  it('follows a line that gets slower', () => {
    const delay = new SpeechDelay();
    for (let i = 0; i < 4; i++) hear(delay, i * 2000, i * 2000 + 500, 50);
    for (let i = 4; i < 8; i++) hear(delay, i * 2000, i * 2000 + 500, 220);
    expect(delay.delayMs).toBe(220);
  });

  it('does not match edges of another type, from before the sound, or far too late', () => {
    const delay = new SpeechDelay();
    delay.atPage('begin', 1000);
    delay.atRelay('end', 1050);
    delay.atRelay('begin', 900);
    delay.atRelay('begin', 2500);
    expect(delay.delayMs).toBeNull();
  });

  it('tolerates edges that only one end found', () => {
    const delay = new SpeechDelay();
    for (let i = 0; i < 20; i++) delay.atPage('begin', i * 1000);
    for (let i = 0; i < 20; i++) delay.atRelay('end', i * 1000);
    hear(delay, 60_000, 61_000, 90);
    expect(delay.delayMs).toBe(90);
  });

  it('is never below zero, despite clock errors', () => {
    const delay = new SpeechDelay();
    delay.atPage('end', 1000);
    delay.atRelay('end', 990);
    expect(delay.delayMs).toBe(0);
  });
});
