/**
 * A caller who interrupts every answer, over the vendors' real wires. Every word of every answer has unique letters and is
 * spoken in tones, so that the caller's audio shows what was heard of which answer, and when.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAudible } from '#src/audio/level.js';
import { audibleStart } from '#src/audio/silence.js';
import type { SessionEvent } from '#src/events/session-event.js';
import type { ChatMessage } from '#src/providers/language-model.js';
import type { CallRecording } from '#src/replay/caller.js';
import type { Recording } from '#src/replay/recordings.js';
import { callerRatesHz, type ReplayResult } from '#src/replay/replay-call.js';
import type { TransportType } from '#src/transport/transport.js';
import { callerSpeech } from '#src/simulators/caller-speech.js';
import { hearingInTurn } from '#src/simulators/simulated-hearing.js';
import { LoopbackTraffic } from '#src/drills/loopback-traffic.js';
import { standInVoice } from '#src/drills/stand-in-voice.js';
import { spokenWords, toneCharacterMs, toneSpeech, wordsInTones } from '#src/drills/tone-speech.js';
import { startSimulatedVendors, type SimulatedVendors } from '#src/simulators/simulated-vendors.js';
import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import { drawn, isThorough } from './harness/thorough.js';
import { ofType } from './harness/session-events.js';

/** Enough to interrupt at every stretch of a word; fifty in a row show that nothing adds up. */
const interruptions = isThorough ? 50 : 7;
const question = 'please stop that';
/** Steps between the interruptions, chosen so that they hit words, frames and pieces of audio at every position. */
const moments = { stepMs: 397, latestMs: 1200 };
const sentences = 6;
const wordsPerSentence = 4;
const letters = 'bcdfghjklm';
/** Level of the silence between two words, which codecs fill with a little noise. */
const silenceDbfs = -28;
const windowMs = 5;

/** Delay and smear that a line adds to heard audio, in milliseconds. */
const lines = {
  // The phone adds no delay, and its codec keeps every edge.
  twilio: { behindMs: 0, smearMs: 0 },
  // One frame of lead, the browser's buffer, and a codec that smears tones.
  webrtc: { behindMs: 120, smearMs: 20 },
} as const;

/** A long answer whose words occur in no other answer. */
function answerTo(turn: number): string {
  const mark = `${letters[Math.floor(turn / 10)] ?? ''}${letters[turn % 10] ?? ''}`;
  const sentence = (place: number): string =>
    Array.from(
      { length: wordsPerSentence },
      (_, word) => `${letters[place] ?? ''}${letters[word] ?? ''}a${mark}`,
    ).join(' ');
  // The last one is heard to its end.
  const length = turn > interruptions ? 1 : sentences;
  return Array.from({ length }, (_, place) => `${sentence(place)}.`).join(' ');
}

/** The same question repeatedly, each time after a different wait. */
async function questions(via: TransportType): Promise<Recording[]> {
  const sampleRateHz = callerRatesHz[via];
  const spoken = await callerSpeech(question, { sampleRateHz });
  const speech = spoken.subarray(audibleStart(spoken, sampleRateHz));
  return Array.from({ length: interruptions + 1 }, (_, index) => {
    const waitMs = (index * moments.stepMs) % moments.latestMs;
    const samples = new Int16Array((waitMs * sampleRateHz) / 1000 + speech.length);
    samples.set(speech, samples.length - speech.length);
    return { path: '', name: String(index), samples, sampleRateHz };
  });
}

function heardBetween({ agent, sampleRateHz }: CallRecording, fromMs: number, toMs: number): Int16Array {
  return agent.subarray((fromMs * sampleRateHz) / 1000, (toMs * sampleRateHz) / 1000);
}

/** Length of the last word of a recording, from the silence before it. */
function lastSoundMs(samples: Int16Array, sampleRateHz: number): number {
  const window = (windowMs * sampleRateHz) / 1000;
  const sounds = Array.from({ length: Math.floor(samples.length / window) }, (_, index) =>
    isAudible(samples, silenceDbfs, index * window, (index + 1) * window),
  );
  const end = sounds.lastIndexOf(true);
  const pauseWindows = toneCharacterMs / windowMs / 2;
  const before = sounds.findLastIndex(
    (_, index) => index < end && !sounds.slice(index - pauseWindows + 1, index + 1).includes(true),
  );
  return (end - before) * windowMs;
}

const voices = new TestVoices();
afterAll(() => voices.close());

describe.each<TransportType>(drawn(['twilio', 'webrtc'], 1))(
  'a caller (%s) who interrupts every answer',
  (via) => {
    const clock = new VirtualClock();
    const traffic = new LoopbackTraffic();
    let vendors: SimulatedVendors;
    let events: readonly SessionEvent[];
    let recording: CallRecording;
    /** Number of running generations at the first token of each answer. */
    const answersAtFirstToken: number[] = [];
    /** Number of running generations when the caller began to interrupt. */
    const answersAtPauses: number[] = [];
    const left: string[] = [];

    beforeAll(async () => {
      vendors = await startSimulatedVendors({
        deepgram: { clock, hearing: hearingInTurn(() => question) },
        openai: {
          clock,
          // Slow enough that the model is still generating when the first words are interrupted.
          pace: { firstTokenMs: 100, tokenMs: 60 },
          answers: () => answerTo(vendors.openai.requests.length),
        },
        elevenlabs: { clock, voice: toneSpeech, pace: { pieceMs: 100 } },
      });
      const session = {
        ...vendors.providers,
        agent: { systemPrompt: 'You talk a lot.', apologyVoice: standInVoice },
      };
      const at = await VirtualRelay.start(voices, session, {}, { clock, workers: [traffic] });
      const result: ReplayResult = await at.run(
        at.call({
          via,
          recordings: await questions(via),
          behaviour: { bargeInMs: 200 },
          onEvent: ({ type }) => {
            if (type === 'agent.paused') answersAtPauses.push(vendors.openai.openAnswers);
            if (type === 'llm.first_token') answersAtFirstToken.push(vendors.openai.openAnswers);
          },
        }),
      );
      ({ events } = result);
      expect(result.recording).not.toBeNull();
      recording = result.recording!;
      left.push(...at.relay.sessions.map(({ id }) => `session ${id}`));
      await at.close();
      await traffic.idle();
      if (vendors.openai.openAnswers > 0) left.push('answers of the model');
      if (vendors.elevenlabs.openContexts > 0) left.push('contexts of the voice');
      for (const url of [vendors.deepgram.baseUrl, vendors.elevenlabs.baseUrl])
        if (traffic.clientsOf(Number(new URL(url).port)) > 0) left.push(`connections to ${url}`);
      if (clock.pendingTimers > 0) left.push(`${clock.pendingTimers} timers`);
    }, 120_000);

    afterAll(async () => {
      traffic.close();
      await vendors.close();
    });

    it('interrupts every time', () => {
      expect(ofType(events, 'agent.interrupted')).toHaveLength(interruptions);
      expect(ofType(events, 'agent.resumed')).toEqual([]);
      expect(ofType(events, 'transcript.final').map(({ text }) => text)).toEqual(
        Array.from({ length: interruptions + 1 }, () => question),
      );
      expect(ofType(events, 'turn.end').at(-1)).toMatchObject({ aborted: null });
      expect(vendors.problems).toEqual([]);
    });

    it('hears nothing more of an answer until the next one begins', () => {
      const starts = ofType(events, 'tts.audio_start');
      const sounding = ofType(events, 'agent.paused').filter(({ turn, atMs }) => {
        const next = starts.find((start) => start.turn === turn + 1);
        const silence = heardBetween(recording, atMs + lines[via].behindMs, next?.atMs ?? 0);
        return isAudible(silence, silenceDbfs);
      });
      expect(sounding).toEqual([]);
    });

    it('has heard exactly what the model is told', () => {
      const told = historyOf(vendors.openai.requests.at(-1)?.messages ?? []);
      expect(told).toHaveLength(interruptions);
      const starts = ofType(events, 'tts.audio_start');
      for (const [index, text] of told.entries()) {
        // Read up to the next answer, so that late audio would be among the words.
        const heard = heardBetween(recording, starts[index]?.atMs ?? 0, starts[index + 1]?.atMs ?? 0);
        const words = wordsInTones(heard, recording.sampleRateHz);
        const whole = spokenWords(text);
        expect(words.slice(0, whole.length)).toEqual(whole);
        const [cut = '', ...more] = words.slice(whole.length);
        const next = answerTo(index + 1).split(' ')[whole.length] ?? '';
        expect(more).toEqual([]);
        // The tones of a cut character can be misread.
        expect(next.startsWith(cut.slice(0, -1))).toBe(true);
        // A word without its last few milliseconds has all its letters, but was not heard to its end.
        if (cut !== '')
          expect(lastSoundMs(heard, recording.sampleRateHz)).toBeLessThan(
            next.length * toneCharacterMs + lines[via].smearMs,
          );
      }
    });

    it('cancels the rest of the model’s answer', () => {
      expect(answersAtPauses.filter((answers) => answers === 1).length).toBeGreaterThan(interruptions / 4);
      expect(answersAtFirstToken).toEqual(Array.from({ length: interruptions + 1 }, () => 1));
    });

    it('never has more contexts open at the voice than the five that it allows', () => {
      expect(vendors.elevenlabs.mostContexts).toBeLessThanOrEqual(5);
      // An answer may begin before the interrupted one has released its socket.
      expect(vendors.elevenlabs.connections).toBeLessThanOrEqual(2);
    });

    it('leaves nothing behind', () => {
      expect(left).toEqual([]);
    });
  },
);

/** The agent's answers in the history that the model gets. */
function historyOf(messages: readonly ChatMessage[]): string[] {
  return messages.flatMap((message) => (message.role === 'assistant' ? [message.content] : []));
}
