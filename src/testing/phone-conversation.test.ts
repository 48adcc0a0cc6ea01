import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { delay } from '../clock.js';
import type { SessionEvent, SessionEventType } from '../events/session-event.js';
import type { LanguageModel } from '../llm/language-model.js';
import type { Caller } from '../replay/caller.js';
import type { ReplayResult } from '../replay/replay-call.js';

import type { SessionConfig } from '../server/config.js';
import type { Session } from '../session/session.js';
import { SentenceSplitter } from '../session/sentence-splitter.js';
import type { TimedWord } from '../audio/timed-word.js';
import type { TextToSpeech } from '../tts/text-to-speech.js';
import { fixtures } from './recordings.js';
import { TestVoices, VirtualRelay } from './virtual-call.js';

const agent = { systemPrompt: 'You run an appointment desk.' };
const greeting = 'Hello, this is the appointment desk. How can I help you?';

const brokenVoice = { name: 'broken', produces: { encodings: ['linear16'], sampleRatesHz: 'any' } } as const;

const voices = new TestVoices();
let relay: VirtualRelay | null = null;

beforeAll(() => voices.warmUp());
afterEach(async () => {
  await relay?.close();
  expect(relay?.clock.pendingTimers).toBe(0);
  relay = null;
});
afterAll(() => voices.close());

async function start(
  session: Partial<SessionConfig> = { agent },
  onSession?: (session: Session) => void,
): Promise<VirtualRelay> {
  relay = await VirtualRelay.start(voices, session, onSession ? { onSession } : {});
  return relay;
}

async function say(
  names: string[],
  options: Parameters<VirtualRelay['call']>[0] | object = {},
): Promise<ReplayResult> {
  const at = relay ?? (await start());
  return at.run(at.call({ recordings: await fixtures(...names), ...options }));
}

function ofType<T extends SessionEventType>(events: readonly SessionEvent[], type: T): SessionEvent<T>[] {
  return events.filter((event) => event.type === type) as SessionEvent<T>[];
}

function texts(events: readonly SessionEvent[]): string[] {
  return ofType(events, 'transcript.final').map(({ text }) => text);
}

describe('a phone call', () => {
  it('recognises both turns, answers each aloud, and tells everything in order', async () => {
    const { events, recording } = await say(['book-my-appointment', 'reschedule-for-friday']);
    expect(texts(events)).toEqual(['book my appointment', 'reschedule for friday']);
    const story = events
      .filter(({ type }) => !['transcript.partial', 'llm.token', 'llm.first_token'].includes(type))
      .map(({ type, turn }) => `${type} ${turn}`);
    const turn = (number: number): string[] =>
      [
        'speech.start',
        'speech.end',
        'transcript.final',
        'turn.start',
        'llm.response',
        'tts.audio_start',
        'tts.audio_end',
        'turn.end',
      ].map((type) => `${type} ${number}`);
    expect(story).toEqual(['session.start 0', ...turn(1), ...turn(2), 'session.end 2']);
    expect(recording?.agent.some((sample) => Math.abs(sample) > 2000)).toBe(true);
  });

  it('measures the ear and splits the time into parts that sum to the total', async () => {
    const { events } = await say(['book-my-appointment']);
    const [end] = ofType(events, 'turn.end');
    const { mouth_to_ear_ms: total, parts, ear } = end!.latency;
    expect(ear).toBe('measured');
    expect(Object.values(parts!).reduce((sum: number, part: number) => sum + part, 0)).toBeCloseTo(total!, 6);
    expect(total).toBeGreaterThanOrEqual(500);
    expect(total).toBeLessThan(560);
  });

  it('greets first, and the greeting has no figure, with the reason', async () => {
    await start({ agent: { ...agent, greeting } });
    const { events } = await say(['book-my-appointment']);
    const [first] = ofType(events, 'turn.end');
    expect(first).toMatchObject({ turn: 0, heardText: greeting, aborted: null });
    expect(first!.latency).toMatchObject({ mouth_to_ear_ms: null, absent: 'greeting' });
    expect(texts(events)).toEqual(['book my appointment']);
  });

  it('ends from the agent’s side after the farewell', async () => {
    const { events, end } = await say(['goodbye']);
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'completed' });
    expect(end).toMatchObject({ how: 'relay_hung_up', said: [] });
  });

  it('says nothing to silence, steady noise and words that it does not know, but asks again after speech', async () => {
    const { events } = await say(['silence', 'steady-noise', 'weather-in-paris']);
    expect(texts(events)).toEqual([]);
    expect(ofType(events, 'warning').map(({ code }) => code)).toContain('unrecognised_speech');
    expect(ofType(events, 'turn.end').map(({ heardText }) => heardText)).toContain(
      'Sorry, could you say that again?',
    );
  });
});

describe('a caller who pauses', () => {
  it('for 400 ms has one turn, and the answer to the first half is never heard', async () => {
    const { events, recording } = await say(['pause-400ms']);
    expect(texts(events).at(-1)).toBe('i would like to book an appointment for friday at three');
    expect(ofType(events, 'turn.end')).toHaveLength(1);
    expect(ofType(events, 'tts.audio_start')).toHaveLength(1);
    const firstHeard = recording!.agent.findIndex((sample) => Math.abs(sample) > 500);
    const lastSaid = recording!.caller.findLastIndex((sample) => Math.abs(sample) > 500);
    expect(firstHeard).toBeGreaterThan(lastSaid);
  });

  it('for 900 ms in the middle of a phrase has one turn', async () => {
    const { events } = await say(['pause-900ms']);
    expect(texts(events)).toEqual(['i would like to book an appointment for friday at three']);
    expect(ofType(events, 'turn.end')).toHaveLength(1);
  });
});

describe('a caller who talks over the agent', () => {
  it('silences it within 150 ms, and the history holds what was heard', async () => {
    let session: Session | null = null;
    let clearedAtMs = 0;
    const at = await start({ agent: { ...agent, greeting } }, (made) => (session = made));
    const result = await say(['stop-and-cancel'], {
      manners: { bargeInMs: 1500 },
      onEvent: (event: SessionEvent) => {
        if (event.type === 'agent.paused') clearedAtMs = event.atMs;
      },
    });
    const [onset] = ofType(result.events, 'speech.start');
    expect(clearedAtMs - onset!.onsetMs).toBeLessThanOrEqual(150);
    const [cut] = ofType(result.events, 'agent.interrupted');
    expect(cut).toMatchObject({ turn: 0, by: 'caller', heard: 'measured' });
    expect(greeting.startsWith(cut!.heardText)).toBe(true);
    expect(session!.messages.filter(({ role }) => role === 'assistant')[0]?.content).toBe(cut!.heardText);
    expect(at.relay.sessions).toHaveLength(0);
  });

  it.each([700, 1200, 1700, 2200])(
    'after %i ms leaves the words in the history that were heard',
    async (bargeInMs) => {
      await start({ agent: { ...agent, greeting } });
      let phone: Caller | null = null;
      let heardSamples = 0;
      const { events } = await say(['stop-and-cancel'], {
        manners: { bargeInMs },
        onCaller: (placed: Caller) => (phone = placed),
        onEvent: (event: SessionEvent) => {
          if (event.type === 'agent.interrupted') heardSamples = phone!.playout.heardSamples;
        },
      });
      const words = await timedWords(greeting);
      const ended = words.filter(({ endMs }) => endMs <= heardSamples / 8).length;
      const inHistory = ofType(events, 'agent.interrupted')[0]!.heardText.split(' ').filter(Boolean).length;
      expect(heardSamples).toBeGreaterThan(0);
      expect(Math.abs(inHistory - ended)).toBeLessThanOrEqual(1);
    },
  );

  it.each(['uh-huh', 'um-hum'])('with %s only makes it pause, and uses up no turn', async (backchannel) => {
    await start({ agent: { ...agent, greeting } });
    const { events } = await say([backchannel, 'book-my-appointment'], { manners: { bargeInMs: 1500 } });
    expect(ofType(events, 'agent.resumed').map(({ turn }) => turn)).toContain(0);
    expect(ofType(events, 'transcript.final').map(({ turn, text }) => ({ turn, text }))).toEqual([
      { turn: 1, text: 'book my appointment' },
    ]);
  });

  it('with a cough makes it pause, and no sample is lost or played twice but the word that was cut', async () => {
    await start({ agent: { ...agent, greeting } });
    const undisturbed = await say(['silence']);
    await relay!.close();
    await start({ agent: { ...agent, greeting } });
    const disturbed = await say(['cough'], { manners: { bargeInMs: 1000 } });
    expect(ofType(disturbed.events, 'agent.resumed')).toHaveLength(1);
    expect(ofType(disturbed.events, 'turn.end')).toMatchObject([
      { turn: 0, heardText: greeting, aborted: null },
    ]);
    const whole = spoken(undisturbed.recording!.agent);
    const { before, after } = splitAtPause(disturbed.recording!.agent);
    expect([...before]).toEqual([...whole.subarray(0, before.length)]);
    expect([...after]).toEqual([...whole.subarray(whole.length - after.length)]);
    const again = before.length + after.length - whole.length;
    expect(again).toBeGreaterThanOrEqual(0);
    // No word of the greeting is longer than 900 ms.
    expect(again).toBeLessThan(0.9 * 8000);
  });
});

describe('a session that the user drives', () => {
  it('hears the caller, speaks, and learns what was heard', async () => {
    const heard: string[] = [];
    const spoke: unknown[] = [];
    await start({}, (session) => {
      session.on('transcript', async ({ text }) => {
        heard.push(text);
        spoke.push(await session.speak(['You said: ', `${text}.`]));
      });
    });
    const { events } = await say(['book-my-appointment']);
    expect(heard).toEqual(['book my appointment']);
    expect(spoke).toEqual([{ turn: 1, heardText: 'You said: book my appointment.', interrupted: false }]);
    expect(ofType(events, 'turn.end')[0]?.latency.ear).toBe('measured');
  });

  it('may speak before the caller does, and interrupt itself', async () => {
    let result: unknown = null;
    await start({}, (session) => {
      void session
        .speak('This sentence is so long that nobody will ever hear the end of it.')
        .then((end) => (result = end));
      session.on('tts.audio_start', () => session.interrupt());
    });
    await say(['silence']);
    expect(result).toMatchObject({ interrupted: true, heardText: '' });
  });

  it('learns what became of every answer, revoked ones too', async () => {
    const results: unknown[] = [];
    await start({}, (session) => {
      session.on('transcript', async ({ text }) => results.push(await session.speak(`You said: ${text}.`)));
    });
    await say(['pause-400ms']);
    expect(results).toMatchObject([
      { turn: 1, heardText: '', interrupted: true },
      { turn: 1, interrupted: false },
    ]);
  });

  it('is unharmed by a listener that throws', async () => {
    await start({ agent }, (session) => {
      session.on('*', () => {
        throw new Error('a bug of the user');
      });
    });
    const { events } = await say(['book-my-appointment']);
    expect(texts(events)).toEqual(['book my appointment']);
    expect(ofType(events, 'warning').some(({ code }) => code === 'listener_failed')).toBe(true);
  });
});

describe('the user’s own parts', () => {
  it('may be a function in place of a model', async () => {
    await start({
      agent,
      llm: ({ messages }) => `I have ${messages.filter(({ role }) => role === 'user').length} request.`,
    });
    const { events } = await say(['book-my-appointment']);
    expect(ofType(events, 'llm.response').map(({ text }) => text)).toEqual(['I have 1 request.']);
  });

  it('may be tools, which run once and are told to the model', async () => {
    const booked: unknown[] = [];
    const book_appointment = {
      description: 'Books an appointment.',
      parameters: z.object({ day: z.string(), time: z.string() }),
      execute: (args: unknown) => {
        booked.push(args);
        return 'booked';
      },
    };
    await start({ agent: { ...agent, tools: { book_appointment } } });
    const { events } = await say(['book-for-friday-at-three', 'yes-please']);
    expect(booked).toEqual([{ day: 'friday', time: '15:00' }]);
    expect(ofType(events, 'llm.tool_result')).toMatchObject([
      { turn: 2, name: 'book_appointment', result: 'booked' },
    ]);
    expect(ofType(events, 'turn.end').at(-1)?.heardText).toMatch(/friday at three/i);
  });

  it('apologises when the model fails', async () => {
    await start({
      agent: { ...agent, apology: 'Sorry, that failed.' },
      llm: () => {
        throw new Error('the model is down');
      },
    });
    const { events } = await say(['book-my-appointment']);
    expect(ofType(events, 'error')).toMatchObject([
      { kind: 'llm', message: expect.stringContaining('the model is down') },
    ]);
    expect(ofType(events, 'turn.end')[0]?.heardText).toBe('Sorry, that failed.');
  });

  it('may be a slow tool: it runs once, also when the caller goes on meanwhile', async () => {
    let runs = 0;
    const look_up = {
      description: 'Looks something up.',
      parameters: z.object({}),
      execute: () => {
        runs++;
        return delay(relay!.clock, 1500).then(() => 'found');
      },
    };
    const llm: LanguageModel = {
      name: 'caller of tools',
      async *generate({ messages }) {
        await Promise.resolve();
        if (messages.some(({ role }) => role === 'tool')) {
          yield { type: 'token', text: 'It was found.' };
          yield { type: 'done', finishReason: 'stop' };
        } else {
          yield {
            type: 'tool_call',
            call: { id: `call-${messages.length}`, name: 'look_up', arguments: '{}' },
          };
          yield { type: 'done', finishReason: 'tool_calls' };
        }
      },
    };
    await start({ agent: { ...agent, tools: { look_up } }, llm });
    const { events } = await say(['pause-400ms']);
    expect(ofType(events, 'turn.continued')).toHaveLength(1);
    expect(runs).toBe(1);
    expect(ofType(events, 'turn.end')).toMatchObject([
      { turn: 1, heardText: 'It was found.', aborted: null },
    ]);
  });

  it('are stopped when the call ends in the middle of an answer', async () => {
    const signals: AbortSignal[] = [];
    const llm: LanguageModel = {
      name: 'endless',
      async *generate({ signal }) {
        signals.push(signal);
        for (let word = 0; !signal.aborted; word++) {
          yield { type: 'token', text: `This is sentence number ${word}. ` };
          await delay(relay!.clock, 200, signal).catch(() => undefined);
        }
        yield { type: 'done', finishReason: 'stop' };
      },
    };
    const at = await start({ agent, llm });
    const hangUp = new AbortController();
    at.clock.setTimer(6000, () => hangUp.abort(new Error('the caller hangs up')));
    await say(['book-my-appointment'], { signal: hangUp.signal });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it.each<[string, () => TextToSpeech]>([
    [
      'throws',
      () => ({
        ...brokenVoice,
        open: () => {
          throw new Error('no voice today');
        },
      }),
    ],
    [
      'gives another rate than it was asked for',
      () => ({
        ...brokenVoice,
        open: ({ onEvent }) => ({
          write: () =>
            onEvent({
              type: 'audio',
              chunk: 0,
              frame: { samples: new Int16Array(960), sampleRateHz: 24_000 },
            }),
          end: () => undefined,
          close: () => undefined,
        }),
      }),
    ],
  ])('may be a voice that %s: the turn ends with an error and the call goes on', async (_what, makeVoice) => {
    await start({ agent, tts: makeVoice() });
    const { events } = await say(['book-my-appointment', 'reschedule-for-friday']);
    expect(texts(events)).toEqual(['book my appointment', 'reschedule for friday']);
    expect(ofType(events, 'turn.end').map(({ aborted }) => aborted)).toEqual(['error', 'error']);
    expect(ofType(events, 'error')[0]).toMatchObject({ kind: 'tts', provider: 'broken' });
  });
});

describe('the end of a call', () => {
  it.each([
    ['while nobody speaks', 500],
    ['while the caller speaks', 1900],
    ['while the answer is prepared', 3100],
    ['while the answer is heard', 3900],
  ])('comes %s, and everything that was begun is ended', async (_when, afterMs) => {
    const at = await start();
    const hangUp = new AbortController();
    at.clock.setTimer(afterMs, () => hangUp.abort(new Error('the caller hangs up')));
    const { events } = await say(['book-my-appointment'], { signal: hangUp.signal });
    const balance = ofType(events, 'tts.audio_start').length - ofType(events, 'tts.audio_end').length;
    expect(balance).toBe(0);
    expect(ofType(events, 'turn.start').length).toBe(ofType(events, 'turn.end').length);
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
  });

  it('comes when nobody says anything for long enough', async () => {
    await start({ agent, limits: { idleTimeoutMs: 2000 } });
    const { events, end } = await say(['silence', 'silence']);
    expect(events.at(-1)).toMatchObject({ reason: 'idle_timeout' });
    expect(end.how).toBe('relay_hung_up');
  });

  it('comes when the session has lasted as long as it may', async () => {
    await start({ agent, limits: { maxDurationMs: 2500 } });
    const { events } = await say(['book-my-appointment']);
    expect(events.at(-1)).toMatchObject({ reason: 'max_duration' });
  });
});

/** Where each word lies in the agent's audio, from the voice itself rather than from the session's books. */
function timedWords(text: string): Promise<TimedWord[]> {
  const words: TimedWord[] = [];
  const splitter = new SentenceSplitter();
  return new Promise((resolve, reject) => {
    const stream = voices.tts.open({
      format: { encoding: 'mulaw', sampleRateHz: 8000 },
      signal: new AbortController().signal,
      onEvent: (event) => {
        if (event.type === 'alignment') words.push(...event.words);
        else if (event.type === 'done') resolve(words);
        else if (event.type === 'error') reject(event.error);
      },
    });
    for (const chunk of [...splitter.push(text), ...splitter.flush()]) stream.write(chunk.trim());
    stream.end();
  });
}

/** The stretch from the first to the last sample that is not silence. */
function spoken(samples: Int16Array): Int16Array {
  const first = samples.findIndex((sample) => sample !== 0);
  const last = samples.findLastIndex((sample) => sample !== 0);
  return samples.subarray(first, last + 1);
}

/** What was played before and after the longest silence in the middle of speech. */
function splitAtPause(samples: Int16Array): { before: Int16Array; after: Int16Array } {
  const speech = spoken(samples);
  let longest = { start: 0, length: 0 };
  for (let i = 0, run = 0; i < speech.length; i++) {
    run = speech[i] === 0 ? run + 1 : 0;
    if (run > longest.length) longest = { start: i - run + 1, length: run };
  }
  return {
    before: speech.subarray(0, longest.start),
    after: speech.subarray(longest.start + longest.length),
  };
}
