import { describe, expect, it } from '@jest/globals';
import { RoughNetwork, type RoughNetworkOptions } from './rough-network.js';

function fates(options: RoughNetworkOptions, count = 10_000): (number | null)[] {
  const network = new RoughNetwork(options);
  return Array.from({ length: count }, () => network.nextDelayMs());
}

const lost = (delays: (number | null)[]): boolean[] => delays.map((delay) => delay === null);

describe('a rough network', () => {
  it('loses and delays nothing by default', () => {
    expect(new Set(fates({}))).toEqual(new Set([0]));
  });

  it.each([0.05, 0.1, 0.2])('loses a share of %d, spread over the call', (lossShare) => {
    const losses = lost(fates({ lossShare }));
    expect(losses.filter(Boolean).length / losses.length).toBeCloseTo(lossShare, 2);
    const runs = losses.filter((isLost, at) => isLost && losses[at + 1]).length;
    expect(runs / losses.length).toBeCloseTo(lossShare ** 2, 2);
  });

  it('delays packets evenly between 0 and the jitter', () => {
    const delays = fates({ jitterMs: 60 }).map(Number);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThan(60);
    expect(delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toBeCloseTo(30, -0.5);
  });

  it('does the same again for the same seed, and loses the same packets with and without jitter', () => {
    const rough = { lossShare: 0.1, jitterMs: 60, seed: 7 };
    expect(fates(rough, 500)).toEqual(fates(rough, 500));
    expect(fates(rough, 500)).not.toEqual(fates({ ...rough, seed: 8 }, 500));
    expect(lost(fates(rough, 500))).toEqual(lost(fates({ ...rough, jitterMs: 0 }, 500)));
  });

  it.each([
    { lossShare: -0.1 },
    { lossShare: 1.1 },
    { lossShare: NaN },
    { jitterMs: -1 },
    { jitterMs: Infinity },
  ])('cannot be %p', (options) => {
    expect(() => new RoughNetwork(options)).toThrow(RangeError);
  });
});
