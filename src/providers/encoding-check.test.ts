import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { drawn, runs } from '../../test/harness/thorough.js';
import { encodeMulaw } from '../audio/g711.js';
import { readWav } from '../audio/wav.js';
import { noise } from '../simulators/caller-speech.js';
import { toneVoice } from '../simulators/simulated-voice.js';
import { EncodingCheck } from './encoding-check.js';

type Encoding = 'mulaw' | 'linear16';

const folder = 'fixtures/audio';

function encode(samples: Int16Array, encoding: Encoding): Uint8Array {
  if (encoding === 'mulaw') return encodeMulaw(samples);
  return new Uint8Array(Int16Array.from(samples).buffer);
}

/** Position of the piece that is refused, in milliseconds of the audio; null where all of it is taken. */
function refusedAtMs(
  samples: Int16Array,
  {
    sampleRateHz,
    as,
    declared,
    pieceMs,
  }: { sampleRateHz: number; as: Encoding; declared: Encoding; pieceMs: number },
): number | null {
  const check = new EncodingCheck(declared);
  const perPiece = (sampleRateHz * pieceMs) / 1000;
  for (let start = 0; start < samples.length; start += perPiece)
    if (!check.accepts(encode(samples.subarray(start, start + perPiece), as)))
      return (start / sampleRateHz) * 1000;
  return null;
}

/** As loud as can be without clipping. */
function loud(samples: Int16Array): Int16Array {
  const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 1);
  return samples.map((sample) => (sample * 32_000) / peak);
}

async function recordings(
  which: (name: string) => boolean,
  count: number,
): Promise<{ name: string; samples: Int16Array; sampleRateHz: number }[]> {
  const all = (await readdir(folder)).filter((name) => name.endsWith('.wav') && which(name));
  expect(all.length).toBeGreaterThan(10);
  const names = drawn(all, count);
  return Promise.all(names.map(async (name) => ({ name, ...readWav(await readFile(`${folder}/${name}`)) })));
}

describe('healthy audio', () => {
  it.each([20, 60, 240])('is taken whatever was said, quiet or loud, in pieces of %i ms', async (pieceMs) => {
    const refused = (await recordings(() => true, 12)).flatMap(({ name, samples, sampleRateHz }) =>
      [samples, loud(samples)]
        .flatMap((voice) =>
          (['mulaw', 'linear16'] as const).filter(
            (as) => refusedAtMs(voice, { sampleRateHz, as, declared: as, pieceMs }) !== null,
          ),
        )
        .map((as) => `${name} as ${as}`),
    );
    expect(refused).toEqual([]);
  });

  it('is taken from the simulator, at every rate', () => {
    for (const sampleRateHz of [8000, 16_000, 24_000]) {
      const { samples } = toneVoice('Sure, I can book that. What day works for you?', sampleRateHz);
      for (const as of ['mulaw', 'linear16'] as const)
        expect(refusedAtMs(samples, { sampleRateHz, as, declared: as, pieceMs: 240 })).toBeNull();
    }
  });

  it('may be hiss, silence or a pure tone', () => {
    const tone = fc.record({
      hz: fc.integer({ min: 50, max: 3999 }),
      amplitude: fc.integer({ min: 0, max: 32_000 }),
      hiss: fc.integer({ min: 0, max: 700 }),
      as: fc.constantFrom('mulaw' as const, 'linear16' as const),
    });
    fc.assert(
      fc.property(tone, ({ hz, amplitude, hiss, as }) => {
        const samples = noise(4000, hiss).map(
          (sample, index) => sample + amplitude * Math.sin((2 * Math.PI * hz * index) / 8000),
        );
        const setting = { sampleRateHz: 8000, as, declared: as, pieceMs: 100 };
        expect(refusedAtMs(samples, setting)).toBeNull();
      }),
      { numRuns: runs(100) },
    );
  });
});

describe('misread audio', () => {
  it.each([8000, 16_000, 24_000])(
    'is refused with its first piece where it is PCM at %i Hz',
    (sampleRateHz) => {
      const { samples } = toneVoice('Which day suits you?', sampleRateHz);
      const setting = { sampleRateHz, as: 'linear16', declared: 'mulaw', pieceMs: 240 } as const;
      expect(refusedAtMs(samples, setting)).toBe(0);
    },
  );

  it.each([
    ['linear16', 'mulaw'],
    ['mulaw', 'linear16'],
  ] as const)('is refused as soon as speech begins if it is %s, not %s', async (as, declared) => {
    const spoken = await recordings((name) => /appointment|friday|please|monday/.test(name), 6);
    for (const { samples, sampleRateHz } of spoken) {
      const atMs = refusedAtMs(samples, { sampleRateHz, as, declared, pieceMs: 20 });
      const speechMs = (samples.findIndex((sample) => Math.abs(sample) > 1500) / sampleRateHz) * 1000;
      expect(atMs).not.toBeNull();
      expect(atMs).toBeLessThan(speechMs + 100);
    }
  });

  it('is told from healthy audio wherever the pieces are cut', () => {
    const { samples } = toneVoice('Which day suits you?', 24_000);
    const bytes = encode(samples, 'linear16');
    const cuts = fc.array(fc.integer({ min: 100, max: 999 }), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(cuts, (lengths) => {
        const healthy = new EncodingCheck('linear16');
        const misread = new EncodingCheck('mulaw');
        let start = 0;
        let refused = false;
        for (const length of lengths) {
          const piece = bytes.subarray(start, (start += length));
          expect(healthy.accepts(piece)).toBe(true);
          refused ||= !misread.accepts(piece);
        }
        expect(refused).toBe(true);
      }),
      { numRuns: runs(100) },
    );
  });
});
