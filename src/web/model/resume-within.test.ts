import { describe, expect, it } from '@jest/globals';
import { resumeWithinMs } from './resume-within.js';

describe('resumeWithinMs', () => {
  it('is a little longer than the session waits, as far as that is known', () => {
    expect(resumeWithinMs(60_000)).toBe(65_000);
    expect(resumeWithinMs(0)).toBe(5000);
    expect(resumeWithinMs()).toBe(20_000);
  });

  it('is never longer than a timer can wait', () => {
    expect(resumeWithinMs(2_147_483_647)).toBe(2_147_483_647);
  });
});
