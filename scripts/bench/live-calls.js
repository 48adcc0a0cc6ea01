/** The cost of a live call, and the quality of twenty at once; the relay runs in a child process. */
import { setTimeout as wait } from 'node:timers/promises';
import { answersIn, dial, holdCall } from './phone-call.js';
import { startRelayProcess } from './relay-child.js';
import { distribution, single } from './section.js';

const conversations = [
  ['book-my-appointment', 'on-monday', 'at-ten-thirty'],
  ['cancel-on-tuesday', 'yes-please', 'opening-hours'],
  ['when-is-my-appointment', 'reschedule-for-friday', 'no-thank-you'],
];
const idleCalls = 10;
/** A ready relay may still load spare workers, and its code is still being compiled. */
const settleMs = 3000;
/** Time for the greeting to end. */
const greetingMs = 5000;
/** Callers do not dial in the same millisecond. */
const betweenCallsMs = 250;

/** Measures silent calls. */
export async function idleCallCost({ seconds }) {
  const relay = await startRelayProcess();
  await wait(settleMs);
  const before = await cpuMsOver(relay, seconds);
  const calls = await Promise.all(Array.from({ length: idleCalls }, () => dial(relay.url)));
  await wait(greetingMs);
  const withCalls = await cpuMsOver(relay, seconds);
  await Promise.all(calls.map(({ phone }) => phone.hangUp()));
  await relay.close();
  const percent = (cpuMs) => cpuMs / seconds / 10;
  return {
    title: 'Idle calls',
    figures: [
      single('relay without a call', '% of a core', percent(before)),
      single('each idle call', '% of a core', percent(withCalls - before) / idleCalls),
    ],
    problems: [],
  };
}

/** Measures continuous conversations. */
export async function callsAtOnce({ calls }) {
  const relay = await startRelayProcess();
  const before = await relay.usage();
  const results = await Promise.all(
    Array.from({ length: calls }, async (_, index) => {
      await wait(index * betweenCallsMs);
      const startedMs = performance.now();
      const call = await holdCall(relay.url, conversations[index % conversations.length]);
      return { ...call, lastedMs: performance.now() - startedMs };
    }),
  );
  const after = await relay.usage();
  const answers = await answersIn(
    relay.url,
    results.map(({ callSid }) => callSid),
  );
  await relay.close();
  const unanswered = results.flatMap(({ turns }) => turns.filter(({ answered }) => !answered)).length;
  const callMs = results.reduce((sum, { lastedMs }) => sum + lastedMs, 0);
  const gapsMs = results.flatMap((result) => result.gapsMs);
  return {
    title: `${calls} conversations at once`,
    figures: [
      distribution(
        'mouth→ear',
        'ms',
        answers.map((answer) => answer.mouth_to_ear_ms),
      ),
      distribution(
        'relay’s own share (relay + playout)',
        'ms',
        answers.map(({ parts }) => parts.relay + parts.playout),
      ),
      single('answers with late audio', '', gapsMs.length),
      single(
        '  silence heard because of it',
        'ms',
        gapsMs.reduce((sum, ms) => sum + ms, 0),
      ),
      single('event loop delay of the relay, p99', 'ms', after.loopDelay.p99),
      single('each call in conversation', '% of a core', (100 * (after.cpuMs - before.cpuMs)) / callMs),
      single('relay’s memory', 'MB', after.residentMb),
    ],
    problems: unanswered > 0 ? [`${unanswered} turns got no answer`] : [],
  };
}

async function cpuMsOver(relay, seconds) {
  const { cpuMs: before } = await relay.usage();
  await wait(seconds * 1000);
  const { cpuMs: after } = await relay.usage();
  return after - before;
}
