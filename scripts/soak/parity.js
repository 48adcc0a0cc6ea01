/**
 * Every checked-in recording, and every golden conversation, by phone and from a browser, in virtual time: both must give the
 * same lanes. Both callers of a recording are on the line at once; in virtual time neither slows the other.
 *
 * Words that the recogniser misses by phone (fixtures/README.md names the recordings) may be recognised from a browser, whose
 * audio differs slightly; the reverse is a fault.
 */
import { readFile } from 'node:fs/promises';
import { compareRuns } from '../../dist/replay/golden.js';
import { callerRatesHz } from '../../dist/replay/replay-call.js';
import { VirtualRelay } from '../../dist/drills/virtual-call.js';
import { progress } from '../measuring/progress.js';
import { spread } from '../measuring/figures.js';
import { brokenPromises, transcriptsOf } from './call-problems.js';
import { desk } from './desk.js';
import { manifest, recordingOf } from './recordings.js';
import { heldResources, leftSince } from './resources.js';
import { warmVoices } from './warm-voices.js';

const transports = ['twilio', 'webrtc'];
/** Conversations at once, each as two calls. */
const conversationsAtOnce = 4;

const golden = new URL('../../fixtures/golden/conversations.json', import.meta.url);

/** Resolves with problems and figures; `limit` takes only the first recordings. */
export async function parityEverywhere({ limit = manifest.length, silent }) {
  const before = heldResources();
  const conversations = [
    ...JSON.parse(await readFile(golden, 'utf8')).map(({ name, recordings, bargeInMs = null }) => ({
      name: `the conversation ${name}`,
      files: recordings.map((recording) => `audio/${recording}.wav`),
      bargeInMs,
    })),
    ...manifest
      .slice(0, limit)
      .map(({ file, text }) => ({ name: file, files: [file], text, bargeInMs: null })),
  ];
  const voices = await warmVoices();
  const at = await VirtualRelay.start(voices, desk);
  const { step } = progress('parity', conversations.length, { silent });
  const problems = [];
  const mouthToEars = { twilio: [], webrtc: [] };
  const unequal = [];
  const heardOnlyFromBrowser = [];
  for (let first = 0; first < conversations.length; first += conversationsAtOnce) {
    const held = conversations.slice(first, first + conversationsAtOnce).map(async (conversation) => {
      const [byPhone, fromBrowser] = await Promise.all(transports.map((via) => hold(at, conversation, via)));
      for (const [index, events] of [byPhone, fromBrowser].entries()) {
        const via = transports[index];
        problems.push(
          ...brokenPromises(events).map((problem) => `${conversation.name} (${via}): ${problem}`),
        );
        mouthToEars[via].push(...events.flatMap(mouthToEar));
      }
      const { equal, diff } = compareRuns(byPhone, fromBrowser);
      if (!equal && isHeard(conversation, fromBrowser) && !isHeard(conversation, byPhone))
        heardOnlyFromBrowser.push(conversation.name);
      else if (!equal)
        unequal.push(...diff.filter(({ side }) => side !== 'both').map(differenceIn(conversation)));
      step();
    });
    await at.run(Promise.all(held));
    at.events.length = 0;
  }
  if (at.relay.sessions.length > 0) problems.push(`${at.relay.sessions.length} sessions are still there`);
  if (at.clock.pendingTimers > 0) problems.push(`${at.clock.pendingTimers} timers are still set`);
  await at.close();
  await voices.close();
  const left = await leftSince(before);
  if (left) problems.push(`after the relay's end there are still ${left}`);
  const figures = {
    conversations: conversations.length,
    equal: conversations.length - heardOnlyFromBrowser.length - new Set(unequal.map(({ name }) => name)).size,
    heardOnlyFromBrowser,
    mouthToEar: Object.fromEntries(transports.map((via) => [via, spread(mouthToEars[via])])),
  };
  const differences = unequal.map(({ name, side, text }) => `${name}: only over ${side}: ${text}`);
  return { problems: [...problems, ...differences], figures };
}

async function hold(at, { files, bargeInMs }, via) {
  const recordings = await Promise.all(files.map((file) => recordingOf(file, callerRatesHz[via])));
  const { events } = await at.call({ via, recordings, behaviour: { bargeInMs } });
  return events;
}

/** Whether a recording was recognised word for word. */
function isHeard({ text }, events) {
  return text !== undefined && text !== '' && transcriptsOf(events).join(' / ') === text;
}

function differenceIn({ name }) {
  return ({ side, text }) => ({ name, side: side === 'expected' ? 'twilio' : 'webrtc', text });
}

function mouthToEar(event) {
  return event.type === 'turn.end' ? (event.latency.mouth_to_ear_ms ?? []) : [];
}
