// Property tests draw the same cases in every run, so that a failure of `npm test` comes from a change and not from chance.
// HZRELAY_PROPERTY_SEED selects other cases: a number, or `random`.
import fc from 'fast-check';

const wanted = process.env.HZRELAY_PROPERTY_SEED ?? '20261122';
if (wanted !== 'random') {
  const seed = Number(wanted);
  if (!Number.isInteger(seed)) {
    throw new Error(`HZRELAY_PROPERTY_SEED is "${wanted}". Set a whole number or "random".`);
  }
  fc.configureGlobal({ seed });
}
