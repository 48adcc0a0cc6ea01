import { describe, expect, it } from '@jest/globals';
import { HeardMarks } from './heard-marks.js';

const rateHz = 24_000;
const frame = 480;

/** Marks whose first one is the first sound after silence, due at 1000 ms. */
function sentMarks(): HeardMarks {
  const marks = new HeardMarks({ speechDelayMs: () => 0 });
  marks.watch(0);
  marks.watch(frame);
  marks.sent(0, frame, 1000, rateHz, true);
  return marks;
}

describe('a watched position', () => {
  it('is heard when the page reports it', () => {
    const marks = sentMarks();
    marks.audible(1080);
    expect(marks.takeDue(1080)).toEqual([{ positionSamples: 0, atMs: 1080, origin: 'measured' }]);
    expect(marks.takeDue(1100)).toEqual([{ positionSamples: frame, atMs: 1100, origin: 'estimated' }]);
  });

  it.each([
    ['before it was sent', 900],
    ['after the call will be over', 10_000_000],
  ])('is estimated if the page reports it %s', (_when, atMs) => {
    const marks = sentMarks();
    marks.audible(atMs);
    expect(marks.takeDue(2000).map(({ origin }) => origin)).toEqual(['estimated', 'estimated']);
    expect(marks.dueMs).toBeNull();
  });

  it('is not delayed by a minute if the page reports such a downlink delay', () => {
    const marks = sentMarks();
    marks.stateDownlink(60_000);
    expect(marks.takeDue(5000)).toHaveLength(2);
  });
});
