/**
 * How much of a large set of cases one run covers. `npm test` draws cases from it, spread over the whole set and the same in
 * every run; `npm run soak -- --only tests` runs all of them.
 */
import fc from 'fast-check';

/** Whether this run covers every case. */
export const isThorough = process.env.HZRELAY_TEST === 'thorough';

/** Decides what is drawn, all through a file: that of the properties, or any if it is to be random. */
const seed = fc.readConfigureGlobal().seed ?? Date.now();

/**
 * `count` of the cases, in their order: one from each of `count` equal stretches, so that neighbours, which differ least,
 * are not drawn together. All of them if this run is thorough.
 */
export function drawn<T>(cases: readonly T[], count: number): readonly T[] {
  if (isThorough || cases.length <= count) return cases;
  const next = randomFrom(seed);
  const stretch = cases.length / count;
  return Array.from({ length: count }, (_, index) => {
    const neighbours = cases.slice(Math.floor(index * stretch), Math.floor((index + 1) * stretch));
    return neighbours.splice(next() % neighbours.length, 1);
  }).flat();
}

/** How often to run a property that needs `thoroughRuns` to be sure: a tenth of it, but at least 20 times. */
export function runs(thoroughRuns: number): number {
  return isThorough ? thoroughRuns : Math.min(thoroughRuns, Math.max(20, Math.round(thoroughRuns / 10)));
}

/** Whole numbers below 2^31 (the Lehmer generator of the C++ standard, `minstd_rand`). */
function randomFrom(seed: number): () => number {
  let state = (Math.abs(Math.trunc(seed)) % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
}
