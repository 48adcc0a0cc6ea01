import { describe, expect, it } from '@jest/globals';
import { SpeechGate } from './speech-gate.js';

/** Puts `ms` of 20 ms frames through the gate and counts the milliseconds that passed. */
function passedMs(
  gate: SpeechGate,
  ms: number,
  levelDbfs: number,
  speech: boolean,
  speaking = false,
): number {
  let passed = 0;
  for (let at = 0; at < ms; at += 20) {
    if (gate.isSpeech({ speech, levelDbfs, durationMs: 20 }, speaking)) passed += 20;
  }
  return passed;
}

describe('speech gate', () => {
  it('passes loud frames that the detector calls speech', () => {
    const gate = new SpeechGate();
    passedMs(gate, 500, -100, false);
    expect(passedMs(gate, 500, -20, true)).toBe(500);
  });

  it('removes the hangover of the detector, frames that are no longer loud', () => {
    const gate = new SpeechGate();
    passedMs(gate, 500, -75, false);
    passedMs(gate, 500, -20, true);
    expect(passedMs(gate, 100, -58, true)).toBe(0);
  });

  it('rejects frames below the absolute floor, even after soft speech', () => {
    const gate = new SpeechGate();
    passedMs(gate, 200, -100, false);
    expect(passedMs(gate, 200, -51, true)).toBe(0);
    expect(passedMs(gate, 200, -49, true)).toBe(200);
  });

  it('rejects frames far below the peak of the speech, and fewer as the peak decays', () => {
    const gate = new SpeechGate();
    passedMs(gate, 200, -100, false);
    passedMs(gate, 100, -5, true);
    expect(passedMs(gate, 100, -44, true)).toBe(0);
    passedMs(gate, 2000, -100, false);
    expect(passedMs(gate, 100, -44, true)).toBe(100);
  });

  it('rejects frames just above the noise between speech', () => {
    const gate = new SpeechGate();
    passedMs(gate, 1000, -40, false);
    passedMs(gate, 300, -15, true);
    expect(passedMs(gate, 100, -38, true)).toBe(0);
    expect(passedMs(gate, 100, -30, true)).toBe(100);
  });

  it('limits the first noise estimate, so that speech can exceed it', () => {
    expect(passedMs(new SpeechGate(), 200, -15, true)).toBe(200);
  });

  it('rejects noise at the start of a call that the detector takes for speech', () => {
    expect(passedMs(new SpeechGate(), 100, -45, true)).toBe(0);
  });

  it('extends speech over a loud consonant that the detector misses, up to a limit', () => {
    const gate = new SpeechGate();
    passedMs(gate, 500, -45, false);
    passedMs(gate, 300, -15, true, true);
    expect(passedMs(gate, 80, -30, false, true)).toBe(80);
    passedMs(gate, 300, -15, true, true);
    expect(passedMs(gate, 1000, -30, false, true)).toBe(200);
  });

  it('extends nothing while the caller is not speaking', () => {
    const gate = new SpeechGate();
    passedMs(gate, 500, -60, false);
    passedMs(gate, 20, -20, true, false);
    expect(passedMs(gate, 200, -20, false, false)).toBe(0);
  });

  it('rejects loud steady noise after some seconds, and still passes a voice above it', () => {
    const gate = new SpeechGate();
    passedMs(gate, 4000, -25, true);
    expect(passedMs(gate, 5000, -25, true)).toBe(0);
    expect(passedMs(gate, 200, -10, true)).toBe(200);
  });

  it('applies other limits', () => {
    const gate = new SpeechGate({ floorDbfs: -60, peakSpanDb: 10, noiseMarginDb: 20 });
    passedMs(gate, 500, -75, false);
    expect(passedMs(gate, 100, -56, true)).toBe(0);
    expect(passedMs(gate, 100, -45, true)).toBe(100);
    passedMs(gate, 100, -20, true);
    expect(passedMs(gate, 100, -35, true)).toBe(0);
  });
});
