/** Every checked-in recording as a separate call, in virtual time: its words are recognised, and nothing fails. */
import { VirtualRelay } from '../../dist/drills/virtual-call.js';
import { progress } from '../measuring/progress.js';
import { brokenPromises, transcriptsOf } from './call-problems.js';
import { desk } from './desk.js';
import { manifest, recordingOf } from './recordings.js';
import { heldResources, leftSince } from './resources.js';
import { warmVoices } from './warm-voices.js';

const callsAtOnce = 8;
/** Of the five voices of a sentence, this many must be recognised word for word. */
const voicesHeard = 4;

/** Resolves with problems and figures; `limit` takes only the first recordings. */
export async function everyRecording({ limit = manifest.length, silent }) {
  const before = heldResources();
  const fixtures = manifest.slice(0, limit);
  const voices = await warmVoices();
  const at = await VirtualRelay.start(voices, desk);
  const { step } = progress('recordings', fixtures.length, { silent });
  const problems = [];
  const heard = [];
  for (let first = 0; first < fixtures.length; first += callsAtOnce) {
    const calls = fixtures.slice(first, first + callsAtOnce).map(async (fixture) => {
      const { events } = await at.call({ recordings: [await recordingOf(fixture.file)] });
      problems.push(...brokenPromises(events).map((problem) => `${fixture.file}: ${problem}`));
      heard.push({ fixture, texts: transcriptsOf(events) });
      step();
    });
    await at.run(Promise.all(calls));
    at.events.length = 0;
  }
  if (at.relay.sessions.length > 0) problems.push(`${at.relay.sessions.length} sessions are still there`);
  if (at.clock.pendingTimers > 0) problems.push(`${at.clock.pendingTimers} timers are still set`);
  await at.close();
  await voices.close();
  const left = await leftSince(before);
  if (left) problems.push(`after the relay's end there are still ${left}`);
  return { problems: [...problems, ...misheard(heard)], figures: figuresOf(heard) };
}

function isExact({ fixture, texts }) {
  return texts.join(' / ') === fixture.text;
}

/** A sentence by the name that its recordings in all voices share; null for other recordings. */
function sentenceOf({ file }) {
  return /\/voices\/\w+\/(.+)\.wav$/.exec(file)?.[1] ?? null;
}

/**
 * Recognition errors. Flite's voices are not equally clear: one of each sentence may be missed. Noise, and speech that the
 * desk does not know, must not become words; speech over noise and "uh huh" may be missed, but not misrecognised.
 */
function misheard(heard) {
  const problems = [];
  const wrong = (result) =>
    `${result.fixture.file}: heard ${JSON.stringify(result.texts)}, said ${JSON.stringify(result.fixture.text)}`;
  const sentences = new Map();
  for (const result of heard) {
    const sentence = sentenceOf(result.fixture);
    if (sentence !== null) sentences.set(sentence, [...(sentences.get(sentence) ?? []), result]);
    // These are the same bytes as the sentence's recording in that voice.
    else if (result.fixture.kind === 'utterance' && result.fixture.sampleRateHz === 8000) continue;
    else if (!isExact(result) && !(mayBeMissed(result.fixture) && result.texts.length === 0))
      problems.push(wrong(result));
  }
  for (const [, results] of sentences) {
    const missed = results.filter((result) => !isExact(result));
    if (missed.length > results.length - voicesHeard && results.length > 1)
      problems.push(...missed.map(wrong));
  }
  return problems;
}

function mayBeMissed({ kind }) {
  return kind === 'noisy' || kind === 'backchannel';
}

function figuresOf(heard) {
  const inexact = heard.filter((result) => !isExact(result));
  return {
    recordings: heard.length,
    exact: heard.length - inexact.length,
    inexact: inexact.map(({ fixture, texts }) => ({ file: fixture.file, said: fixture.text, heard: texts })),
  };
}
