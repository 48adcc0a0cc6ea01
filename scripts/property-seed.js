// Property tests draw the same cases every time, so that a run of `npm test` says something about the change and not
// about luck. HZRELAY_PROPERTY_SEED chooses other cases: a number, or `random`.
import fc from 'fast-check';

const wanted = process.env.HZRELAY_PROPERTY_SEED ?? '20261122';
if (wanted !== 'random') {
  const seed = Number(wanted);
  if (!Number.isInteger(seed)) {
    throw new Error(`HZRELAY_PROPERTY_SEED is "${wanted}": give a whole number, or "random".`);
  }
  fc.configureGlobal({ seed });
}
