import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createResampler, type Resampler, type ResamplerOptions } from './resampler.js';

const amplitude = 16000;

function sine(hz: number, rateHz: number, samples: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  );
}

function framesOf(samples: Int16Array, length: number): Int16Array[] {
  const frames: Int16Array[] = [];
  for (let at = 0; at < samples.length; at += length) frames.push(samples.subarray(at, at + length));
  return frames;
}

function stream(resampler: Resampler, frames: readonly Int16Array[]): Int16Array {
  const parts = frames.map((frame) => resampler.push(frame));
  parts.push(resampler.flush());
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

async function resample(options: ResamplerOptions, frames: readonly Int16Array[]): Promise<Int16Array> {
  const resampler = await createResampler(options);
  const result = stream(resampler, frames);
  resampler.close();
  return result;
}

/** Gives the power at a frequency in the middle of `samples` under a Hann window, in dB relative to the test sine. */
function spectrumOf(samples: Int16Array, rateHz: number): (hz: number) => number {
  const from = Math.floor(samples.length * 0.05);
  const length = Math.floor(samples.length * 0.9);
  const windowed = Float64Array.from(
    { length },
    (_, i) => (samples[from + i] ?? 0) * (1 - Math.cos((2 * Math.PI * i) / length)),
  );
  return (hz) => {
    // The Goertzel algorithm: one cosine for all samples.
    const turn = 2 * Math.cos((2 * Math.PI * hz) / rateHz);
    let last = 0;
    let beforeLast = 0;
    for (let i = 0; i < length; i++) {
      const next = (windowed[i] ?? 0) + turn * last - beforeLast;
      beforeLast = last;
      last = next;
    }
    const power = last ** 2 + beforeLast ** 2 - turn * last * beforeLast;
    return 20 * Math.log10((2 * Math.sqrt(Math.max(0, power))) / length / amplitude);
  };
}

const phoneRates: readonly ResamplerOptions[] = [
  { fromHz: 8000, toHz: 16000 },
  { fromHz: 16000, toHz: 8000 },
  { fromHz: 48000, toHz: 8000 },
  { fromHz: 44100, toHz: 8000 },
  { fromHz: 24000, toHz: 8000 },
  { fromHz: 16000, toHz: 24000 },
];

describe.each(phoneRates)('resampler from $fromHz to $toHz Hz in 20 ms frames', ({ fromHz, toHz }) => {
  const input = sine(1000, fromHz, fromHz);
  const frames = framesOf(input, fromHz / 50);

  it('gives the ideal sine, aligned in time, with a signal-to-noise ratio above 75 dB', async () => {
    const output = await resample({ fromHz, toHz }, frames);
    let signal = 0;
    let noise = 0;
    for (let i = Math.floor(toHz * 0.05); i < toHz * 0.95; i++) {
      const ideal = amplitude * Math.sin((2 * Math.PI * 1000 * i) / toHz);
      signal += ideal ** 2;
      noise += ((output[i] ?? 0) - ideal) ** 2;
    }
    expect(10 * Math.log10(signal / noise)).toBeGreaterThan(75);
  });

  it('has no lines in its spectrum at multiples of the frame rate', async () => {
    const output = await resample({ fromHz, toHz }, frames);
    const toneDb = spectrumOf(output, toHz);
    expect(toneDb(1000)).toBeCloseTo(0, 1);
    for (let hz = 50; hz < 4000; hz += 50) {
      if (Math.abs(hz - 1000) > 10) expect(toneDb(hz)).toBeLessThan(-90);
    }
  });

  it('gives the same samples for any frame sizes', async () => {
    const oneShot = await resample({ fromHz, toHz }, [input]);
    expect(await resample({ fromHz, toHz }, frames)).toEqual(oneShot);
    expect(await resample({ fromHz, toHz }, framesOf(input, 37))).toEqual(oneShot);
  });

  it('keeps the length', async () => {
    const resampler = await createResampler({ fromHz, toHz });
    for (const length of [0, 1, 2, 159, 160, 1024, 1025, 5000]) {
      expect(stream(resampler, [new Int16Array(length)])).toHaveLength(Math.round((length * toHz) / fromHz));
    }
    resampler.close();
  });

  it('lags by less than 6 ms at the lower rate', async () => {
    const resampler = await createResampler({ fromHz, toHz });
    const ready = frames.slice(0, 5).reduce((sum, frame) => sum + resampler.push(frame).length, 0);
    const missingMs = 100 - (ready / toHz) * 1000;
    expect(missingMs).toBeLessThan((47 / Math.min(fromHz, toHz)) * 1000 + 0.5);
    resampler.close();
  });
});

describe('resampler', () => {
  it('removes a tone beyond the new Nyquist rate instead of folding it back', async () => {
    const output = await resample({ fromHz: 16000, toHz: 8000 }, framesOf(sine(6000, 16000, 16000), 320));
    const loudest = output.subarray(400, 7600).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    expect(loudest).toBeLessThanOrEqual(1);
  });

  it('keeps the telephone band up to 3.4 kHz', async () => {
    const output = await resample({ fromHz: 16000, toHz: 8000 }, framesOf(sine(3400, 16000, 16000), 320));
    expect(spectrumOf(output, 8000)(3400)).toBeGreaterThan(-0.2);
  });

  it('clamps overshoot instead of wrapping it', async () => {
    const square = Int16Array.from({ length: 8000 }, (_, i) => (i % 16 < 8 ? 32767 : -32768));
    const output = await resample({ fromHz: 8000, toHz: 16000 }, framesOf(square, 160));
    const jumps = output.reduce(
      (most, sample, i) => (i === 0 ? 0 : Math.max(most, Math.abs(sample - (output[i - 1] ?? 0)))),
      0,
    );
    expect(Math.max(...output)).toBe(32767);
    expect(Math.min(...output)).toBe(-32768);
    expect(jumps).toBeLessThan(45000);
  });

  it('starts a new stream after a flush', async () => {
    const resampler = await createResampler({ fromHz: 16000, toHz: 8000 });
    const first = stream(resampler, framesOf(sine(500, 16000, 3200), 320));
    stream(resampler, [sine(3000, 16000, 777)]);
    expect(stream(resampler, framesOf(sine(500, 16000, 3200), 320))).toEqual(first);
    resampler.close();
  });

  it('is not affected by an earlier one at other rates', async () => {
    const input = framesOf(sine(700, 16000, 3200), 320);
    const expected = await resample({ fromHz: 16000, toHz: 8000 }, input);
    await resample({ fromHz: 44100, toHz: 24000 }, [sine(2000, 44100, 1000)]);
    const abandoned = await createResampler({ fromHz: 24000, toHz: 8000 });
    abandoned.push(sine(300, 24000, 500));
    abandoned.close();
    expect(await resample({ fromHz: 16000, toHz: 8000 }, input)).toEqual(expected);
  });

  it('keeps two streams apart', async () => {
    const [one, other] = await Promise.all([
      createResampler({ fromHz: 16000, toHz: 8000 }),
      createResampler({ fromHz: 16000, toHz: 8000 }),
    ]);
    const tone = sine(700, 16000, 640);
    const alone = await resample({ fromHz: 16000, toHz: 8000 }, [tone]);
    const parts = framesOf(tone, 320).map((frame) => {
      other.push(sine(90, 16000, 123));
      return one.push(frame);
    });
    parts.push(one.flush());
    expect(Int16Array.from(parts.flatMap((part) => [...part]))).toEqual(alone);
    one.close();
    other.close();
  });

  it('passes equal rates through', async () => {
    const samples = sine(100, 8000, 50);
    expect(await resample({ fromHz: 8000, toHz: 8000 }, [samples])).toEqual(samples);
  });

  it('rejects impossible rates', async () => {
    await expect(createResampler({ fromHz: 0, toHz: 8000 })).rejects.toThrow(RangeError);
    await expect(createResampler({ fromHz: 8000.5, toHz: 8000 })).rejects.toThrow(/8000.5 Hz/);
    await expect(createResampler({ fromHz: 192_000, toHz: 700 })).rejects.toThrow(/too far apart/);
  });

  it('can be closed twice, and throws after that', async () => {
    const resampler = await createResampler({ fromHz: 16000, toHz: 8000 });
    resampler.close();
    resampler.close();
    expect(() => resampler.push(new Int16Array(10))).toThrow('closed');
  });

  it('gives the same samples for any frame sizes, at any rates', async () => {
    const rate = fc.constantFrom(8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000);
    await fc.assert(
      fc.asyncProperty(
        rate,
        rate,
        fc.array(fc.int16Array({ maxLength: 700 }), { maxLength: 6 }),
        async (fromHz, toHz, pieces) => {
          const whole = Int16Array.from(pieces.flatMap((piece) => [...piece]));
          const output = await resample({ fromHz, toHz }, pieces);
          expect(output).toEqual(await resample({ fromHz, toHz }, [whole]));
          expect(output).toHaveLength(Math.round((whole.length * toHz) / fromHz));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('runs in a worker thread', async () => {
    const program = `
      import { parentPort } from 'node:worker_threads';
      import { createResampler } from '${new URL('../../dist/audio/resampler.js', import.meta.url).href}';
      const resampler = await createResampler({ fromHz: 16000, toHz: 8000 });
      const first = resampler.push(new Int16Array(320)).length;
      parentPort.postMessage([first, first + resampler.flush().length]);
    `;
    const worker = new Worker(program, { eval: true, execArgv: ['--input-type=module'] });
    const [message] = (await once(worker, 'message')) as [unknown];
    await worker.terminate();
    expect(message).toEqual([114, 160]);
  });
});
