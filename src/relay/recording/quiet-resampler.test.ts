import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createResampler, type Resampler } from '../../audio/resampler.js';
import { createQuietResampler } from './quiet-resampler.js';

function convert(resampler: Resampler, pieces: readonly Int16Array[]): number[] {
  const converted = pieces.flatMap((piece) => [...resampler.push(piece)]);
  return [...converted, ...resampler.flush()];
}

it('a resampler that skips silence gives the same samples as one that does not', async () => {
  const piece = fc
    .tuple(fc.boolean(), fc.constantFrom(30, 1200, 2400, 2401))
    .map(([isSilent, length]) =>
      Int16Array.from({ length }, (_, i) => (isSilent ? 0 : Math.round(9000 * Math.sin(i * i * 1e-4)))),
    );
  for (const rates of [
    { fromHz: 24_000, toHz: 16_000 },
    { fromHz: 8000, toHz: 16_000 },
    { fromHz: 16_000, toHz: 16_000 },
  ]) {
    const plain = await createResampler(rates);
    const quiet = await createQuietResampler(rates);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        expect(convert(quiet, pieces)).toEqual(convert(plain, pieces));
      }),
      { numRuns: 20 },
    );
    plain.close();
    quiet.close();
  }
});
