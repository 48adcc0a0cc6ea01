import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeptAudio } from './kept-audio.js';

describe('kept audio', () => {
  it('returns views of the given bytes', () => {
    const kept = new KeptAudio();
    const bytes = Uint8Array.from([1, 2, 3, 4]);
    kept.append(Uint8Array.from([9]));
    kept.append(bytes);
    const read = kept.read(2, 2);
    expect(read).toEqual(Uint8Array.from([2, 3]));
    expect(read.buffer).toBe(bytes.buffer);
  });

  it('reads nothing outside the kept range', () => {
    const kept = new KeptAudio();
    kept.append(new Uint8Array(10));
    kept.append(new Uint8Array(10));
    kept.dropBefore(15);
    expect([kept.start, kept.end]).toEqual([10, 20]);
    expect(kept.read(9, 5)).toHaveLength(0);
    expect(kept.read(20, 5)).toHaveLength(0);
    kept.dropAll();
    expect([kept.start, kept.end]).toEqual([20, 20]);
  });

  it('returns every byte at its position, however it was appended', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 30 });
    fc.assert(
      fc.property(pieces, fc.nat(300), fc.integer({ min: 1, max: 50 }), (appended, dropped, step) => {
        const kept = new KeptAudio();
        for (const bytes of appended) kept.append(bytes);
        const whole = Buffer.concat(appended);
        kept.dropBefore(dropped);
        expect(kept.start).toBeLessThanOrEqual(Math.max(0, Math.min(dropped, whole.length)));
        const read: Uint8Array[] = [];
        for (let position = kept.start; position < kept.end;) {
          const bytes = kept.read(position, step);
          expect(bytes.length).toBeGreaterThan(0);
          read.push(bytes);
          position += bytes.length;
        }
        expect(Buffer.concat(read)).toEqual(whole.subarray(kept.start));
      }),
    );
  });
});
