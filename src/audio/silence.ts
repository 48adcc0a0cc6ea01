/** Finds where sound begins and ends in a piece of audio: synthetic speech has near-silence on both sides. */
import { amplitudeOf, isAudible } from './level.js';

/** Level is measured over windows of this length, so a click of one or two samples is not sound. */
const windowMs = 5;

/**
 * Index of the first audible sample: the first to reach `thresholdDbfs` in the first 5 ms window whose RMS does;
 * `samples.length` if nothing is audible.
 */
export function audibleStart(samples: Int16Array, sampleRateHz: number, thresholdDbfs = -50): number {
  const windowSamples = windowLength(sampleRateHz);
  const threshold = amplitudeOf(thresholdDbfs);
  for (let start = 0; start < samples.length; start += windowSamples) {
    const end = Math.min(start + windowSamples, samples.length);
    if (!isAudible(samples, thresholdDbfs, start, end)) continue;
    let first = start;
    while (first < end - 1 && Math.abs(samples[first] ?? 0) < threshold) first++;
    return first;
  }
  return samples.length;
}

/**
 * Index after the last audible sample, by the same windows as {@link audibleStart}; 0 if nothing is audible. So
 * `samples.subarray(audibleStart(…), audibleEnd(…))` is the sound alone.
 */
export function audibleEnd(samples: Int16Array, sampleRateHz: number, thresholdDbfs = -50): number {
  const windowSamples = windowLength(sampleRateHz);
  const threshold = amplitudeOf(thresholdDbfs);
  const lastWindow = Math.ceil(samples.length / windowSamples) - 1;
  for (let start = lastWindow * windowSamples; start >= 0; start -= windowSamples) {
    const end = Math.min(start + windowSamples, samples.length);
    if (!isAudible(samples, thresholdDbfs, start, end)) continue;
    let last = end - 1;
    while (last > start && Math.abs(samples[last] ?? 0) < threshold) last--;
    return last + 1;
  }
  return 0;
}

function windowLength(sampleRateHz: number): number {
  return Math.max(1, Math.round((sampleRateHz * windowMs) / 1000));
}
