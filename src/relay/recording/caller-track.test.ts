import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CallerTrack } from './caller-track.js';

/** A thousand samples per second, so that positions are milliseconds. */
const rateHz = 1000;
const frameMs = 20;

/** The caller's frame with this index; no sample is zero. */
function frame(index: number): Int16Array {
  return Int16Array.from({ length: frameMs }, (_, i) => index * frameMs + i + 1);
}

/** Where each frame begins; fails if one is split. */
function places(line: Int16Array): number[] {
  const found: number[] = [];
  for (let at = 0; at < line.length;) {
    const sample = line[at]!;
    if (sample === 0) {
      at++;
      continue;
    }
    expect([...line.subarray(at, at + frameMs)]).toEqual([...frame((sample - 1) / frameMs)]);
    found.push(at);
    at += frameMs;
  }
  return found;
}

function trackOf(arrivals: readonly number[]): CallerTrack {
  const track = new CallerTrack(rateHz);
  arrivals.forEach((atMs, index) => track.push(frame(index), atMs));
  return track;
}

describe('the caller’s track', () => {
  it('places each frame so that it ends at its arrival', () => {
    expect(places(trackOf([20, 40, 60, 80]).read(200))).toEqual([0, 20, 40, 60]);
  });

  it('has no gaps where frames arrive unevenly', () => {
    expect(places(trackOf([20, 75, 78, 80, 140, 141]).read(200))).toEqual([0, 20, 40, 60, 80, 100]);
  });

  it('is silent where nothing arrived', () => {
    expect(places(trackOf([20, 40, 500, 520]).read(1000))).toEqual([0, 20, 480, 500]);
  });

  it('has no silence where a stalled network delivered its frames all at once', () => {
    expect(
      places(trackOf([20, 40, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300]).read(400)),
    ).toEqual(Array.from({ length: 15 }, (_, index) => index * frameMs));
  });

  it('keeps silence that was read before the delayed frames arrived', () => {
    const track = trackOf([20]);
    expect(places(track.read(100))).toEqual([0]);
    track.push(frame(1), 140);
    track.push(frame(2), 140);
    expect([...track.read(160).subarray(0, 41)].map((sample) => Math.sign(sample))).toEqual([
      ...Array.from({ length: 40 }, () => 1),
      0,
    ]);
  });

  it('loses no sample and splits no frame, however frames arrive and are read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.boolean()), { maxLength: 100 }),
        (steps) => {
          const track = new CallerTrack(rateHz);
          const pieces: Int16Array[] = [];
          let nowMs = 0;
          steps.forEach(([waitMs, isRead], index) => {
            nowMs += waitMs;
            track.push(frame(index), nowMs);
            if (isRead) pieces.push(track.read(Math.max(0, nowMs - 150)));
          });
          pieces.push(track.read(nowMs + steps.length * frameMs));
          const line = Int16Array.from(pieces.flatMap((piece) => [...piece]));
          const samples = [...line].filter((sample) => sample !== 0);
          expect(samples).toEqual(steps.flatMap((_, index) => [...frame(index)]));
          expect(places(line)).toHaveLength(steps.length);
        },
      ),
    );
  });
});
