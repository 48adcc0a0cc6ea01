import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from './retry-after.js';

const asked = (headers: Readonly<Record<string, string>>): number | undefined =>
  retryAfterMs((name) => headers[name]);

describe('how long a server asks to wait', () => {
  it('is told in seconds', () => {
    expect(asked({ 'retry-after': '2' })).toBe(2000);
    expect(asked({ 'retry-after': '0' })).toBe(0);
    expect(asked({ 'retry-after': '1.5' })).toBe(1500);
  });

  it('is told as a date, which counts from the date of the response', () => {
    const date = 'Wed, 21 Oct 2015 07:28:00 GMT';
    expect(asked({ 'retry-after': 'Wed, 21 Oct 2015 07:28:03 GMT', date })).toBe(3000);
    expect(asked({ 'retry-after': 'Wed, 21 Oct 2015 07:27:00 GMT', date })).toBe(0);
    expect(asked({ 'retry-after': 'Wed, 21 Oct 2015 07:28:03 GMT' })).toBeUndefined();
  });

  it('is told in milliseconds by some, which is more exact', () => {
    expect(asked({ 'retry-after-ms': '1234', 'retry-after': '2' })).toBe(1234);
    expect(asked({ 'retry-after-ms': 'soon', 'retry-after': '2' })).toBe(2000);
  });

  it.each(['', 'soon', '-1', '1 minute'])('is not told by "%s"', (value) => {
    const date = 'Wed, 21 Oct 2015 07:28:00 GMT';
    expect(asked({ 'retry-after': value, 'retry-after-ms': '', date })).toBeUndefined();
    expect(asked({})).toBeUndefined();
  });
});
