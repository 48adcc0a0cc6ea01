import { describe, expect, it } from '@jest/globals';
import { SilentAudio } from './silent-audio.js';

const frame = (value: number): Uint8Array => new Uint8Array(160).fill(value);

describe('audio in silence', () => {
  it('is sent in pieces of 200 ms after a flush', () => {
    const audio = new SilentAudio(8000);
    audio.speechStarted();
    expect(audio.push(frame(1))).toEqual(frame(1));
    audio.flushed();
    const values = Array.from({ length: 11 }, (_, index) => index + 2);
    const sent = values.map((value) => audio.push(frame(value)));
    expect(sent.map((piece) => piece?.length ?? 0)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1600, 0]);
    expect([...(sent[9] ?? [])]).toEqual(values.slice(0, 10).flatMap((value) => [...frame(value)]));
  });

  it('that waits is sent when the caller speaks, and speech at once', () => {
    const audio = new SilentAudio(8000);
    audio.speechStarted();
    audio.flushed();
    audio.push(frame(1));
    audio.push(frame(2));
    audio.speechStarted();
    expect([...(audio.take() ?? [])]).toEqual([...frame(1), ...frame(2)]);
    expect(audio.take()).toBeNull();
    expect(audio.push(frame(3))).toEqual(frame(3));
  });

  it('is sent at once if nobody reports when the caller speaks', () => {
    const audio = new SilentAudio(8000);
    audio.flushed();
    expect(audio.push(frame(1))).toEqual(frame(1));
  });
});
