import { describe, expect, it } from '@jest/globals';
import { WayStatistics } from './way-statistics.js';

const pair = { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.012 };

function inbound(jitterBufferDelay: number, jitterBufferEmittedCount: number): object {
  return { type: 'inbound-rtp', kind: 'audio', jitterBufferDelay, jitterBufferEmittedCount };
}

describe('the statistics of the path to the ear', () => {
  it('give the mean delay of the jitter buffer since the last reading', () => {
    const statistics = new WayStatistics();
    expect(statistics.read([inbound(48, 960), pair])).toEqual({ jitterBufferMs: 50, roundTripMs: 12 });
    expect(statistics.read([inbound(48 + 28.8, 960 * 2), pair]).jitterBufferMs).toBeCloseTo(30);
  });

  it('give none while no audio arrives', () => {
    const statistics = new WayStatistics();
    statistics.read([inbound(48, 960), pair]);
    expect(statistics.read([inbound(48, 960), pair]).jitterBufferMs).toBeNull();
    expect(new WayStatistics().read([])).toEqual({ jitterBufferMs: null, roundTripMs: null });
  });

  it('use only the selected pair', () => {
    const other = { ...pair, nominated: false, currentRoundTripTime: 9 };
    expect(new WayStatistics().read([other, pair, null, 3]).roundTripMs).toBe(12);
  });
});
