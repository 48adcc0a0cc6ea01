import { describe, expect, it } from '@jest/globals';
import { AudioTrack } from './audio-track.js';

describe('one side of a recording', () => {
  it('is silent where nothing was written, before, between and behind', () => {
    const track = new AudioTrack();
    track.write(3, Int16Array.of(100, -200));
    track.write(7, Int16Array.of(300));
    expect([...track.samples(10)]).toEqual([0, 0, 0, 100, -200, 0, 0, 300, 0, 0]);
    expect(track.length).toBe(8);
  });

  it('grows to any length', () => {
    const track = new AudioTrack();
    track.write(0, Int16Array.of(100));
    track.write(500_000, Int16Array.of(200));
    expect(track.samples(500_001)[0]).toBe(100);
    expect(track.samples(500_001).at(-1)).toBe(200);
    expect(track.samples(1_000_000).at(-1)).toBe(0);
  });

  it('is silent again behind a cut', () => {
    const track = new AudioTrack();
    track.write(0, new Int16Array(10).fill(100));
    track.cut(4);
    track.cut(20);
    expect(track.length).toBe(4);
    expect([...track.samples(10)]).toEqual([100, 100, 100, 100, 0, 0, 0, 0, 0, 0]);
  });

  it('gives copies, which later writes do not change', () => {
    const track = new AudioTrack();
    track.write(0, Int16Array.of(100));
    const before = track.samples(1);
    track.write(0, Int16Array.of(200));
    expect([...before]).toEqual([100]);
    expect([...track.read(0, 1)]).toEqual([200]);
  });
});
