/** Callers who read numbers out and spell names, with natural pauses, on both transports. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { audibleEnd, audibleStart } from '#src/audio/silence.js';
import type { SessionEvent } from '#src/events/session-event.js';
import { callerRatesHz } from '#src/replay/replay-call.js';
import type { TransportType } from '#src/transport/transport.js';
import { callerSpeech } from '#src/simulators/caller-speech.js';
import { timedRecogniser, type TimedSpeech } from './harness/timed-recogniser.js';
import { drawn } from './harness/thorough.js';
import { ofType } from './harness/session-events.js';
import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';

const agent = { systemPrompt: 'You take numbers.', greeting: 'What is your number?' };

const voices = new TestVoices();
let relay: VirtualRelay | null = null;

afterEach(async () => {
  await relay?.close();
  relay = null;
});
afterAll(() => voices.close());

/** The greeting has been heard by then. */
const leadMs = 3000;
const pauseMs = 800;
/** Time for an answer. */
const tailMs = 4000;

/** A call in which each part is said after a pause. The recogniser writes it as `heardAs`, else unchanged. */
async function readOut(
  via: TransportType,
  parts: readonly string[],
  heardAs: readonly string[] = parts,
): Promise<readonly SessionEvent[]> {
  const rateHz = callerRatesHz[via];
  const pieces: Int16Array[] = [new Int16Array((leadMs * rateHz) / 1000)];
  const speech: TimedSpeech[] = [];
  let samples = pieces[0]!.length;
  for (const [index, part] of parts.entries()) {
    const spoken = await callerSpeech(part, { sampleRateHz: rateHz });
    const words = spoken.subarray(audibleStart(spoken, rateHz), audibleEnd(spoken, rateHz));
    const fromMs = (samples / rateHz) * 1000;
    speech.push({ text: heardAs[index] ?? part, fromMs, toMs: fromMs + (words.length / rateHz) * 1000 });
    const isLast = index === parts.length - 1;
    const silence = new Int16Array(((isLast ? tailMs : pauseMs) * rateHz) / 1000);
    pieces.push(words, silence);
    samples += words.length + silence.length;
  }
  const all = new Int16Array(samples);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  const clock = new VirtualClock();
  const stt = timedRecogniser({ clock, speech });
  relay = await VirtualRelay.start(voices, { agent, stt, llm: () => 'Thank you.' }, {}, { clock });
  const recordings = [{ path: '', name: 'number', samples: all, sampleRateHz: rateHz }];
  const { events } = await relay.run(relay.call({ via, recordings, wholeCall: { hungUp: true } }));
  return events;
}

describe('said with pauses of 0.8 s,', () => {
  const sayings: readonly [TransportType, string, string[], string[]?][] = [
    ['twilio', 'digits', ['four', 'one', 'five']],
    ['webrtc', 'digits', ['four', 'one', 'five']],
    ['twilio', 'digits that are written as numerals', ['four', 'one', 'five'], ['4', '1', '5']],
    ['webrtc', 'letters and digits', ['B', 'seven', 'K']],
    ['twilio', 'digits after other words', ['my number is', 'double five', 'oh', 'one']],
    ['twilio', 'a spelled name', ['S', 'M', 'I', 'T', 'H'], ['S.', 'M.', 'I.', 'T.', 'H.']],
  ];

  it.each(drawn(sayings, 3))(
    'over %s, %s are one turn, answered once',
    async (via, _what, parts, heardAs = parts) => {
      const events = await readOut(via, parts, heardAs);
      expect(ofType(events, 'transcript.final').map(({ text }) => text)).toEqual([heardAs.join(' ')]);
      expect(ofType(events, 'turn.end').map(({ heardText, aborted }) => ({ heardText, aborted }))).toEqual([
        { heardText: agent.greeting, aborted: null },
        { heardText: 'Thank you.', aborted: null },
      ]);
    },
  );

  it.each(drawn<TransportType>(['twilio', 'webrtc'], 1))(
    'over %s, a time of day is answered without the extra wait',
    async (via) => {
      const events = await readOut(via, ['friday at five']);
      const [, answer] = ofType(events, 'turn.end');
      expect(answer?.latency.mouth_to_ear_ms).toBeLessThan(700);
    },
  );
});
