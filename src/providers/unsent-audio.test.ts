import { describe, expect, it } from '@jest/globals';
import { UnsentAudio } from './unsent-audio.js';

describe('audio that waits for the connection', () => {
  const [one, two, three] = [Uint8Array.of(1, 1), Uint8Array.of(2, 2), Uint8Array.of(3, 3)];

  it('is handed over once, in order, with the flushes between', () => {
    const unsent = new UnsentAudio(100);
    for (const item of [one, 'flush', two] as const) unsent.push(item);
    expect(unsent.take()).toEqual([one, 'flush', two]);
    expect(unsent.take()).toEqual([]);
  });

  it('pushes out the oldest audio when it becomes too much, but never a flush', () => {
    const unsent = new UnsentAudio(4);
    for (const item of ['flush', one, 'flush', two, three] as const) unsent.push(item);
    expect(unsent.take()).toEqual(['flush', 'flush', two, three]);
  });
});
