import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { audibleStart } from '../src/audio/silence.js';
import { LoopbackTraffic } from '../src/drills/loopback-traffic.js';
import { standInVoice } from '../src/drills/stand-in-voice.js';
import { spokenWords, toneSpeech, wordsInTones } from '../src/drills/tone-speech.js';
import { TestVoices, VirtualRelay } from '../src/drills/virtual-call.js';
import type { SessionEvent } from '../src/events/session-event.js';
import type { DeepgramSttConfig } from '../src/providers/deepgram/deepgram-definition.js';
import type { RelaySessionConfig } from '../src/relay/config/config.js';
import { lanesOf } from '../src/replay/lanes.js';
import type { Recording } from '../src/replay/recordings.js';
import { callerRatesHz } from '../src/replay/replay-call.js';
import { callerSpeech } from '../src/simulators/caller-speech.js';
import {
  hearingInTurn,
  type SimulatedHearing,
  type SpokenWord,
} from '../src/simulators/simulated-hearing.js';
import type { OpenAiAnswers } from '../src/simulators/openai/openai-script.js';
import { startSimulatedVendors } from '../src/simulators/simulated-vendors.js';
import { VirtualClock } from '../src/simulators/virtual-clock.js';
import type { TransportType } from '../src/transport/transport.js';
import { ofType } from './harness/session-events.js';

const voices = new TestVoices();
beforeAll(() => voices.warmUp());
afterAll(() => voices.close());

interface CallOptions {
  readonly via: TransportType;
  readonly recordings: readonly Recording[];
  readonly hearing: SimulatedHearing;
  readonly answers: OpenAiAnswers;
  readonly session?: Partial<RelaySessionConfig>;
  /** Fields of the recogniser's config. */
  readonly deepgram?: Partial<DeepgramSttConfig>;
  readonly onEvent?: (event: SessionEvent) => void;
}

interface HeldCall {
  readonly events: readonly SessionEvent[];
  readonly heard: string;
  readonly requests: number;
  readonly problems: readonly string[];
}

/** A call with the three simulated vendors, in virtual time. */
async function hold({
  via,
  recordings,
  hearing,
  answers,
  session,
  deepgram,
  onEvent,
}: CallOptions): Promise<HeldCall> {
  const clock = new VirtualClock();
  const traffic = new LoopbackTraffic();
  const vendors = await startSimulatedVendors({
    deepgram: { clock, hearing },
    openai: { clock, answers },
    elevenlabs: { clock, voice: toneSpeech },
  });
  const { agent, ...more } = session ?? {};
  const relay = await VirtualRelay.start(
    voices,
    {
      ...vendors.providers,
      stt: { ...vendors.providers.stt, ...deepgram },
      agent: { systemPrompt: 'You answer.', apologyVoice: standInVoice, filler: '', ...agent },
      ...more,
    },
    {},
    { clock, workers: [traffic] },
  );
  try {
    if (onEvent) relay.relay.on('*', onEvent);
    const { recording } = await relay.run(relay.call({ via, recordings }));
    return {
      events: relay.events,
      heard: recording ? wordsInTones(recording.agent, recording.sampleRateHz).join(' ') : '',
      requests: vendors.openai.requests.length,
      problems: vendors.problems,
    };
  } finally {
    await relay.close();
    await traffic.idle();
    traffic.close();
    await vendors.close();
  }
}

/** A spoken text without the silence before it. */
async function spoken(text: string, sampleRateHz: number): Promise<Int16Array> {
  const samples = await callerSpeech(text, { sampleRateHz });
  return samples.subarray(audibleStart(samples, sampleRateHz));
}

function recordingOf(samples: Int16Array, sampleRateHz: number, index: number): Recording {
  return { path: '', name: String(index), samples, sampleRateHz };
}

const turns = 4;
/** Each answer has words that no other has. */
const answerTo = (turn: number): string => `Yes ba${'bcdfghjklm'[turn] ?? ''}. Come again.`;
const lastOf: OpenAiAnswers = ({ messages }) =>
  answerTo(messages.filter(({ role }) => role === 'user').length - 1);

async function questions(via: TransportType): Promise<Recording[]> {
  const sampleRateHz = callerRatesHz[via];
  const samples = await spoken('are you open today', sampleRateHz);
  return Array.from({ length: turns }, (_, index) => recordingOf(samples, sampleRateHz, index));
}

function earsOf(events: readonly SessionEvent[]): number[] {
  return ofType(events, 'turn.end').flatMap(({ latency }) => latency.mouth_to_ear_ms ?? []);
}

describe.each(['twilio', 'webrtc'] as const)('a call over %s', (via) => {
  it('is the same with answers before the turn is certain, and without, but for the wait', async () => {
    const held = async (session: Partial<RelaySessionConfig>): Promise<HeldCall> =>
      hold({
        via,
        recordings: await questions(via),
        hearing: hearingInTurn(() => 'open today', { lastWord: 'in_time' }),
        answers: lastOf,
        session,
      });
    const without = await held({ speculation: false });
    const early = await held({});
    expect(lanesOf(early.events)).toEqual(lanesOf(without.events));
    expect(early.heard).toBe(without.heard);
    expect([early.problems, without.problems]).toEqual([[], []]);
    expect(without.requests).toBe(turns);
    const begun = ofType(early.events, 'llm.speculation');
    expect(begun.map(({ outcome }) => outcome)).toEqual(Array<string>(turns).fill('adopted'));
    expect(early.requests).toBe(turns);
    // On average the answer is heard this much earlier, in virtual time.
    const sum = (figures: readonly number[]): number => figures.reduce((total, ms) => total + ms, 0);
    expect((sum(earsOf(without.events)) - sum(earsOf(early.events))) / turns).toBeGreaterThan(90);
  });

  it('runs no tool before the turn is certain', async () => {
    const log: string[] = [];
    const { events } = await hold({
      via,
      recordings: (await questions(via)).slice(0, 2),
      hearing: hearingInTurn(() => 'open today', { lastWord: 'in_time' }),
      answers: ({ messages }) =>
        messages.at(-1)?.role === 'tool' ? 'Yes.' : { toolCalls: [{ name: 'look_up', arguments: {} }] },
      session: {
        agent: {
          systemPrompt: 'You look it up.',
          tools: {
            look_up: {
              description: 'Looks up the hours.',
              parameters: z.object({}),
              execute: () => {
                log.push('runs');
                return 'open';
              },
            },
          },
        },
      },
      onEvent: ({ type, turn }) => {
        if (type === 'turn.start' && turn > 0) log.push('begins');
      },
    });
    expect(log).toEqual(['begins', 'runs', 'begins', 'runs']);
    expect(ofType(events, 'llm.speculation').map(({ outcome }) => outcome)).toEqual(['adopted', 'adopted']);
  });
});

describe('a model that fails before the turn is certain', () => {
  it('says so once, with the reason; the turn begins anew, and the voice is given no apology', async () => {
    let asked = 0;
    const { events, heard } = await hold({
      via: 'twilio',
      recordings: (await questions('twilio')).slice(0, 1),
      hearing: hearingInTurn(() => 'open today', { lastWord: 'in_time' }),
      answers: () => '',
      session: {
        llm: {
          name: 'own',
          speculative: true,
          async *generate() {
            await Promise.resolve();
            if (asked++ === 0) throw new Error('The model is still asleep.');
            yield { type: 'token', text: answerTo(0) };
            yield { type: 'done', finishReason: 'stop' };
          },
        },
      },
    });
    const [only, ...others] = ofType(events, 'llm.speculation');
    expect(others).toEqual([]);
    expect(only).toMatchObject({ outcome: 'failed', tokens: 0, characters: 0 });
    expect(only?.failure).toContain('still asleep');
    expect(heard).toBe(spokenWords(answerTo(0)).join(' '));
    expect(ofType(events, 'error')).toEqual([]);
  });
});

describe('Flux, asked for eager ends of turns', () => {
  it('begins the answer, where no interim result has the last word', async () => {
    const { events, heard, problems } = await hold({
      via: 'twilio',
      recordings: await questions('twilio'),
      hearing: hearingInTurn(() => 'open today'),
      answers: lastOf,
      deepgram: { model: 'flux-general-en', eagerEndOfTurnThreshold: 0.4 },
    });
    expect(problems).toEqual([]);
    expect(heard).toBe(
      Array.from({ length: turns }, (_, turn) => spokenWords(answerTo(turn)).join(' ')).join(' '),
    );
    const adopted = ofType(events, 'llm.speculation').filter(({ outcome }) => outcome === 'adopted');
    expect(adopted.map(({ turn, text }) => [turn, text])).toEqual(
      Array.from({ length: turns }, (_, turn) => [turn + 1, 'open today']),
    );
  });
});

/** Each sound of the caller is one word of the text; it is known when the caller has been silent for a moment. */
function oneWordPerSound(texts: readonly string[]): SimulatedHearing {
  const all = texts.flatMap((text) => text.split(' '));
  const silenceSec = 0.04;
  return (sampleRateHz) => {
    const words: SpokenWord[] = [];
    let nowSec = 0;
    let sound: { startSec: number; endSec: number } | null = null;
    return {
      words,
      hear(samples, isSpeech) {
        nowSec += samples.length / sampleRateHz;
        if (isSpeech) {
          sound ??= { startSec: nowSec, endSec: nowSec };
          sound.endSec = nowSec;
        } else if (sound && nowSec - sound.endSec >= silenceSec) {
          words.push({ word: all[words.length] ?? '', ...sound });
          sound = null;
        }
      },
      settle: () => undefined,
    };
  };
}

describe('a caller who pauses after every word', () => {
  const sentences = [
    'could you tell me whether you are open today',
    'is there parking near your front door',
    'please move my visit by two days',
    'she would rather come next tuesday morning',
    'do you speak french or german',
    'we need four chairs beside one table',
    'my brother called you last night',
    'how much does one lesson cost now',
    'can children come along too',
    'thanks that was very helpful',
  ];
  const answers = sentences.map((_, turn) => answerTo(turn));

  /** The words of the sentences, with these pauses in turn. */
  async function said(pausesMs: readonly number[]): Promise<Recording[]> {
    const sampleRateHz = callerRatesHz.twilio;
    const word = await spoken('no', sampleRateHz);
    let pause = 0;
    return sentences.map((sentence, index) => {
      const parts = sentence.split(' ').flatMap((_, at) => {
        const silence = (pausesMs[pause++ % pausesMs.length] ?? 0) * (sampleRateHz / 1000);
        return at === 0 ? [word] : [new Int16Array(silence), word];
      });
      const samples = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
      let at = 0;
      for (const part of parts) {
        samples.set(part, at);
        at += part.length;
      }
      return recordingOf(samples, sampleRateHz, index);
    });
  }

  it.each([
    ['short pauses', [120, 140, 160]],
    ['pauses that end its speech', [200, 300, 400]],
    ['pauses of any length', [100, 450, 150, 250]],
  ])('hears no answer to half a sentence, and little is begun for nothing: %s', async (_what, pausesMs) => {
    const { events, heard, problems } = await hold({
      via: 'twilio',
      recordings: await said(pausesMs),
      hearing: oneWordPerSound(sentences),
      answers: ({ messages }) => {
        const words = messages.findLast(({ role }) => role === 'user')?.content ?? '';
        return answers[sentences.indexOf(words)] ?? 'Half a sentence is not enough for me.';
      },
    });
    expect(problems).toEqual([]);
    expect(heard).toBe(answers.flatMap((answer) => spokenWords(answer)).join(' '));
    const tries = ofType(events, 'llm.speculation');
    const wasted = tries.filter(({ outcome }) => outcome !== 'adopted');
    const tokens = ofType(events, 'llm.token').length;
    const wastedTokens = wasted.reduce((sum, { tokens: sent }) => sum + sent, 0);
    expect(wastedTokens / (tokens + wastedTokens)).toBeLessThanOrEqual(0.3);
    for (let turn = 1; turn <= sentences.length; turn++)
      expect(tries.filter((one) => one.turn === turn).length).toBeLessThanOrEqual(2);
  });
});
