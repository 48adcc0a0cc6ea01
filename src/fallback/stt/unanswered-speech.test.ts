import { describe, expect, it } from '@jest/globals';
import { UnansweredSpeech } from './unanswered-speech.js';

describe('unanswered speech', () => {
  it('is certain after one second', () => {
    const unanswered = new UnansweredSpeech();
    expect(unanswered.add(980)).toBe(false);
    expect(unanswered.add(1000)).toBe(true);
  });

  it('is certain after three sounds in a row that are too long for a noise', () => {
    const unanswered = new UnansweredSpeech();
    expect([500, 100, 500, 100, 500].map((ms) => unanswered.add(ms))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    unanswered.reset();
    expect(unanswered.add(500)).toBe(false);
  });
});
