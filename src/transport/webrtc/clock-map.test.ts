import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ClockMap } from './clock-map.js';

/** An exchange with a page whose clock shows `offsetMs` less than the relay's. */
function exchange(
  askedMs: number,
  { offsetMs = 0, thereMs = 0, pageMs = 0, backMs = 0 },
): Parameters<ClockMap['add']>[0] {
  const receivedPageMs = askedMs + thereMs - offsetMs;
  const sentPageMs = receivedPageMs + pageMs;
  return { askedMs, receivedPageMs, sentPageMs, answeredMs: askedMs + thereMs + pageMs + backMs };
}

describe('the page’s clock', () => {
  it('is unknown before the first exchange', () => {
    const map = new ClockMap();
    expect(map.toRelayMs(5)).toBeNull();
    expect(map.roundTripMs).toBeNull();
  });

  it('is exact if both ways take equally long, for any delay in the page', () => {
    const map = new ClockMap();
    expect(map.add(exchange(1000, { offsetMs: 700, thereMs: 20, pageMs: 300, backMs: 20 }))).toBe(true);
    expect(map.toRelayMs(500)).toBeCloseTo(1200, 9);
    expect(map.roundTripMs).toBeCloseTo(40, 9);
  });

  it('is never wrong by more than half the quickest round trip', () => {
    const way = fc.double({ min: 0, max: 500, noNaN: true });
    const offset = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(
        offset,
        fc.array(fc.record({ thereMs: way, backMs: way }), { minLength: 1, maxLength: 30 }),
        (offsetMs, ways) => {
          const map = new ClockMap();
          ways.forEach((each, index) => map.add(exchange(index * 1000, { offsetMs, ...each })));
          const quickest = Math.min(...ways.map(({ thereMs, backMs }) => thereMs + backMs));
          const error = Math.abs((map.toRelayMs(0) ?? Infinity) - offsetMs);
          expect(error).toBeLessThanOrEqual(quickest / 2 + 1e-6);
        },
      ),
    );
  });

  it('follows a clock that drifts, since old exchanges are forgotten', () => {
    const map = new ClockMap();
    map.add(exchange(0, { offsetMs: 0, thereMs: 1, backMs: 1 }));
    for (let second = 1; second <= 40; second++)
      map.add(exchange(second * 1000, { offsetMs: 10, thereMs: 5, backMs: 5 }));
    expect(map.toRelayMs(0)).toBeCloseTo(10, 6);
  });

  it('leaves out an exchange that a coarse clock makes impossible, without a complaint', () => {
    const map = new ClockMap();
    expect(map.add(exchange(0, { thereMs: -1, backMs: 0 }))).toBe(true);
    expect(map.toRelayMs(0)).toBeNull();
  });

  it.each([
    ['with an answer before its question', { thereMs: -130, backMs: 0 }],
    ['with a page time that goes back', { pageMs: -1 }],
    ['with a time that is not a number', { thereMs: NaN }],
  ])('rejects an exchange %s', (_, ways) => {
    const map = new ClockMap();
    expect(map.add(exchange(0, ways))).toBe(false);
    expect(map.toRelayMs(0)).toBeNull();
  });
});
