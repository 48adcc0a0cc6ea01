/**
 * Every fault drill, by phone and from a browser, with every vendor, and the recogniser's connection cut at every tenth of a
 * sentence, in virtual time: no call may lose a word.
 */
import { drills } from '../../dist/drills/drills.js';
import { runDrills } from '../../dist/drills/run-drills.js';
import { defaultVendors } from '../../dist/drills/vendors.js';
import { simulatorsOf } from '../../dist/simulators/vendor-simulators.js';
import { callerRatesHz } from '../../dist/replay/replay-call.js';
import { progress } from '../measuring/progress.js';
import { spread } from '../measuring/figures.js';
import { recordings } from './recordings.js';
import { heldResources, leftSince } from './resources.js';

const transports = Object.keys(callerRatesHz);
const sentences = ['book-my-appointment', 'phone-number', 'pause-400ms'];
const moments = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 1];

/** Resolves with problems and figures; `quick` cuts only one sentence, by phone. */
export async function faultDrills({ quick, silent }) {
  const before = heldResources();
  const cut = drills.find(({ name }) => name === 'stt-drop-mid-utterance');
  const cuts = moments.map((at) => ({
    ...cut,
    name: `${cut.name} (${at * 100} %)`,
    fault: { ...cut.fault, at },
  }));
  const rounds = [
    { sentence: sentences[0], chosen: drills, ways: transports },
    ...sentences
      .slice(0, quick ? 1 : undefined)
      .map((sentence) => ({ sentence, chosen: cuts, ways: quick ? ['twilio'] : transports })),
    ...(quick ? [] : vendorRounds()),
  ];
  const total = rounds.reduce((sum, { chosen, ways }) => sum + chosen.length * ways.length, 0);
  const { step } = progress('drills', total, { silent });
  const results = [];
  const problems = [];
  for (const { sentence, chosen, ways, vendors = defaultVendors } of rounds) {
    const said = new Map();
    for (const via of ways) said.set(via, await recordings([sentence], via));
    for await (const result of runDrills({ drills: chosen, recordings: said, vendors })) {
      results.push(result);
      problems.push(
        ...result.problems.map(
          (problem) =>
            `${result.drill}, ${Object.values(vendors).join(', ')}, ${sentence} (${result.via}): ${problem}`,
        ),
      );
      step();
    }
  }
  const left = await leftSince(before);
  if (left) problems.push(`after the drills there are still ${left}`);
  const figures = {
    drills: results.length,
    passed: results.filter(({ passed }) => passed).length,
    recovery: spread(results.flatMap(({ recoveryMs }) => recoveryMs ?? [])),
  };
  return { problems, figures };
}

/** The drills of a kind with each vendor of that kind but the usual one, whose rounds come first. */
function vendorRounds() {
  return ['stt', 'llm', 'tts'].flatMap((kind) =>
    simulatorsOf(kind)
      .filter(({ name }) => name !== defaultVendors[kind])
      .map(({ name }) => ({
        sentence: sentences[0],
        chosen: drills.filter((drill) => drill.kind === kind),
        ways: transports,
        vendors: { ...defaultVendors, [kind]: name },
      })),
  );
}
