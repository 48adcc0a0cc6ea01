/**
 * How alike two sounds are, 0 to 1: the correlation of their loudness in steps of 20 ms, at the best shift of up to 600 ms.
 * A browser stretches audio by some milliseconds when packets are late, which a recogniser may not forgive and a listener
 * does not notice. The same sentence in the same voice gives more than 0.95; other sentences give less than 0.7.
 */
export function likeness(heard: Int16Array, expected: Int16Array, sampleRateHz: number): number {
  const [one, other] = [loudness(heard, sampleRateHz / 50), loudness(expected, sampleRateHz / 50)];
  let best = 0;
  for (let shift = 0; shift < 30; shift++)
    best = Math.max(best, correlation(one.slice(shift), other), correlation(one, other.slice(shift)));
  return best;
}

/** The logarithm of the power of each block; silence counts as a little noise. */
function loudness(samples: Int16Array, block: number): number[] {
  return Array.from({ length: Math.floor(samples.length / block) }, (_, index) => {
    const power = samples
      .subarray(index * block, (index + 1) * block)
      .reduce((sum, sample) => sum + sample ** 2, 0);
    return Math.log10(power / block + 100);
  });
}

function correlation(one: readonly number[], other: readonly number[]): number {
  const length = Math.min(one.length, other.length);
  const [a, b] = [centred(one.slice(0, length)), centred(other.slice(0, length))];
  const product = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
