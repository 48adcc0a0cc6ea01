/**
 * Mouth to ear on the phone with cloud providers: real SDKs and sockets, and simulated clouds with fixed latencies, beside
 * the smallest relay that one could write.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { DeepgramSimulator } from '../../dist/simulators/deepgram/deepgram-simulator.js';
import { hearingInTurn } from '../../dist/simulators/simulated-hearing.js';
import { startElevenLabsSimulator } from '../../dist/simulators/elevenlabs/elevenlabs-simulator.js';
import { startOpenAiSimulator } from '../../dist/simulators/openai/openai-simulator.js';
import { spread } from '../measuring/figures.js';
import { progress } from '../measuring/progress.js';
import { answersIn, holdCall } from './phone-call.js';
import { startRelayProcess } from './relay-child.js';
import { distribution, single } from './section.js';

/** Latencies in milliseconds: last speech to final transcript, request to first token, text to first audio. */
const stages = { finalMs: 298, firstTokenMs: 370, firstAudioMs: 75 };
const sumMs = stages.finalMs + stages.firstTokenMs + stages.firstAudioMs;
const tokenMs = 12;
/** Targets of the median, measured at the phone, if the answer begins with a short sentence. */
const targetMs = { speculating: 560, waiting: 755 };
/** Targets of the cost of a call, at 30 calls. */
const targetCost = { cpuPercent: 0.45, memoryMb: 1.2 };

const says = ['book-my-appointment', 'on-monday', 'at-ten-thirty', 'yes-please', 'opening-hours'];
/** Answers of agents that are told to be quick: they begin with a short sentence. */
const quickAnswers = [
  'Of course. I have Monday at ten or Thursday at two. Which one would you like?',
  'Certainly. Monday is still open in the morning and after three.',
  'Good. Half past ten it is, then. Shall I write that down for you?',
  'All done. You will get a text message the day before.',
  'Sure! We are open from nine to five, and on Saturdays until noon.',
];
/** Answers of models without such instructions: the first clause takes a while. */
const longAnswers = [
  'I can offer you an appointment on Monday at ten in the morning, or on Thursday at two.',
  'On Monday the clinic is open in the morning, and after three in the afternoon as well.',
  'Half past ten on Monday works for us, and I can write that down for you right away.',
  'Your appointment is booked for Monday at half past ten, and a text message will follow.',
  'The clinic is open from nine to five on weekdays, and on Saturdays it closes at noon.',
];

/** Each relay, and what it is measured with. */
const variants = [
  { name: 'smallest relay', file: './smallest-relay-process.js', lastWord: 'in_time' },
  {
    name: 'hzrelay, without speculation',
    speculates: false,
    lastWord: 'in_time',
    targetP50: targetMs.waiting,
  },
  { name: 'hzrelay', lastWord: 'in_time', targetP50: targetMs.speculating },
  { name: 'hzrelay, the answer begins with a long sentence', lastWord: 'in_time', texts: longAnswers },
  { name: 'hzrelay, no interim result has the last word', lastWord: 'at_end' },
];

/** The relay as it is used, whose cost has a target. */
const [, , costly] = variants;

/** The same calls, this many at once, with each relay. */
export async function cloud({ counts, silent }) {
  const calls = counts.reduce((sum, count) => sum + count, 0);
  const { step } = progress('calls', variants.length * calls, { silent });
  const figures = [];
  const problems = [];
  for (const variant of variants) {
    const { name, targetP50 } = variant;
    const relay = await startVariant(variant);
    for (const count of counts) {
      const held = await relay.hold(count, step);
      const cost = variant === costly && count >= 30 ? targetCost : {};
      figures.push(
        distribution(`${name}, ${count} at once`, 'ms', held.earsMs, { targetP50 }),
        single('  each call', '% of a core', held.cpuPercent, { most: cost.cpuPercent }),
      );
      if (count > 1) figures.push(single('  each call', 'MB', held.memoryMb, { most: cost.memoryMb }));
      if (held.wastePercent !== null)
        figures.push(single('  tokens for nothing', '% of all', held.wastePercent));
      problems.push(...held.problems.map((problem) => `${name}, ${count} at once: ${problem}`));
    }
    problems.push(...(await relay.close()).map((problem) => `${name}: ${problem}`));
  }
  return {
    title: `Mouth to ear at the phone, with providers that take ${stages.finalMs} + ${stages.firstTokenMs} + ${stages.firstAudioMs} = ${sumMs} ms, a token every ${tokenMs} ms`,
    figures,
    problems,
  };
}

/** Target of the median's increase with a recogniser that sends nothing in silence. */
const targetDifferenceMs = 10;

/** The same calls in parallel with a recogniser that sends results each second, and one that is quiet; `turns` of each kind. */
export async function cadence({ turns, silent }) {
  const { step } = progress('turns', 2 * turns, { silent });
  const [chatty, quiet] = await Promise.all(
    ['chatty', 'quiet'].map((kind) => answersOf(quickAnswers, turns, step, { cadence: kind })),
  );
  const totals = ({ answers }) => answers.map((answer) => answer.mouth_to_ear_ms);
  const differenceMs = spread(totals(quiet)).p50 - spread(totals(chatty)).p50;
  return {
    title:
      'Mouth to ear with a recogniser that sends results each second, and with one that sends nothing in silence',
    figures: [
      distribution('chatty: mouth→ear', 'ms', totals(chatty)),
      distribution('quiet: mouth→ear', 'ms', totals(quiet)),
      single('quiet − chatty, p50', 'ms', differenceMs, { most: targetDifferenceMs }),
      single('connections to the quiet recogniser, per call', '', quiet.connectionsPerCall, { most: 1 }),
    ],
    problems: [...chatty.problems, ...quiet.problems],
  };
}

/** Holds `turns` turns, answered with these texts in rotation; `manners` are the recogniser's. */
async function answersOf(texts, turns, step, manners = {}) {
  const clouds = await startClouds(texts, { manners });
  const relay = await startRelayProcess('./cloud-relay-process.js', clouds.env);
  const callSids = [];
  let unanswered = 0;
  for (let said = 0; said < turns; said += says.length) {
    const call = await holdCall(relay.url, says.slice(0, turns - said), { behaviour });
    callSids.push(call.callSid);
    unanswered += call.turns.filter(({ answered }) => !answered).length;
    call.turns.forEach(() => step());
  }
  const answers = await answersIn(relay.url, callSids);
  await relay.close();
  const problems = await clouds.close();
  if (unanswered > 0) problems.push(`${unanswered} of ${turns} turns got no answer`);
  const estimated = answers.filter(({ ear }) => ear !== 'measured').length;
  if (estimated > 0) problems.push(`${estimated} ears were estimated, not measured`);
  return { answers, problems, connectionsPerCall: clouds.connections() / callSids.length };
}

const behaviour = { finishedAfterMs: 200 };

/** The simulated providers, with their latencies; `close` resolves with what was wrong with the requests. */
async function startClouds(texts, { manners = {}, lastWord = 'at_end' } = {}) {
  let asked = 0;
  const deepgram = await DeepgramSimulator.start({
    hearing: hearingInTurn(() => 'help please', { lastWord }),
    manners,
  });
  const openai = await startOpenAiSimulator({
    answers: () => texts[asked++ % texts.length],
    pace: { firstTokenMs: stages.firstTokenMs, tokenMs },
  });
  const elevenlabs = await startElevenLabsSimulator({ pace: { firstAudioMs: stages.firstAudioMs } });
  return {
    env: {
      DEEPGRAM_API_KEY: 'simulated',
      DEEPGRAM_BASE_URL: deepgram.baseUrl,
      OPENAI_API_KEY: 'simulated',
      OPENAI_BASE_URL: openai.baseUrl,
      ELEVENLABS_API_KEY: 'simulated',
      ELEVENLABS_BASE_URL: elevenlabs.baseUrl,
    },
    connections: () => deepgram.attempts,
    async close() {
      const wrong = [...deepgram.problems, ...openai.problems, ...elevenlabs.problems];
      await Promise.all([deepgram.close(), openai.close(), elevenlabs.close()]);
      return [...new Set(wrong)];
    },
  };
}

/** Callers do not dial in the same millisecond. */
const betweenCallsMs = 150;
/** A process that has just started still compiles its code. */
const settleMs = 2000;

/** Starts a relay and its providers. */
async function startVariant({
  file = './cloud-relay-process.js',
  speculates = true,
  texts = quickAnswers,
  lastWord,
}) {
  const clouds = await startClouds(texts, { lastWord });
  const relay = await startRelayProcess(file, { ...clouds.env, BENCH_SPECULATION: String(speculates) });
  await wait(settleMs);
  return {
    hold: (count, step) => heldAtOnce(relay, count, step),
    async close() {
      await relay.close();
      return clouds.close();
    },
  };
}

/** How often the relay's memory is read. */
const memoryEveryMs = 1000;

/** Holds this many calls at once. Memory is the most that the relay grew by meanwhile. */
async function heldAtOnce(relay, count, step) {
  const before = await relay.usage();
  let residentMb = before.residentMb;
  const look = setInterval(() => {
    void relay.usage().then((usage) => (residentMb = Math.max(residentMb, usage.residentMb)));
  }, memoryEveryMs);
  const held = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      await wait(index * betweenCallsMs);
      const startedMs = performance.now();
      const call = await holdCall(relay.url, says, { behaviour });
      step();
      return { ...call, lastedMs: performance.now() - startedMs };
    }),
  );
  clearInterval(look);
  const after = await relay.usage();
  const unanswered = held.flatMap(({ turns }) => turns.filter(({ answered }) => !answered)).length;
  const callMs = held.reduce((sum, { lastedMs }) => sum + lastedMs, 0);
  return {
    earsMs: held.flatMap(({ earsMs }) => earsMs),
    cpuPercent: (100 * (after.cpuMs - before.cpuMs)) / callMs,
    memoryMb: (Math.max(residentMb, after.residentMb) - before.residentMb) / count,
    wastePercent:
      after.tokens === undefined
        ? null
        : (100 * (after.wastedTokens - before.wastedTokens)) / Math.max(1, after.tokens - before.tokens),
    problems: unanswered > 0 ? [`${unanswered} turns got no answer`] : [],
  };
}
