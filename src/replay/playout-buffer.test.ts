import { describe, expect, it } from '@jest/globals';
import { PlayoutBuffer } from './playout-buffer.js';

describe('the playout queue of the far end', () => {
  it('plays at once when it is empty, and in order without gaps when it is not', () => {
    const buffer = new PlayoutBuffer(10_000);
    expect(buffer.push(800, 37)).toBe(37);
    expect(buffer.push(800, 100)).toBe(837);
    expect(buffer.queuedSamples(137)).toBe(1500);
    expect(buffer.heardSamples(137)).toBe(100);
    expect(buffer.push(10, 5000)).toBe(5000);
  });

  it('sends a mark back at once when nothing plays, else when everything before it was played', () => {
    const buffer = new PlayoutBuffer(10_000);
    expect(buffer.mark('a', 5)).toBe(true);
    buffer.push(100, 10);
    expect(buffer.mark('b', 10)).toBe(false);
    expect(buffer.mark('c', 10)).toBe(false);
    expect(buffer.nextMarkSamples).toBe(110);
    expect(buffer.takeDue(109)).toEqual([]);
    expect(buffer.takeDue(110)).toEqual(['b', 'c']);
    expect(buffer.takeDue(110)).toEqual([]);
  });

  it('keeps the order of marks even when one is due and not sent back yet', () => {
    const buffer = new PlayoutBuffer(10_000);
    buffer.push(100, 0);
    buffer.mark('a', 0);
    expect(buffer.mark('b', 200)).toBe(false);
    expect(buffer.takeDue(200)).toEqual(['a', 'b']);
  });

  it('falls silent at a clear and sends all marks back', () => {
    const buffer = new PlayoutBuffer(10_000);
    buffer.push(100, 0);
    buffer.mark('a', 0);
    buffer.push(100, 0);
    buffer.mark('b', 0);
    expect(buffer.clear(50)).toEqual(['a', 'b']);
    expect(buffer.heardSamples(1000)).toBe(50);
    expect(buffer.queuedSamples(50)).toBe(0);
    expect(buffer.mark('c', 50)).toBe(true);
  });

  it('takes no more than it can hold', () => {
    const buffer = new PlayoutBuffer(100);
    expect(buffer.push(80, 0)).toBe(0);
    expect(buffer.push(21, 0)).toBeNull();
    expect(buffer.push(21, 1)).toBe(80);
  });
});
