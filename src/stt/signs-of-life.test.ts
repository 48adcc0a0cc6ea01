import { describe, expect, it } from '@jest/globals';
import { SignsOfLife } from './signs-of-life.js';

describe('signs of life', () => {
  it('count the silence in audio that was given and in time that has passed, whichever is less', () => {
    const signs = new SignsOfLife(1000);
    signs.given(5000);
    expect(signs.silentMs(1200)).toBe(200);
    expect(signs.silentMs(99_000)).toBe(5000);
    signs.sign(1300);
    expect(signs.silentMs(9000)).toBe(0);
    signs.given(20);
    expect(signs.silentMs(9000)).toBe(20);
  });

  it('ask for patience as the recogniser has been heard of so far, the time of its connection aside', () => {
    const signs = new SignsOfLife(0);
    signs.given(5000);
    signs.sign(5000);
    expect(signs.patienceMs).toBe(600);
    signs.given(1000);
    signs.sign(6000);
    expect(signs.patienceMs).toBe(1500);
    for (let sign = 0; sign < 10; sign++) {
      signs.given(100);
      signs.sign(6100 + 100 * sign);
    }
    expect(signs.patienceMs).toBe(600);
  });

  it('are none before the first', () => {
    const signs = new SignsOfLife(0);
    expect(signs.any).toBe(false);
    signs.sign(10);
    expect([signs.any, signs.lastMs]).toEqual([true, 10]);
  });
});
