import { describe, expect, it } from '@jest/globals';
import { decodeMulaw } from '../audio/g711.js';
import { AudioTrack } from './audio-track.js';

describe('one side of a recording', () => {
  it('is silent where nothing was written, before, between and behind', () => {
    const track = new AudioTrack();
    track.write(3, Uint8Array.from([0x10, 0x20]));
    track.write(7, Uint8Array.from([0x30]));
    const [a, b, c] = decodeMulaw(Uint8Array.from([0x10, 0x20, 0x30]));
    expect(Array.from(track.samples(10))).toEqual([0, 0, 0, a, b, 0, 0, c, 0, 0]);
    expect(track.length).toBe(8);
  });

  it('grows to any length', () => {
    const track = new AudioTrack();
    track.write(0, Uint8Array.from([0x10]));
    track.write(500_000, Uint8Array.from([0x20]));
    expect(track.samples(500_001)[0]).toBe(decodeMulaw(Uint8Array.from([0x10]))[0]);
    expect(track.samples(1_000_000).at(-1)).toBe(0);
  });

  it('is silent again behind a cut', () => {
    const track = new AudioTrack();
    track.write(0, new Uint8Array(10).fill(0x10));
    track.cut(4);
    track.cut(20);
    expect(track.length).toBe(4);
    expect(track.samples(10).subarray(4)).toEqual(new Int16Array(6));
  });
});
