import { describe, expect, it } from '@jest/globals';
import { AudioBatch, SentAudio } from './live-audio.js';

const lengths = (pieces: readonly Uint8Array[]): number[] => pieces.map(({ length }) => length);

describe('audio that waits for a message', () => {
  // One byte is a millisecond.
  const batch = (): AudioBatch => new AudioBatch({ bytesPerMs: 1, leastMs: 50, mostMs: 1000 });
  const frame = new Uint8Array(20);

  it('is sent as soon as there is enough', () => {
    const audio = batch();
    expect([0, 1, 2, 3].map(() => lengths(audio.push(frame)))).toEqual([[], [], [60], []]);
    expect(audio.flush()).toHaveLength(20);
    expect(audio.flush()).toHaveLength(0);
  });

  it('is cut where there is too much, and what is too short waits', () => {
    const audio = batch();
    expect(lengths(audio.push(new Uint8Array(2030)))).toEqual([1000, 1000]);
    expect(lengths(audio.push(frame))).toEqual([50]);
  });

  it('keeps its order', () => {
    const audio = batch();
    audio.push(Uint8Array.of(1, 2));
    audio.push(Uint8Array.of(3));
    expect([...audio.flush()]).toEqual([1, 2, 3]);
  });

  it('waits longer in silence, until speech begins', () => {
    const audio = batch();
    audio.speechStarted();
    audio.flush();
    expect(lengths(audio.push(new Uint8Array(180)))).toEqual([]);
    expect(lengths(audio.speechStarted())).toEqual([180]);
    audio.flush();
    expect(lengths(audio.push(new Uint8Array(60), true))).toEqual([60]);
    expect(lengths(audio.push(new Uint8Array(200)))).toEqual([200]);
  });
});

describe('sent audio', () => {
  it('tells where the vendor means, though silence was added', () => {
    const sent = new SentAudio(8);
    sent.sent(800);
    sent.padded(240);
    sent.sent(800);
    expect([sent.callerMs, sent.totalMs]).toEqual([200, 230]);
    expect([50, 100, 115, 130, 180, 230, 500].map((ms) => sent.toCallerMs(ms))).toEqual([
      50, 100, 100, 100, 150, 200, 200,
    ]);
  });
});
