/** Many calls one after the other, in virtual time: a finished call may leave nothing behind. */
import { InMemorySessionDirectory } from '../../dist/relay/session-directory.js';
import { VirtualRelay } from '../../dist/drills/virtual-call.js';
import { progress } from '../measuring/progress.js';
import { brokenPromises, problemsOfPoliteCall } from './call-problems.js';
import { desk } from './desk.js';
import { MemoryWatch } from './memory.js';
import { recordings, textsOf } from './recordings.js';
import { heldResources, leftSince } from './resources.js';
import { warmVoices } from './warm-voices.js';

/** The conversations in turn. Callers with `behaviour` interrupt the greeting, so that their heard text varies. */
const conversations = [
  { says: ['book-my-appointment', 'reschedule-for-friday'] },
  { says: ['cancel-on-tuesday', 'yes-please'] },
  { says: ['stop-and-cancel'], behaviour: { bargeInMs: 1500 } },
  { says: ['when-is-my-appointment', 'no-thank-you'] },
  { says: ['cough', 'opening-hours'], behaviour: { bargeInMs: 1000 } },
  { says: ['opening-hours', 'goodbye'] },
  { says: ['pause-400ms'] },
];

/** Transports alternate; as the number of conversations is odd, each is held over both. */
const transports = ['twilio', 'webrtc'];

/** Places the calls; resolves with problems and figures. */
export async function callsInARow({ calls, silent }) {
  const before = heldResources();
  const voices = await warmVoices();
  // A small directory that is soon full, like that of a relay that has run for a week, so that it does not count as growth.
  const directory = new InMemorySessionDirectory(1);
  const at = await VirtualRelay.start(voices, desk, { directory });
  const problems = [];
  const memory = new MemoryWatch();
  const idle = heldResources();
  const { step } = progress('calls in a row', calls, { silent });
  const startedMs = performance.now();
  for (let call = 0; call < calls; call++) {
    const { says, behaviour } = conversations[call % conversations.length];
    const via = transports[call % transports.length];
    const found = await oneCall(at, { says, behaviour, via });
    if (at.relay.sessions.length > 0) found.push('the session is still there');
    if (at.clock.pendingTimers > 0) found.push(`${at.clock.pendingTimers} timers are still set`);
    problems.push(...found.map((problem) => `call ${call + 1} (${via}: ${says.join(', ')}): ${problem}`));
    // The test relay's own record is not a leak of the engine.
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

async function oneCall(at, { says, behaviour, via }) {
  let caller = null;
  const recorded = await recordings(says, via);
  const call = at.call({
    via,
    recordings: recorded,
    onCaller: (placed) => (caller = placed),
    ...(behaviour && { behaviour }),
  });
  try {
    const result = await at.run(call);
    return behaviour ? brokenPromises(result.events) : problemsOfPoliteCall(result, caller, textsOf(says));
  } catch (error) {
    return [error.message];
  }
}
