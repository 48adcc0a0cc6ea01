import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { fleetingEvents } from '../src/events/session-event.js';
import { earFor } from './harness/ear-for.js';
import { agent, greeting, PhoneConversations } from './harness/phone-conversations.js';
import { ofType, texts } from './harness/session-events.js';
import { drawn } from './harness/thorough.js';

const calls = new PhoneConversations();

afterEach(() => calls.end());
afterAll(() => calls.close());

describe('a phone call', () => {
  it('recognises both turns, answers each aloud, and emits all events in order', async () => {
    const { events, recording } = await calls.say(['book-my-appointment', 'reschedule-for-friday']);
    expect(texts(events)).toEqual(['book my appointment', 'reschedule for friday']);
    for (const { atMs, timeMs } of events)
      expect(Math.abs(timeMs - events[0]!.timeMs - (atMs - events[0]!.atMs))).toBeLessThanOrEqual(1);
    expect(new Date(events[0]!.timeMs).toISOString()).toMatch(/^2026-01-31T12:00:/);
    const story = events
      .filter(({ type }) => !fleetingEvents.has(type) && type !== 'llm.first_token')
      .map(({ type, turn }) => `${type} ${turn}`);
    const turn = (number: number): string[] =>
      [
        'speech.start',
        'speech.end',
        'transcript.final',
        'turn.start',
        'llm.speculation',
        'llm.response',
        'tts.audio_start',
        'tts.audio_end',
        'turn.end',
      ].map((type) => `${type} ${number}`);
    expect(story).toEqual(['session.start 0', ...turn(1), ...turn(2), 'session.end 2']);
    expect(recording?.agent.some((sample) => Math.abs(sample) > 2000)).toBe(true);
  });

  it('measures the ear and splits the time into parts that sum to the total', async () => {
    await calls.start({ agent, stt: earFor('book-my-appointment') });
    const { events } = await calls.say(['book-my-appointment']);
    const [end] = ofType(events, 'turn.end');
    const { mouth_to_ear_ms: total, parts, ear } = end!.latency;
    expect(ear).toBe('measured');
    expect(Object.values(parts!).reduce((sum: number, part: number) => sum + part, 0)).toBeCloseTo(total!, 6);
    expect(total).toBeGreaterThanOrEqual(500);
    expect(total).toBeLessThan(560);
  });

  it('greets first, and the greeting has no latency, with a reason', async () => {
    await calls.start({ agent: { ...agent, greeting }, stt: earFor('book-my-appointment') });
    const { events } = await calls.say(['book-my-appointment']);
    const [first] = ofType(events, 'turn.end');
    expect(first).toMatchObject({ turn: 0, heardText: greeting, aborted: null });
    expect(first!.latency).toMatchObject({ mouth_to_ear_ms: null, absent: 'greeting' });
    expect(texts(events)).toEqual(['book my appointment']);
  });

  it('ends from the agent’s side after the farewell', async () => {
    await calls.start({ agent, stt: earFor('goodbye') });
    const { events, end } = await calls.say(['goodbye']);
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'completed' });
    expect(end).toMatchObject({ how: 'relay_hung_up', said: [] });
  });

  it('does not answer silence, steady noise and unknown words, but asks again after speech', async () => {
    const { events } = await calls.say(['silence', 'steady-noise', 'weather-in-paris']);
    expect(texts(events)).toEqual([]);
    expect(ofType(events, 'warning').map(({ code }) => code)).toContain('unrecognised_speech');
    expect(ofType(events, 'turn.end').map(({ heardText }) => heardText)).toContain(
      'Sorry, could you say that again?',
    );
  });
});

describe('a caller who pauses', () => {
  it('for 400 ms has one turn, and the answer to the first half is never heard', async () => {
    const { events, recording } = await calls.say(['pause-400ms']);
    expect(texts(events).at(-1)).toBe('i would like to book an appointment for friday at three');
    expect(ofType(events, 'turn.end')).toHaveLength(1);
    expect(ofType(events, 'tts.audio_start')).toHaveLength(1);
    const firstHeard = recording!.agent.findIndex((sample) => Math.abs(sample) > 500);
    const lastSaid = recording!.caller.findLastIndex((sample) => Math.abs(sample) > 500);
    expect(firstHeard).toBeGreaterThan(lastSaid);
  });

  it('for 900 ms in the middle of a phrase has one turn', async () => {
    const { events } = await calls.say(['pause-900ms']);
    expect(texts(events)).toEqual(['i would like to book an appointment for friday at three']);
    expect(ofType(events, 'turn.end')).toHaveLength(1);
  });
});

describe('a session without an agent', () => {
  it('hears the caller, speaks, and learns what was heard', async () => {
    const heard: string[] = [];
    const spoke: unknown[] = [];
    await calls.start({ stt: earFor('book-my-appointment') }, (session) => {
      session.on('transcript', async ({ text }) => {
        heard.push(text);
        spoke.push(await session.speak(['You said: ', `${text}.`]));
      });
    });
    const { events } = await calls.say(['book-my-appointment']);
    expect(heard).toEqual(['book my appointment']);
    expect(spoke).toEqual([{ turn: 1, heardText: 'You said: book my appointment.', interrupted: false }]);
    expect(ofType(events, 'turn.end')[0]?.latency.ear).toBe('measured');
  });

  it('may speak before the caller does, and interrupt itself', async () => {
    let result: unknown = null;
    await calls.start({}, (session) => {
      void session
        .speak('This sentence is so long that no caller will ever hear the end of it.')
        .then((end) => (result = end));
      session.on('tts.audio_start', () => session.interrupt());
    });
    await calls.say(['silence']);
    expect(result).toMatchObject({ interrupted: true, heardText: '' });
  });

  it('learns the outcome of every answer, also of revoked ones', async () => {
    const results: unknown[] = [];
    await calls.start({}, (session) => {
      session.on('transcript', async ({ text }) => results.push(await session.speak(`You said: ${text}.`)));
    });
    await calls.say(['pause-400ms']);
    expect(results).toMatchObject([
      { turn: 1, heardText: '', interrupted: true },
      { turn: 1, interrupted: false },
    ]);
  });

  it('continues when a listener throws', async () => {
    await calls.start({ agent, stt: earFor('book-my-appointment') }, (session) => {
      session.on('*', () => {
        throw new Error('a bug of the user');
      });
    });
    const { events } = await calls.say(['book-my-appointment']);
    expect(texts(events)).toEqual(['book my appointment']);
    expect(ofType(events, 'warning').some(({ code }) => code === 'listener_failed')).toBe(true);
  });
});

describe('the end of a call', () => {
  const moments: readonly [string, number][] = [
    ['in silence', 500],
    ['while the caller speaks', 1900],
    ['while the answer is prepared', 3100],
    ['while the answer is heard', 3900],
  ];

  it.each(drawn(moments, 2))('comes %s, and leaves nothing running', async (_when, afterMs) => {
    const at = await calls.start({ agent, stt: earFor('book-my-appointment') });
    const hangUp = new AbortController();
    at.clock.setTimer(afterMs, () => hangUp.abort(new Error('the caller hangs up')));
    const { events } = await calls.say(['book-my-appointment'], { signal: hangUp.signal });
    const balance = ofType(events, 'tts.audio_start').length - ofType(events, 'tts.audio_end').length;
    expect(balance).toBe(0);
    expect(ofType(events, 'turn.start').length).toBe(ofType(events, 'turn.end').length);
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
  });

  it('comes after the idle time-out', async () => {
    await calls.start({ agent, limits: { idleTimeoutMs: 2000 } });
    const { events, end } = await calls.say(['silence', 'silence']);
    expect(events.at(-1)).toMatchObject({ reason: 'idle_timeout' });
    expect(end.how).toBe('relay_hung_up');
  });

  it('comes after the session’s maximum duration', async () => {
    await calls.start({ agent, stt: earFor('book-my-appointment'), limits: { maxDurationMs: 2500 } });
    const { events } = await calls.say(['book-my-appointment']);
    expect(events.at(-1)).toMatchObject({ reason: 'max_duration' });
  });
});
