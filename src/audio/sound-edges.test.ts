import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SoundEdges, type SoundEdge } from './sound-edges.js';

const rateHz = 16_000;

/** Silence and tone in alternation, by their lengths in milliseconds. */
function pattern(lengthsMs: readonly number[], amplitude = 8000, noise = 0): Int16Array {
  let on = true;
  return Int16Array.from(
    lengthsMs.flatMap((ms) => {
      on = !on;
      return Array.from({ length: ms * 16 }, (_, i) => {
        const hiss = noise * Math.sin(i * i * 0.37);
        return Math.round((on ? amplitude * Math.sin(i * 0.3 + 0.5) : 0) + hiss);
      });
    }),
  );
}

function edgesOf(samples: Int16Array, pieces = 320): SoundEdge[] {
  const edges = new SoundEdges({ sampleRateHz: rateHz, endsAfterMs: 150 });
  const found: SoundEdge[] = [];
  for (let at = 0; at < samples.length; at += pieces)
    edges.push(samples.subarray(at, at + pieces), (edge) => found.push(edge));
  return found;
}

/** The edges' positions in milliseconds. */
function timesOf(edges: readonly SoundEdge[]): number[] {
  return edges.map(({ position }) => position / 16);
}

describe('sound edges', () => {
  it('are where the sound begins and ends, almost to the sample', () => {
    const edges = edgesOf(pattern([500, 300, 400, 200, 400]));
    expect(edges.map(({ type }) => type)).toEqual(['begin', 'end', 'begin', 'end']);
    const expected = [500, 800, 1200, 1400];
    timesOf(edges).forEach((ms, index) => expect(Math.abs(ms - (expected[index] ?? 0))).toBeLessThan(1));
  });

  it('are not reported in short pauses', () => {
    expect(edgesOf(pattern([200, 200, 140, 200, 400]))).toHaveLength(2);
  });

  it('are the same for any frame sizes', () => {
    const samples = pattern([120, 333, 512, 77, 300]);
    const whole = edgesOf(samples, samples.length);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), (pieces) => {
        expect(edgesOf(samples, pieces)).toEqual(whole);
      }),
    );
  });

  it('are found above a steady noise once the floor has adapted', () => {
    const samples = pattern([6000, 400, 1000], 8000, 400);
    const late = edgesOf(samples).filter(({ position }) => position > 5000 * 16);
    expect(late.map(({ type }) => type)).toEqual(['begin', 'end']);
    const [begin = 0, end = 0] = timesOf(late);
    expect(Math.abs(begin - 6000)).toBeLessThan(6);
    expect(Math.abs(end - 6400)).toBeLessThan(6);
  });

  it('are not found in silence or in very quiet sound', () => {
    expect(edgesOf(pattern([1000]))).toEqual([]);
    expect(edgesOf(pattern([300, 500, 300], 100))).toEqual([]);
  });

  it('are the same for floats at full scale 1', () => {
    const samples = pattern([100, 300, 300]);
    const floats = Float32Array.from(samples, (sample) => sample / 32_768);
    const edges = new SoundEdges({ sampleRateHz: rateHz, endsAfterMs: 150, fullScale: 1 });
    const found: SoundEdge[] = [];
    edges.push(floats, (edge) => found.push(edge));
    expect(found).toEqual(edgesOf(samples));
    expect(edges.position).toBe(samples.length);
  });
});
