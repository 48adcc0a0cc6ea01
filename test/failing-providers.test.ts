import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { delay } from '#src/core/clock.js';
import { ProviderError } from '#src/core/errors.js';
import type { LanguageModel } from '#src/providers/language-model.js';
import type { ReplayResult } from '#src/replay/replay-call.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import type { SpeechToText } from '#src/providers/speech-to-text.js';
import { earFor } from './harness/ear-for.js';
import { fixtures } from './harness/recordings.js';
import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';
import { isThorough } from './harness/thorough.js';
import { ofType } from './harness/session-events.js';

const agent = { systemPrompt: 'You run an appointment desk.', apology: 'Sorry, that failed.' };
const voices = new TestVoices();
let relay: VirtualRelay;

afterEach(async () => {
  await relay.close();
  expect(relay.clock.pendingTimers).toBe(0);
});
afterAll(() => voices.close());

async function call(session: Partial<SessionConfig>, ...says: string[]): Promise<ReplayResult> {
  relay = await VirtualRelay.start(voices, { agent, stt: earFor(...says), ...session });
  return relay.run(relay.call({ recordings: await fixtures(...says) }));
}

/** A recogniser that fails each time the caller has finished speaking. */
const deadEar: SpeechToText = {
  name: 'dead',
  accepts: { encodings: ['linear16'], sampleRatesHz: 'any' },
  open: ({ onEvent }) => ({
    write: () => undefined,
    flush: () =>
      queueMicrotask(() =>
        onEvent({
          type: 'error',
          error: new ProviderError('The line to it is dead.', {
            kind: 'stt',
            provider: 'dead',
            category: 'connection',
          }),
        }),
      ),
    close: () => Promise.resolve(),
  }),
};

/** Takes audio and never recognises a word. */
const silentEar: SpeechToText = {
  name: 'silent',
  accepts: { encodings: ['linear16', 'mulaw'], sampleRatesHz: [8000] },
  open: ({ onEvent }) => ({
    write: () => undefined,
    flush: () => queueMicrotask(() => onEvent({ type: 'final', text: '', endOfUtterance: true })),
    close: () => Promise.resolve(),
  }),
};

describe('a recogniser that has failed permanently', () => {
  it('makes the agent apologise, and then ends the call', async () => {
    const { events } = await call({ stt: deadEar }, 'book-my-appointment');
    expect(ofType(events, 'provider.reconnect').map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(ofType(events, 'turn.end').at(-1)?.heardText).toBe('Sorry, that failed.');
    expect(ofType(events, 'session.end')).toMatchObject([{ reason: 'provider_error' }]);
  });

  it('fails over to the next candidate without losing a word', async () => {
    const { events } = await call(
      { stt: [deadEar, voices.stt] },
      'book-my-appointment',
      'reschedule-for-friday',
    );
    expect(ofType(events, 'provider.failover')).toMatchObject([
      { kind: 'stt', from: 'dead', to: 'local', cause: 'The connection to it failed.' },
    ]);
    expect(ofType(events, 'transcript.final').map(({ text }) => text)).toEqual([
      'book my appointment',
      'reschedule for friday',
    ]);
    expect(ofType(events, 'session.end')).toMatchObject([{ reason: 'hangup' }]);
  });
});

describe('a recogniser that has failed in a call that goes on', () => {
  const says = Array.from({ length: 14 }, () => 'opening-hours');
  /** Fails this many times, then works. */
  const ailing = (failures: number, category: 'connection' | 'auth' = 'connection') => {
    const ear = { opened: 0 };
    const well = earFor(...says);
    const stt: SpeechToText = {
      ...deadEar,
      open: (options) => {
        if (ear.opened++ >= failures) return well.open(options);
        const error = new ProviderError('Not today.', { kind: 'stt', provider: 'dead', category });
        queueMicrotask(() => options.onEvent({ type: 'error', error }));
        return { write: () => undefined, flush: () => undefined, close: () => Promise.resolve() };
      },
      accepts: well.accepts,
    };
    return { ear, stt };
  };
  const goesOn = { ...agent, afterFailure: 'go_on' } as const;

  it.each(isThorough ? [5, 10] : [5])('is retried: after %i failures it works', async (failures) => {
    const { stt } = ailing(failures);
    relay = await VirtualRelay.start(voices, { agent: goesOn, stt });
    const heardAgain = new AbortController();
    const { events } = await relay.run(
      relay.call({
        recordings: await fixtures(...says),
        signal: heardAgain.signal,
        onEvent: ({ type }) => {
          if (type === 'transcript.final') heardAgain.abort(new Error('the caller was heard'));
        },
      }),
    );
    expect(ofType(events, 'transcript.final').length).toBeGreaterThan(0);
    const heard = ofType(events, 'turn.end').map(({ heardText }) => heardText);
    expect(heard.filter((text) => text === agent.apology)).toHaveLength(1);
    expect(ofType(events, 'session.end')).toMatchObject([{ reason: 'hangup' }]);
  });

  it('is not retried after it refused the key', async () => {
    const { ear, stt } = ailing(99, 'auth');
    // The caller waits for answers for longer than the 30 s after which it would be retried.
    const { events } = await call({ stt, agent: goesOn }, ...says.slice(0, 4));
    expect(events.at(-1)!.atMs).toBeGreaterThan(35_000);
    expect(ear.opened).toBe(1);
  });
});

describe('a recogniser that takes audio and gives no words', () => {
  it('is reported once, with the encoding that it was told', async () => {
    const { events } = await call(
      { stt: silentEar },
      'book-for-friday-at-three',
      'reschedule-for-friday',
      'cancel-on-tuesday',
      'opening-hours',
    );
    const warnings = ofType(events, 'warning').filter(({ code }) => code === 'silent_recogniser');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toMatch(/^silent recognised no words in .* mulaw at 8000 Hz/);
  });

  it('is not reported if it recognises words', async () => {
    const { events } = await call(
      { stt: voices.stt },
      'book-for-friday-at-three',
      'yes-please',
      'opening-hours',
    );
    expect(ofType(events, 'warning')).toEqual([]);
  });
});

describe('a model that fails', () => {
  const down: LanguageModel = {
    name: 'down',
    async *generate() {
      yield await Promise.reject(
        new ProviderError('The model is down.', { kind: 'llm', provider: 'down', category: 'server' }),
      );
    },
  };

  it('makes the agent apologise, and the call continues', async () => {
    const { events } = await call({ llm: down }, 'book-my-appointment', 'opening-hours');
    expect(ofType(events, 'turn.end').map(({ heardText }) => heardText)).toEqual([
      agent.apology,
      agent.apology,
    ]);
    expect(ofType(events, 'session.end')).toMatchObject([{ reason: 'hangup' }]);
  });

  it('ends the call after the apology if the config says so', async () => {
    const { events } = await call(
      { llm: down, agent: { ...agent, afterFailure: 'end' } },
      'book-my-appointment',
      'opening-hours',
    );
    expect(ofType(events, 'turn.end').map(({ heardText }) => heardText)).toEqual([agent.apology]);
    expect(ofType(events, 'session.end')).toMatchObject([{ reason: 'provider_error' }]);
  });

  it('fails over to the next candidate within the turn', async () => {
    const { events } = await call({ llm: [down, () => 'We are open.'] }, 'opening-hours');
    expect(ofType(events, 'provider.failover')).toMatchObject([
      { kind: 'llm', from: 'down', to: 'function' },
    ]);
    expect(ofType(events, 'turn.end')).toMatchObject([{ heardText: 'We are open.', aborted: null }]);
  });
});

describe('a tool that takes its time', () => {
  const llm: LanguageModel = {
    name: 'asker',
    async *generate({ messages }) {
      await Promise.resolve();
      if (messages.some(({ role }) => role === 'tool')) {
        yield { type: 'token', text: 'It was found.' };
        yield { type: 'done', finishReason: 'stop' };
      } else {
        yield { type: 'tool_call', call: { id: 'call-1', name: 'look_up', arguments: '{}' } };
        yield { type: 'done', finishReason: 'tool_calls' };
      }
    },
  };
  const lookUp = (tookMs: number): SessionConfig['agent'] => ({
    ...agent,
    tools: {
      look_up: {
        description: 'Looks something up.',
        parameters: z.object({}),
        execute: () => delay(relay.clock, tookMs).then(() => 'found'),
      },
    },
  });

  it('is bridged by a filler, which the latency separates from the answer', async () => {
    const { events } = await call({ llm, agent: lookUp(2800) }, 'opening-hours');
    const [end] = ofType(events, 'turn.end');
    expect(end?.heardText).toBe('One moment, please. It was found.');
    expect(ofType(events, 'llm.response')).toMatchObject([{ text: 'It was found.' }]);
    expect(end?.latency.filler).toBe(true);
    const { mouth_to_ear_ms: heardMs, answer_ms: answerMs, parts } = end!.latency;
    expect(heardMs).toBeGreaterThan(1500);
    expect(heardMs).toBeLessThan(2500);
    expect(answerMs! - heardMs!).toBeGreaterThan(1000);
    expect(parts?.tools).toBeCloseTo(1500, -2);
  });

  it('needs no filler if it is quick', async () => {
    const { events } = await call({ llm, agent: lookUp(1000) }, 'opening-hours');
    const [end] = ofType(events, 'turn.end');
    expect(end).toMatchObject({
      heardText: 'It was found.',
      latency: { filler: false, answer_ms: null },
    });
  });
});
