import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { delay } from '#src/core/clock.js';
import { ProviderError } from '#src/core/errors.js';
import type { LanguageModel } from '#src/providers/language-model.js';
import type { TextToSpeech } from '#src/providers/text-to-speech.js';
import type { Session } from '#src/session/session.js';
import { standInVoice } from '#src/drills/stand-in-voice.js';
import type { VirtualRelay } from '#src/drills/virtual-call.js';
import { describeActivity } from '#src/session/turn-taking/machine-state.js';
import { earFor } from './harness/ear-for.js';
import { agent, PhoneConversations } from './harness/phone-conversations.js';
import { ofType, texts } from './harness/session-events.js';

const calls = new PhoneConversations();

afterEach(() => calls.end());
afterAll(() => calls.close());

const brokenVoice = { name: 'broken', produces: { encodings: ['linear16'], sampleRatesHz: 'any' } } as const;

describe('the user’s own parts', () => {
  it('may be a function in place of a model', async () => {
    await calls.start({
      agent,
      stt: earFor('book-my-appointment'),
      llm: ({ messages }) => `I have ${messages.filter(({ role }) => role === 'user').length} request.`,
    });
    const { events } = await calls.say(['book-my-appointment']);
    expect(ofType(events, 'llm.response').map(({ text }) => text)).toEqual(['I have 1 request.']);
  });

  it('may be tools, which run once and whose results the model gets', async () => {
    const booked: unknown[] = [];
    const book_appointment = {
      description: 'Books an appointment.',
      parameters: z.object({ day: z.string(), time: z.string() }),
      execute: (args: unknown) => {
        booked.push(args);
        return 'booked';
      },
    };
    const said = ['book-for-friday-at-three', 'yes-please'];
    await calls.start({ agent: { ...agent, tools: { book_appointment } }, stt: earFor(...said) });
    const { events } = await calls.say(said);
    expect(booked).toEqual([{ day: 'friday', time: '15:00' }]);
    expect(ofType(events, 'llm.tool_result')).toMatchObject([
      { turn: 2, name: 'book_appointment', result: 'booked' },
    ]);
    expect(ofType(events, 'turn.end').at(-1)?.heardText).toMatch(/friday at three/i);
  });

  it('apologises when the model fails', async () => {
    await calls.start({
      agent: { ...agent, apology: 'Sorry, that failed.' },
      stt: earFor('book-my-appointment'),
      llm: () => {
        throw new Error('the model is down');
      },
    });
    const { events } = await calls.say(['book-my-appointment']);
    expect(ofType(events, 'error')).toMatchObject([
      { kind: 'llm', message: expect.stringContaining('the model is down') },
    ]);
    expect(ofType(events, 'turn.end')[0]?.heardText).toBe('Sorry, that failed.');
  });

  it('may be a model that writes a word a second: its words are heard as they come, and the parts still sum', async () => {
    const words = 'We have an opening on every day of the week'.split(' ');
    const clock = (): VirtualRelay['clock'] => calls.relay.clock;
    await calls.start({
      agent,
      stt: earFor('book-my-appointment'),
      llm: async function* ({ signal }) {
        for (const [index, word] of words.entries()) {
          yield index === 0 ? word : ` ${word}`;
          await delay(clock(), 1100, signal);
        }
      },
    });
    const { events } = await calls.say(['book-my-appointment']);
    const [end] = ofType(events, 'turn.end');
    const { mouth_to_ear_ms: total, parts } = end!.latency;
    // The simulated caller hangs up in one of the pauses.
    expect(end!.heardText).toMatch(/^We/);
    expect(Object.values(parts!).reduce((sum: number, part: number) => sum + part, 0)).toBeCloseTo(total!, 6);
    expect(parts!.sentence).toBeGreaterThan(1000);
    expect(total).toBeLessThan(2500);
    expect(ofType(events, 'warning').map(({ code }) => code)).toEqual(['slow_text']);
  });

  it('warns at the start if its voice cannot say the apology, and again when it is due', async () => {
    const apology = 'क्षमा करें, कुछ गलत हो गया।';
    await calls.start({
      agent: { ...agent, apology },
      stt: earFor('book-my-appointment'),
      llm: () => {
        throw new Error('the model is down');
      },
    });
    const { events } = await calls.say(['book-my-appointment']);
    const warnings = ofType(events, 'warning').filter(({ code }) => code === 'unsayable_text');
    expect(warnings.map(({ turn, message }) => [turn, message.includes(apology)])).toEqual([
      [0, true],
      [1, true],
    ]);
  });

  it('tell in turn what the caller waits for: the recogniser, the model, a tool, the voice', async () => {
    const look_up = {
      description: 'Looks something up.',
      parameters: z.object({}),
      execute: () => delay(calls.relay.clock, 400).then(() => 'found'),
    };
    const llm: LanguageModel = {
      name: 'slow',
      async *generate({ messages, signal }) {
        await delay(calls.relay.clock, 300, signal);
        if (messages.some(({ role }) => role === 'tool')) {
          yield { type: 'token', text: 'It ' };
          await delay(calls.relay.clock, 100, signal);
          yield { type: 'token', text: 'was found.' };
        } else yield { type: 'tool_call', call: { id: 'a', name: 'look_up', arguments: '{}' } };
        yield { type: 'done', finishReason: 'stop' };
      },
    };
    const sessions: Session[] = [];
    await calls.start(
      { agent: { ...agent, tools: { look_up } }, llm, stt: earFor('book-my-appointment') },
      (session) => void sessions.push(session),
    );
    await calls.say(['book-my-appointment']);
    const seen = sessions.flatMap(({ trace }) => trace.steps.map(({ state }) => describeActivity(state)));
    expect(seen.filter((activity, index) => activity !== seen[index - 1]).join(' ')).toContain(
      'hearing waiting_for_final generating waiting_for_model running_tools waiting_for_model generating waiting_for_voice speaking listening',
    );
  });

  it('may tell what their vendors call a request: events, errors and the turn’s metrics have it', async () => {
    let asked = 0;
    const llm: LanguageModel = {
      name: 'acme',
      async *generate({ onIncident }) {
        await Promise.resolve();
        const requestId = `req_${++asked}`;
        onIncident?.({ type: 'request', kind: 'llm', provider: 'acme', requestId });
        if (asked > 1)
          throw new ProviderError('No.', { kind: 'llm', provider: 'acme', category: 'auth', requestId });
        yield { type: 'token', text: 'Yes.' };
        yield { type: 'done', finishReason: 'stop' };
      },
    };
    const sessions: Session[] = [];
    const said = ['book-my-appointment', 'reschedule-for-friday'];
    await calls.start({ agent, llm, stt: earFor(...said) }, (session) => void sessions.push(session));
    const { events } = await calls.say(said);
    const request = { kind: 'llm', provider: 'acme' };
    expect(ofType(events, 'provider.request')).toMatchObject([
      { ...request, turn: 1, requestId: 'req_1' },
      { ...request, turn: 2, requestId: 'req_2' },
    ]);
    expect(ofType(events, 'error')).toMatchObject([{ ...request, turn: 2, requestId: 'req_2' }]);
    expect(sessions[0]!.getMetrics().turns.map(({ requests }) => requests)).toEqual([
      [{ ...request, requestId: 'req_1' }],
      [{ ...request, requestId: 'req_2' }],
    ]);
  });

  it('may be a slow tool: it runs once, also when the caller continues meanwhile', async () => {
    let runs = 0;
    const look_up = {
      description: 'Looks something up.',
      parameters: z.object({}),
      execute: () => {
        runs++;
        return delay(calls.relay.clock, 1500).then(() => 'found');
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
    await calls.start({ agent: { ...agent, tools: { look_up } }, llm });
    const { events } = await calls.say(['pause-400ms']);
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
          await delay(calls.relay.clock, 200, signal).catch(() => undefined);
        }
        yield { type: 'done', finishReason: 'stop' };
      },
    };
    const at = await calls.start({ agent, llm, stt: earFor('book-my-appointment'), tts: standInVoice });
    const hangUp = new AbortController();
    at.clock.setTimer(6000, () => hangUp.abort(new Error('the caller hangs up')));
    await calls.say(['book-my-appointment'], { signal: hangUp.signal });
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
      'produces another rate than requested',
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
  ])(
    'may be a voice that %s: the turn ends with an error and the call continues',
    async (_what, makeVoice) => {
      const said = ['book-my-appointment', 'reschedule-for-friday'];
      await calls.start({ agent, stt: earFor(...said), tts: makeVoice() });
      const { events } = await calls.say(said, { behaviour: { answerWithinMs: 3000 } });
      expect(texts(events)).toEqual(['book my appointment', 'reschedule for friday']);
      expect(ofType(events, 'turn.end').map(({ aborted }) => aborted)).toEqual(['error', 'error']);
      expect(ofType(events, 'error')[0]).toMatchObject({ kind: 'tts', provider: 'broken' });
    },
  );
});
