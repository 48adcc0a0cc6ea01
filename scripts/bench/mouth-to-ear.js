/** The parts of the time between the caller's last word and the answer's first, in calls in real time. */
import { progress } from '../measuring/progress.js';
import { answersIn, holdCall } from './phone-call.js';
import { startRelayProcess } from './relay-child.js';
import { distribution } from './section.js';

const conversation = [
  'book-my-appointment',
  'on-monday',
  'at-ten-thirty',
  'yes-please',
  'when-is-my-appointment',
  'opening-hours',
];
const parts = ['endpointing', 'stt', 'llm', 'sentence', 'tts', 'tools', 'relay', 'playout'];
/** Target of the median of the relay's own share, in milliseconds. */
const targetShareMs = 5;

/** Holds calls one after the other until `turns` turns were said. */
export async function mouthToEar({ turns, silent }) {
  const relay = await startRelayProcess();
  const { step } = progress('turns', turns, { silent });
  const callSids = [];
  let unanswered = 0;
  for (let said = 0; said < turns; said += conversation.length) {
    const says = conversation.slice(0, turns - said);
    // The caller continues as soon as the agent is silent: the time after the answer is not measured.
    const call = await holdCall(relay.url, says, { behaviour: { finishedAfterMs: 200 } });
    callSids.push(call.callSid);
    unanswered += call.turns.filter(({ answered }) => !answered).length;
    says.forEach(() => step());
  }
  const answers = await answersIn(relay.url, callSids);
  await relay.close();
  const of = (part) => answers.map((answer) => answer.parts[part]);
  const shares = answers.map(({ parts: { relay: own, playout } }) => own + playout);
  const problems = unanswered > 0 ? [`${unanswered} of ${turns} turns got no answer`] : [];
  const estimated = answers.filter(({ ear }) => ear !== 'measured').length;
  if (estimated > 0) problems.push(`${estimated} ears were estimated, not measured`);
  return {
    title: 'Mouth to ear on the phone, one call at a time',
    figures: [
      distribution('relay’s own share (relay + playout)', 'ms', shares, { targetP50: targetShareMs }),
      distribution(
        'mouth→ear',
        'ms',
        answers.map((answer) => answer.mouth_to_ear_ms),
      ),
      ...parts.map((part) => distribution(`  ${part}`, 'ms', of(part))),
    ],
    problems,
  };
}
