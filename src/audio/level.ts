/**
 * Levels of audio in dBFS. 0 dBFS is a full-scale square wave (RMS 32768), so a full-scale sine is at -3 dBFS. These
 * functions run on every frame of every call and allocate nothing.
 */

/** The level of digital silence and the lowest level reported: below the noise of one bit. */
export const silenceDbfs = -100;

const fullScale = 32768;

/** Root mean square of `samples[start..end)` in dBFS, at least {@link silenceDbfs}, also for no samples. */
export function rmsDbfs(samples: Int16Array, start = 0, end = samples.length): number {
  const meanSquare = end > start ? energy(samples, start, end) / (end - start) : 0;
  if (meanSquare === 0) return silenceDbfs;
  return Math.max(silenceDbfs, 10 * Math.log10(meanSquare / (fullScale * fullScale)));
}

/** Largest magnitude in `samples[start..end)`: 0 to 32768. */
export function peak(samples: Int16Array, start = 0, end = samples.length): number {
  let highest = 0;
  for (let i = start; i < end; i++) {
    const sample = samples[i] ?? 0;
    const magnitude = sample < 0 ? -sample : sample;
    if (magnitude > highest) highest = magnitude;
  }
  return highest;
}

/** Whether `samples[start..end)` is at least as loud as `thresholdDbfs`, without a logarithm. */
export function isAudible(
  samples: Int16Array,
  thresholdDbfs: number,
  start = 0,
  end = samples.length,
): boolean {
  const thresholdRms = amplitudeOf(thresholdDbfs);
  return end > start && energy(samples, start, end) >= thresholdRms * thresholdRms * (end - start);
}

/** The RMS in sample units at `dbfs`. */
export function amplitudeOf(dbfs: number): number {
  return fullScale * 10 ** (dbfs / 20);
}

function energy(samples: Int16Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += (samples[i] ?? 0) ** 2;
  return sum;
}
