/** Twenty turns with every known answer shape of each vendor, and with random shapes, in virtual time. */
import { deepgramMannersChoices } from '../../dist/simulators/deepgram/deepgram-manners.js';
import { elevenLabsTimings } from '../../dist/simulators/elevenlabs/elevenlabs-manners.js';
import { openAiManners } from '../../dist/simulators/openai/openai-manners.js';
import { TestVoices } from '../../dist/drills/virtual-call.js';
import { vendorTurns } from '../../build/harness/vendor-turns.js';
import { progress } from '../measuring/progress.js';

const turns = 20;
const seeds = [1, 2, 3];

/** A name and the manners of one vendor, for every shape. */
function everyShape(quick) {
  const one = (vendor, name, manners, seed) => ({
    name: `${vendor} ${name}`,
    manners: { [vendor]: { manners, seed } },
  });
  const shapes = [
    ...elevenLabsTimings.map((timing) => one('elevenlabs', timing, { timing })),
    ...openAiManners.map((manners) => one('openai', manners, manners)).map(named),
    ...Object.entries(deepgramMannersChoices).flatMap(([choice, values]) =>
      choice === 'forceEndTurn'
        ? []
        : values.slice(1).map((value) => one('deepgram', `${choice} ${value}`, { [choice]: value })),
    ),
  ];
  const drawn = seeds.map((seed) => ({
    name: `all three at random, seed ${seed}`,
    manners: Object.fromEntries(
      ['deepgram', 'openai', 'elevenlabs'].map((vendor) => [vendor, { manners: 'random', seed }]),
    ),
  }));
  return quick ? drawn : [...shapes, ...drawn];
}

/**
 * Adds a reasoning model's name for the shape without an opening tag. hzrelay recognises such models by name; with any other
 * name, the first answer shows the missing tag too late.
 */
function named(shape) {
  if (shape.name !== 'openai closing_tag_alone') return shape;
  return { ...shape, manners: { ...shape.manners, model: 'qwen3-thinking' } };
}

/** Resolves with problems and figures; `quick` runs only random shapes. */
export async function vendorShapes({ quick, silent }) {
  const shapes = everyShape(quick);
  const ways = ['twilio', 'webrtc'];
  const voices = new TestVoices();
  await voices.warmUp();
  const { step } = progress('shapes', shapes.length * ways.length, { silent });
  const problems = [];
  let answered = 0;
  for (const { name, manners } of shapes)
    for (const via of ways) {
      const call = await vendorTurns({ voices, via, turns, ...manners });
      answered += call.turns;
      const told = [...call.troubles, ...call.problems];
      if (call.heard !== call.expected) told.push(`heard "${call.heard}" instead of "${call.expected}"`);
      if (call.turns !== turns) told.push(`${call.turns} of ${turns} turns ended`);
      problems.push(...told.map((problem) => `${name} (${via}): ${problem}`));
      step();
    }
  await voices.close();
  return { problems, figures: { shapes: shapes.length, calls: shapes.length * ways.length, answered } };
}
