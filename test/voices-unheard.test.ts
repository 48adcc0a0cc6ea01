/**
 * Callers in whose sound no voice is heard, but who say something: whispers, machines, bad lines. The recogniser's words
 * make it speech, so nothing that was said is lost. The caller's sound is a beep, with the real detector and check.
 */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { standInVoice } from '#src/drills/stand-in-voice.js';
import type { SessionEvent } from '#src/events/session-event.js';
import { callerRatesHz } from '#src/replay/replay-call.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import type { TransportType } from '#src/transport/transport.js';
import { PhoneConversations } from './harness/phone-conversations.js';
import { timedRecogniser } from './harness/timed-recogniser.js';
import { ofType } from './harness/session-events.js';

const calls = new PhoneConversations();
afterEach(() => calls.end());
afterAll(() => calls.close());

const words = 'please book my appointment';
const [fromMs, toMs] = [1000, 2000];

/** A call in which the caller beeps, and says these words. */
async function call(
  via: TransportType,
  { partials = true, greeting = '', text = words, untilMs = toMs } = {},
): Promise<readonly SessionEvent[]> {
  const sampleRateHz = callerRatesHz[via];
  const samples = Int16Array.from({ length: (untilMs / 1000 + 5) * sampleRateHz }, (_, i) => {
    const ms = (i * 1000) / sampleRateHz;
    return ms < fromMs || ms >= untilMs ? 0 : Math.round(8000 * Math.sin((2 * Math.PI * 1000 * ms) / 1000));
  });
  const clock = new VirtualClock();
  const stt = timedRecogniser({ clock, speech: text === '' ? [] : [{ text, fromMs, toMs }], partials });
  const agent = { systemPrompt: 'You run an appointment desk.', greeting };
  const session = { agent, stt, tts: standInVoice, llm: () => 'It is booked.' };
  await calls.start(session, undefined, clock);
  return (await calls.hear(via, samples)).events;
}

describe('a caller whose voice is not heard', () => {
  it.each([
    ['twilio', true],
    ['twilio', false],
    ['webrtc', true],
    ['webrtc', false],
  ] as const)('(%s) is answered, with partials: %s', async (via, partials) => {
    const events = await call(via, { partials });
    expect(ofType(events, 'transcript.final').map(({ text }) => text)).toEqual([words]);
    const [end] = ofType(events, 'turn.end');
    expect(end).toMatchObject({ turn: 1, aborted: null, heardText: 'It is booked.' });
    // Measured from where the sound ended, as for any caller. The smallest delay is 500 ms, the rest is the line.
    expect(end!.latency.mouth_to_ear_ms).toBeGreaterThan(450);
    expect(end!.latency.mouth_to_ear_ms).toBeLessThan(900);
    expect(ofType(events, 'speech.start')).toHaveLength(1);
    expect(ofType(events, 'speech.end')).toHaveLength(1);
  });

  it.each(['twilio', 'webrtc'] as const)('(%s) interrupts by words', async (via) => {
    const greeting =
      'I have many words for you, and none of them is short. They go on and on, until you stop me.';
    const events = await call(via, { greeting });
    expect(ofType(events, 'agent.interrupted')).toHaveLength(1);
    expect(ofType(events, 'agent.interrupted')[0]!.atMs).toBeLessThan(toMs + 500);
    expect(ofType(events, 'transcript.final').map(({ text }) => text)).toEqual([words]);
  });
});

it.each(['twilio', 'webrtc'] as const)('a lasting tone (%s) is on the log, and is no turn', async (via) => {
  const events = await call(via, { text: '', untilMs: 9000 });
  expect(ofType(events, 'speech.start')).toEqual([]);
  expect(ofType(events, 'turn.start')).toEqual([]);
  expect(ofType(events, 'warning')).toMatchObject([{ code: 'no_voice' }]);
  expect(ofType(events, 'speech.ignored')).toHaveLength(1);
});
