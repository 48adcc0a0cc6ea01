/** Many simultaneous calls in real time, on a relay that owns its workers: no call disturbs another. */
import { delay, systemClock } from '../../dist/core/clock.js';
import { replayCall } from '../../dist/replay/replay-call.js';
import { createRelay } from '../../dist/relay/create.js';
import { appointmentDeskSession } from '../../dist/cli/appointment-desk-session.js';
import { spread } from '../measuring/figures.js';
import { watchLoopDelay } from '../measuring/loop-delay.js';
import { problemsOfPoliteCall } from './call-problems.js';
import { recordings, textsOf } from './recordings.js';
import { heldResources, leftSince } from './resources.js';

/** The conversations; several callers hold each. */
const conversations = [
  ['book-my-appointment', 'reschedule-for-friday'],
  ['cancel-on-tuesday', 'yes-please'],
  ['when-is-my-appointment', 'no-thank-you'],
  ['opening-hours', 'goodbye'],
];

/**
 * Callers do not dial in the same millisecond. With this interval, twenty are on the line at once for at least ten seconds,
 * each at a different point of the conversation.
 */
const betweenCallsMs = 250;

/**
 * Limit of the event loop's delay (p99). A caller's frame arrives every 20 ms; a longer delay becomes audible. Twenty phones
 * run on the same thread and do half of its work.
 */
const maxLoopDelayP99Ms = 20;

/** Holds the calls, which all overlap in the middle; resolves with problems and figures. */
export async function callsAtOnce({ calls, noisy }) {
  const before = heldResources();
  const clock = systemClock;
  const relay = createRelay({ port: 0, session: appointmentDeskSession, maxSessions: calls });
  await relay.listen();
  const listening = heldResources();
  let mostAtOnce = 0;
  relay.on('session.start', () => (mostAtOnce = Math.max(mostAtOnce, relay.sessions.length)));
  const endLoopWatch = watchLoopDelay();
  const events = { subscribe: (listener) => (relay.on('*', listener), () => relay.off('*', listener)) };
  const results = await Promise.all(
    Array.from({ length: calls }, async (_, index) => {
      const says = conversations[index % conversations.length];
      let phone = null;
      const onCaller = (placed) => (phone = placed);
      const recorded = await recordings(says);
      await delay(clock, index * betweenCallsMs);
      try {
        const result = await replayCall({ url: relay.url, events, recordings: recorded, clock, onCaller });
        return { says, result, problems: problemsOfPoliteCall(result, phone, textsOf(says)) };
      } catch (error) {
        return { says, result: null, problems: [error.message] };
      }
    }),
  );
  const loopDelay = endLoopWatch();
  const problems = results.flatMap(({ says, problems: found }, index) =>
    found.map((problem) => `caller ${index + 1} (${says.join(', ')}): ${problem}`),
  );
  if (mostAtOnce < calls) problems.push(`only ${mostAtOnce} calls were on the line at once`);
  if (relay.sessions.length > 0) problems.push(`${relay.sessions.length} sessions are still there`);
  const left = await leftSince(listening, () => ({ ...heldResources(), workers: 0 }));
  if (left) problems.push(`after the calls there are still ${left}`);
  await relay.close();
  const leftAtEnd = await leftSince(before);
  if (leftAtEnd) problems.push(`after the relay's end there are still ${leftAtEnd}`);
  // On a busy machine the figure says nothing about the relay.
  if (!noisy && loopDelay.p99 > maxLoopDelayP99Ms)
    problems.push(`events waited ${loopDelay.p99.toFixed(1)} ms (p99); ${maxLoopDelayP99Ms} ms are allowed`);
  const figures = { calls, loopDelay, mouthToEar: spread(results.flatMap(mouthToEars)) };
  return { problems, figures };
}

function mouthToEars({ result }) {
  return (result?.events ?? []).flatMap((event) =>
    event.type === 'turn.end' ? (event.latency.mouth_to_ear_ms ?? []) : [],
  );
}
