/**
 * Noise at the caller's end, with the real detector: the agent and the caller's words are heard. Under a greeting, the recogniser
 * is the real one too.
 */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { audibleEnd, audibleStart } from '#src/audio/silence.js';
import type { SessionEvent } from '#src/events/session-event.js';
import { callerRatesHz, type ReplayResult } from '#src/replay/replay-call.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import { mostFalsePauses } from '#src/session/turn-taking/pause-evidence.js';
import type { TransportType } from '#src/transport/transport.js';
import { backgroundNoises, type BackgroundNoise } from './harness/background-noise.js';
import { standInVoice } from '#src/drills/stand-in-voice.js';
import { callerSpeech } from '#src/simulators/caller-speech.js';
import { PhoneConversations } from './harness/phone-conversations.js';
import { timedRecogniser, type TimedRecogniserOptions } from './harness/timed-recogniser.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import { drawn, isThorough } from './harness/thorough.js';
import { ofType } from './harness/session-events.js';

/** Takes 4 s without interruptions. */
const greeting = 'Hello, this is the appointment desk. You can book an appointment. How can I help you?';
const agent = { systemPrompt: 'You run an appointment desk.', greeting };

/** Noise that may be a voice pauses the agent: what the rules of turn taking make of it. */
const everySound = { voiceThreshold: 0 };

const calls = new PhoneConversations();
afterEach(() => calls.end());
afterAll(() => calls.close());

/** A call with this sound at the caller's end, from begin to end. */
async function hear(
  via: TransportType,
  samples: Int16Array,
  session: Partial<SessionConfig> = {},
  clock = new VirtualClock(),
): Promise<ReplayResult> {
  await calls.start({ agent, ...session }, undefined, clock);
  return calls.hear(via, samples);
}

/** Mixes both sounds; the second begins at sample `start`. */
function mixed(noise: Int16Array, speech: Int16Array, start: number): Int16Array {
  const both = noise.slice();
  for (const [i, sample] of speech.entries()) {
    const sum = (both[start + i] ?? 0) + sample;
    both[start + i] = Math.max(-32_768, Math.min(32_767, sum));
  }
  return both;
}

/** The noises, alternating between the transports. */
const cases = drawn(Object.entries(backgroundNoises), 2).map(
  ([name, noise], index): [string, TransportType, BackgroundNoise] => [
    name,
    index % 2 === 0 ? 'twilio' : 'webrtc',
    noise,
  ],
);

describe('a greeting of four seconds', () => {
  it.each(cases)('is heard to its end (%s) over %s', async (_name, via, noise) => {
    const { events } = await hear(via, noise(10, callerRatesHz[via]), { turnTaking: everySound });
    const [end] = ofType(events, 'turn.end');
    expect(end).toMatchObject({ turn: 0, aborted: null, heardText: greeting });
    expect(end!.atMs).toBeLessThan(9000);
    const paused = ofType(events, 'agent.paused').filter(({ turn }) => turn === 0);
    // The detector must take the noise for speech, or the test proves nothing.
    expect(paused.length).toBeGreaterThan(0);
    expect(paused.length).toBeLessThanOrEqual(mostFalsePauses);
  });

  it.each(cases)('is hardly ever paused (%s) over %s, for no voice is heard', async (_name, via, noise) => {
    const { events } = await hear(via, noise(10, callerRatesHz[via]));
    // A gust may sound like a voice.
    expect(ofType(events, 'agent.paused').length).toBeLessThanOrEqual(1);
    expect(ofType(events, 'speech.start').length).toBeLessThanOrEqual(1);
    expect(ofType(events, 'turn.end')).toMatchObject([{ turn: 0, aborted: null, heardText: greeting }]);
  });
});

/** Each case over both transports, or, where one run does not cover everything, over one in turn. */
function overTransports<T>(cases: readonly T[]): [TransportType, T][] {
  const all = ['twilio', 'webrtc'] as const;
  return cases.flatMap((each, place) =>
    (isThorough ? all : [all[place % 2]!]).map((via): [TransportType, T] => [via, each]),
  );
}

describe('a caller at whose end something beeps each second', () => {
  const beeps = backgroundNoises['the beep of a fake microphone each second'];
  const llm = (): string =>
    'I have many words for you, and none of them is short. They go on and on, until a caller stops me. Then I say them again.';
  /** The agent's words are said over at these times, in seconds, between and over the beeps. */
  const interruptions = isThorough ? [4.3, 10.3, 16.3] : [4.3, 8.3];

  /** The caller says this at these times, in seconds. */
  async function says(
    via: TransportType,
    text: string,
    atSeconds: readonly number[],
    recogniser: Partial<TimedRecogniserOptions>,
    session: Partial<SessionConfig> = {},
  ): Promise<readonly SessionEvent[]> {
    const rateHz = callerRatesHz[via];
    const spoken = await callerSpeech(text, { sampleRateHz: rateHz });
    const words = spoken.subarray(audibleStart(spoken, rateHz), audibleEnd(spoken, rateHz));
    // Long enough for an answer, or for what cuts one off.
    const tailSeconds = isThorough || atSeconds.length === 1 ? 6 : 3;
    let samples = beeps(Math.max(...atSeconds) + tailSeconds, rateHz);
    for (const seconds of atSeconds) samples = mixed(samples, words, Math.round(seconds * rateHz));
    const lengthMs = (words.length / rateHz) * 1000;
    const speech = atSeconds.map((seconds) => ({
      text,
      fromMs: seconds * 1000,
      toMs: seconds * 1000 + lengthMs,
    }));
    const clock = new VirtualClock();
    const stt = timedRecogniser({ clock, speech, ...recogniser });
    return (
      await hear(
        via,
        samples,
        {
          stt,
          llm,
          tts: standInVoice,
          ...session,
          turnTaking: { ...everySound, ...session.turnTaking },
        },
        clock,
      )
    ).events;
  }

  it.each(overTransports([1, 3]))(
    '(%s) interrupts with words every time, if %i are needed',
    async (via, bargeInWords) => {
      const turnTaking = { bargeInWords };
      const events = await says(via, 'please stop saying that', interruptions, {}, { turnTaking });
      expect(ofType(events, 'transcript.final').map(({ text }) => text)).toEqual(
        interruptions.map(() => 'please stop saying that'),
      );
      const cuts = ofType(events, 'agent.interrupted');
      expect(cuts).toHaveLength(interruptions.length);
      // The interruption comes while the words are still being said.
      for (const [index, { atMs }] of cuts.entries())
        expect(atMs).toBeLessThan(interruptions[index]! * 1000 + 1500);
    },
  );

  it.each(overTransports([{ answersAfterMs: 700, partials: false }]))(
    '(%s) interrupts, with a slow recogniser without partials',
    async (via, recogniser) => {
      const events = await says(via, 'please stop saying that', interruptions, recogniser);
      expect(ofType(events, 'agent.interrupted')).toHaveLength(interruptions.length);
      expect(ofType(events, 'transcript.final')).toHaveLength(interruptions.length);
    },
  );

  it.each(overTransports(drawn([100, 700, 1100], 2)))(
    '(%s) hears the answer, if the recogniser takes %i ms',
    async (via, answersAfterMs) => {
      const turnTaking = { finalTimeoutMs: 2000 };
      const session = { agent: { ...agent, greeting: '' }, turnTaking };
      const events = await says(via, 'book my appointment', [1.3], { answersAfterMs }, session);
      expect(ofType(events, 'transcript.final').map(({ text }) => text)).toEqual(['book my appointment']);
      expect(ofType(events, 'tts.audio_start')[0]?.atMs).toBeLessThan(1300 + 1500 + 3000);
    },
  );
});
