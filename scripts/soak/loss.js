/**
 * The desk's sentences from browsers on bad networks, in virtual time: packets are lost at random, and delayed by up to 60 ms,
 * so that they overtake one another. Every call must survive, and 5 % loss must not change a word that is recognised on a
 * good network.
 */
import { callerRatesHz } from '../../dist/replay/replay-call.js';
import { VirtualRelay } from '../../dist/drills/virtual-call.js';
import { progress } from '../measuring/progress.js';
import { brokenPromises, transcriptsOf } from './call-problems.js';
import { desk } from './desk.js';
import { manifest, recordingOf } from './recordings.js';
import { warmVoices } from './warm-voices.js';

const callsAtOnce = 8;
const jitterMs = 60;
/** Steps shorter than a frame, because jitter is. */
const stepMs = 5;
const goodNetwork = { name: 'good network', network: {} };
const networks = [
  goodNetwork,
  ...[0.05, 0.1, 0.2].map((lossShare) => ({
    name: `${lossShare * 100} % loss`,
    network: { lossShare, jitterMs },
    mustBeExact: lossShare <= 0.05,
  })),
];

const sentences = manifest.filter(({ file, kind }) => kind === 'utterance' && !file.includes('/voices/'));

/** Resolves with problems and figures; `limit` takes only the first sentences. */
export async function badNetworks({ limit = sentences.length, silent }) {
  const said = sentences.slice(0, limit);
  const voices = await warmVoices();
  const { step } = progress('bad networks', networks.length * said.length, { silent });
  const problems = [];
  const figures = { sentences: said.length, exact: {} };
  let clear = [];
  for (const { name, network, mustBeExact = false } of networks) {
    const at = await VirtualRelay.start(voices, desk);
    at.stepMs = stepMs;
    const heard = [];
    for (let first = 0; first < said.length; first += callsAtOnce) {
      const calls = said.slice(first, first + callsAtOnce).map(async ({ file, text }, index) => {
        const recordings = [await recordingOf(file, callerRatesHz.webrtc)];
        const seed = first + index + 1;
        const { events } = await at.call({ via: 'webrtc', recordings, network: { ...network, seed } });
        problems.push(...brokenPromises(events).map((problem) => `${name}: ${file}: ${problem}`));
        if (transcriptsOf(events).join(' / ') === text) heard.push(file);
        step();
      });
      await at.run(Promise.all(calls));
      at.events.length = 0;
    }
    await at.close();
    if (name === goodNetwork.name) clear = heard;
    if (mustBeExact)
      for (const file of clear.filter((one) => !heard.includes(one)))
        problems.push(`${name}: ${file} is not recognised word for word, but is on a good network`);
    figures.exact[name] = heard.length;
  }
  await voices.close();
  return { problems, figures };
}
