import { describe, expect, it } from '@jest/globals';
import { SilentRecogniser } from './silent-recogniser.js';

describe('a recogniser that gives no words', () => {
  it('is noticed once the caller has spoken for some seconds, several times', () => {
    const silent = new SilentRecogniser();
    expect(silent.speechEnded(2500)).toBeNull();
    expect(silent.speechEnded(2000)).toBe(4500);
  });

  it('is not suspected for one long noise', () => {
    expect(new SilentRecogniser().speechEnded(30_000)).toBeNull();
  });

  it('is reported once, and again only after it had words', () => {
    const silent = new SilentRecogniser({ speechMs: 100, stretches: 1 });
    expect(silent.speechEnded(100)).toBe(100);
    expect(silent.speechEnded(5000)).toBeNull();
    silent.heardWords();
    expect(silent.speechEnded(99)).toBeNull();
    expect(silent.speechEnded(1)).toBe(100);
  });
});
