/** Many calls, one after the other, in virtual time: nothing of a call may stay behind when it is over. */
import { InMemorySessionDirectory } from '../../dist/server/session-directory.js';
import { VirtualRelay } from '../../dist/testing/virtual-call.js';
import { progress } from '../measuring/progress.js';
import { brokenPromises, problemsOfPoliteCall } from './call-problems.js';
import { desk } from './desk.js';
import { MemoryWatch } from './memory.js';
import { recordings, textsOf } from './recordings.js';
import { heldResources, leftSince } from './resources.js';
import { warmVoices } from './warm-voices.js';

/** What callers say, in turn. Those with manners talk over the greeting, so that what is heard is not one text each. */
const conversations = [
  { says: ['book-my-appointment', 'reschedule-for-friday'] },
  { says: ['cancel-on-tuesday', 'yes-please'] },
  { says: ['stop-and-cancel'], manners: { bargeInMs: 1500 } },
  { says: ['when-is-my-appointment', 'no-thank-you'] },
  { says: ['cough', 'opening-hours'], manners: { bargeInMs: 1000 } },
  { says: ['opening-hours', 'goodbye'] },
  { says: ['pause-400ms'] },
];

/** Every other caller sits at a browser; as the conversations are odd in number, each is held over both in time. */
const transports = ['twilio', 'webrtc'];

/** Places the calls; resolves with problems and figures. */
export async function callsInARow({ calls, silent }) {
  const before = heldResources();
  const voices = await warmVoices();
  // As full as that of a relay that has run for a week: what it keeps does not count as growth.
  const directory = new InMemorySessionDirectory(1);
  const at = await VirtualRelay.start(voices, desk, { directory });
  const problems = [];
  const memory = new MemoryWatch();
  const idle = heldResources();
  const { step } = progress('calls in a row', calls, { silent });
  const startedMs = performance.now();
  for (let call = 0; call < calls; call++) {
    const { says, manners } = conversations[call % conversations.length];
    const via = transports[call % transports.length];
    const found = await oneCall(at, { says, manners, via });
    if (at.relay.sessions.length > 0) found.push('the session is still there');
    if (at.clock.pendingTimers > 0) found.push(`${at.clock.pendingTimers} timers are still set`);
    problems.push(...found.map((problem) => `call ${call + 1} (${via}: ${says.join(', ')}): ${problem}`));
    // The test relay's own notes are no leak of the engine's.
    at.events.length = 0;
    memory.note();
    step();
  }
  const tookMs = performance.now() - startedMs;
  const left = await leftSince(idle);
  if (left) problems.push(`after the calls there are still ${left}`);
  const virtualMinutes = at.clock.nowMs() / 60_000;
  await at.close();
  await voices.close();
  const leftAtEnd = await leftSince(before);
  if (leftAtEnd) problems.push(`after the relay's end there are still ${leftAtEnd}`);
  problems.push(...memory.problems());
  const figures = { calls, virtualMinutes, msPerCall: tookMs / calls, memory: memory.result() };
  return { problems, figures };
}

async function oneCall(at, { says, manners, via }) {
  let caller = null;
  const recorded = await recordings(says, via);
  const call = at.call({
    via,
    recordings: recorded,
    onCaller: (placed) => (caller = placed),
    ...(manners && { manners }),
  });
  try {
    const result = await at.run(call);
    return manners ? brokenPromises(result.events) : problemsOfPoliteCall(result, caller, textsOf(says));
  } catch (error) {
    return [error.message];
  }
}
