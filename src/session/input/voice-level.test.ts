import { describe, expect, it } from '@jest/globals';
import { silenceDbfs, VoiceLevel } from './voice-level.js';

describe('the level of a voice along its way', () => {
  it('is that of the window of 50 ms around a sample, however the audio came', () => {
    const level = new VoiceLevel(8000);
    const audio = new Int16Array(1200).fill(32_767, 400, 800);
    for (let at = 0; at < audio.length; at += 150) level.add(audio.subarray(at, at + 150));
    expect(level.at(0)).toBe(silenceDbfs);
    expect(level.at(399)).toBe(silenceDbfs);
    expect(level.at(400)).toBeCloseTo(0, 1);
    expect(level.at(799)).toBeCloseTo(0, 1);
    expect(level.at(800)).toBe(silenceDbfs);
  });

  it('is silence before the audio and behind it', () => {
    const level = new VoiceLevel(8000);
    level.add(new Int16Array(500).fill(1000));
    expect(level.at(-1)).toBe(silenceDbfs);
    expect(level.at(100)).toBeGreaterThan(-40);
    expect(level.at(400)).toBe(silenceDbfs);
  });
});
