import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { StreamTokens } from './stream-tokens.js';

describe('one-time stream tokens', () => {
  it('are 128 random bits, redeemed once, by the call they were issued for', () => {
    const tokens = new StreamTokens<string>({ clock: new VirtualClock() });
    const token = tokens.issue('CA1', 'grant');
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(tokens.issue('CA1', 'grant')).not.toBe(token);
    expect(tokens.redeem(token, 'CA1')).toBe('grant');
    expect(tokens.redeem(token, 'CA1')).toBeNull();
  });

  it('are spent by an attempt from another call', () => {
    const tokens = new StreamTokens<true>({ clock: new VirtualClock() });
    const token = tokens.issue('CA1', true);
    expect(tokens.redeem(token, 'CA2')).toBeNull();
    expect(tokens.redeem(token, 'CA1')).toBeNull();
  });

  it('expire after thirty seconds', () => {
    const clock = new VirtualClock();
    const tokens = new StreamTokens<true>({ clock });
    const early = tokens.issue('CA1', true);
    clock.advance(29_999);
    const late = tokens.issue('CA2', true);
    expect(tokens.size).toBe(2);
    clock.advance(1);
    expect(tokens.size).toBe(1);
    expect(tokens.redeem(early, 'CA1')).toBeNull();
    expect(tokens.redeem(late, 'CA2')).toBe(true);
  });

  it('are bounded in number: the oldest is dropped', () => {
    const tokens = new StreamTokens<number>({ clock: new VirtualClock(), maxTokens: 10 });
    const issued = Array.from({ length: 25 }, (_, i) => tokens.issue('CA1', i));
    expect(tokens.size).toBe(10);
    expect(issued.map((token) => tokens.redeem(token, 'CA1')).filter((grant) => grant !== null)).toEqual(
      Array.from({ length: 10 }, (_, i) => 15 + i),
    );
  });

  it('are not valid if they were not issued', () => {
    const tokens = new StreamTokens<true>({ clock: new VirtualClock() });
    for (const token of ['', '__proto__', '0'.repeat(32)]) expect(tokens.redeem(token, 'CA1')).toBeNull();
  });
});
