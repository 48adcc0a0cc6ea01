/** Changes of a running call, over both transports, in virtual time. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError, InvalidStateError, ProviderError } from '#src/core/errors.js';
import { standInVoice } from '#src/drills/stand-in-voice.js';
import { LoopbackTraffic } from '#src/drills/loopback-traffic.js';
import { spokenWords, toneSpeech, wordsInTones } from '#src/drills/tone-speech.js';
import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';
import type { SessionEvent } from '#src/events/session-event.js';
import type { ModelFunction } from '#src/providers/function-model.js';
import type { ChatMessage, LanguageModel } from '#src/providers/language-model.js';
import type { TextToSpeech } from '#src/providers/text-to-speech.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import { defineTool } from '#src/relay/config/define-agent.js';
import type { Recording } from '#src/replay/recordings.js';
import { callerRatesHz, type ReplayResult } from '#src/replay/replay-call.js';
import type { Session } from '#src/session/session.js';
import { startSimulatedVendors } from '#src/simulators/simulated-vendors.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import type { TransportType } from '#src/transport/transport.js';
import { ofType } from './harness/session-events.js';
import { drawn } from './harness/thorough.js';
import { toneRecogniser } from './harness/tone-recogniser.js';
import { sayTones, toneHearing } from './harness/tone-words.js';

const voices = new TestVoices();
let relay: VirtualRelay | null = null;

afterEach(async () => {
  const used = relay;
  relay = null;
  await used?.close();
  expect(used?.clock.pendingTimers ?? 0).toBe(0);
});
afterAll(() => voices.close());

const lanes = ['twilio', 'webrtc'] as const;
const said = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'] as const;

function tones(via: TransportType, words: readonly string[]): Recording {
  const sampleRateHz = callerRatesHz[via];
  return { path: '', name: words.join(' '), samples: sayTones(words, sampleRateHz), sampleRateHz };
}

interface Scene {
  readonly via: TransportType;
  readonly config: Partial<SessionConfig>;
  readonly says: readonly (readonly string[])[];
  /** Traffic of simulated vendors, which time waits for. */
  readonly traffic?: LoopbackTraffic;
  readonly clock?: VirtualClock;
  /** Called with each event, and with the session once it has begun. */
  readonly onEvent?: (event: SessionEvent, session: Session, clock: VirtualClock) => void;
}

/** Holds the call. What `onEvent` starts is not awaited. */
async function call({
  via,
  config,
  says,
  traffic,
  clock = new VirtualClock(),
  onEvent,
}: Scene): Promise<ReplayResult> {
  let session: Session | null = null;
  relay = await VirtualRelay.start(
    voices,
    { turnTaking: { voiceThreshold: 0 }, ...config },
    {
      onSession: (made) => {
        session = made;
      },
    },
    { clock, workers: traffic ? [traffic] : [] },
  );
  return relay.run(
    relay.call({
      via,
      recordings: says.map((words) => tones(via, words)),
      onEvent: (event) => session && onEvent?.(event, session, clock),
    }),
  );
}

const agent = { systemPrompt: 'You answer.', apologyVoice: standInVoice };
const finals = (events: readonly SessionEvent[]): string[] =>
  ofType(events, 'transcript.final').map(({ text }) => text);
const heard = ({ recording }: ReplayResult): string =>
  recording ? wordsInTones(recording.agent, recording.sampleRateHz).join(' ') : '';

/** The voice with a name, at another rate than that of any line. */
function otherVoice(name: string): TextToSpeech {
  return {
    ...standInVoice,
    name,
    produces: { encodings: ['linear16'], sampleRatesHz: [16_000] },
    open: (options) => standInVoice.open(options),
  };
}

/** A model that always says the same, and remembers what it was asked. */
function model(text: string): ModelFunction & { readonly asked: (readonly ChatMessage[])[] } {
  const asked: (readonly ChatMessage[])[] = [];
  return Object.assign(
    ({ messages }: Parameters<ModelFunction>[0]) => {
      asked.push(messages);
      return text;
    },
    { asked },
  );
}

const wordsOf = (text: string): string => spokenWords(text).join(' ');

describe.each(lanes)('a running call over %s', (via) => {
  it.each(
    drawn(
      Array.from({ length: 24 }, (_, index) => 100 * index),
      5,
    ),
  )('gets another recogniser %i ms after the caller began, and loses or doubles no word', async (afterMs) => {
    const first = toneRecogniser({ name: 'first', sampleRateHz: 8000 });
    const second = toneRecogniser({ name: 'second', sampleRateHz: 16_000 });
    const updates: Promise<void>[] = [];
    const { events } = await call({
      via,
      config: { stt: first, tts: standInVoice, llm: () => 'Yes a.', agent },
      says: [said, ['eight', 'nine']],
      onEvent: ({ type }, session, clock) => {
        if (type !== 'speech.start' || updates.length > 0) return;
        const updated = new Promise<void>((resolve, reject) =>
          clock.setTimer(afterMs, () => void session.update({ stt: second }).then(resolve, reject)),
        );
        updates.push(updated);
      },
    });
    await Promise.all(updates);
    expect(ofType(events, 'session.updated')).toMatchObject([
      { changed: ['stt'], providers: { stt: 'second' } },
    ]);
    expect(finals(events)).toEqual([said.join(' '), 'eight nine']);
    expect(ofType(events, 'error')).toEqual([]);
  });

  it('gets another voice between two turns, at another rate', async () => {
    const updates: Promise<void>[] = [];
    const answer = model('Yes abc.');
    const result = await call({
      via,
      config: { stt: toneRecogniser(), tts: standInVoice, llm: answer, agent },
      says: [
        ['one', 'two'],
        ['three', 'four'],
      ],
      onEvent: ({ type }, session) => {
        if (type === 'turn.end' && updates.length === 0)
          updates.push(session.update({ tts: otherVoice('other') }));
      },
    });
    await Promise.all(updates);
    const { events } = result;
    const order = events
      .filter(({ type }) => ['turn.end', 'session.updated', 'tts.audio_start'].includes(type))
      .map(({ type }) => type);
    expect(order).toEqual(['tts.audio_start', 'turn.end', 'session.updated', 'tts.audio_start', 'turn.end']);
    expect(ofType(events, 'session.updated')).toMatchObject([
      { changed: ['tts'], providers: { tts: 'other' } },
    ]);
    expect(heard(result)).toBe(`${wordsOf('Yes abc.')} ${wordsOf('Yes abc.')}`);
    expect(ofType(events, 'error')).toEqual([]);
  });

  it('keeps its model until the answer that plays is over', async () => {
    const first = model('Alpha bravo charlie delta.');
    const second = model('Echo.');
    const updates: Promise<void>[] = [];
    let resolvedAfter = '';
    const result = await call({
      via,
      config: { stt: toneRecogniser(), tts: standInVoice, llm: first, agent },
      says: [
        ['one', 'two'],
        ['three', 'four'],
      ],
      onEvent: ({ type }, session) => {
        if (type === 'turn.end' || type === 'session.updated')
          resolvedAfter ||= updates.length > 0 ? type : '';
        if (type !== 'tts.audio_start' || updates.length > 0) return;
        updates.push(session.update({ llm: second, agent: { systemPrompt: 'You echo.' } }));
      },
    });
    await Promise.all(updates);
    expect(resolvedAfter).toBe('turn.end');
    expect(heard(result)).toBe(`${wordsOf('Alpha bravo charlie delta.')} ${wordsOf('Echo.')}`);
    expect(first.asked).toHaveLength(1);
    expect(second.asked).toEqual([
      [
        { role: 'system', content: 'You echo.' },
        { role: 'user', content: 'one two' },
        { role: 'assistant', content: 'Alpha bravo charlie delta.' },
        { role: 'user', content: 'three four' },
      ],
    ]);
    expect(ofType(result.events, 'session.updated')).toMatchObject([{ changed: ['llm', 'agent'] }]);
  });

  it('goes on as before after an invalid change, and refuses every change after its end', async () => {
    const refused: unknown[] = [];
    let ended: Session | null = null;
    const { events } = await call({
      via,
      config: { stt: toneRecogniser(), tts: standInVoice, llm: model('Yes.'), agent },
      says: [
        ['one', 'two'],
        ['three', 'four'],
      ],
      onEvent: ({ type }, session) => {
        ended = session;
        if (type === 'session.start')
          session
            .update({ languages: 'de', tts: { provider: 'nobody' } } as never)
            .catch((thrown: unknown) => refused.push(thrown));
      },
    });
    expect(refused).toHaveLength(1);
    expect(refused[0]).toBeInstanceOf(ConfigError);
    expect(String(refused[0])).toContain('Did you mean language?');
    expect(String(refused[0])).toContain("tts.provider: is 'nobody'. Use one of:");
    expect(ofType(events, 'session.updated')).toEqual([]);
    expect(finals(events)).toEqual(['one two', 'three four']);
    await expect(ended!.update({ language: 'de' })).rejects.toThrow(InvalidStateError);
  });

  it('refuses the changes that wait for a turn when it ends', async () => {
    let refused: unknown = null;
    await call({
      via,
      config: { stt: toneRecogniser(), tts: standInVoice, llm: model('Yes.'), agent },
      says: [['one', 'two']],
      onEvent: ({ type }, session) => {
        if (type !== 'turn.start') return;
        session.update({ llm: model('No.') }).catch((thrown: unknown) => (refused = thrown));
        void session.end();
      },
    });
    expect(refused).toBeInstanceOf(InvalidStateError);
  });

  it('keeps its voice where the new one refuses its key', async () => {
    const failing: TextToSpeech = {
      name: 'failing',
      produces: standInVoice.produces,
      open: (options) => standInVoice.open(options),
      warmUp: (): Promise<void> =>
        Promise.reject(
          new ProviderError('The key was refused.', { kind: 'tts', provider: 'failing', category: 'auth' }),
        ),
    };
    let refused: unknown = null;
    const result = await call({
      via,
      config: { stt: toneRecogniser(), tts: standInVoice, llm: model('Yes abc.'), agent },
      says: [['one', 'two']],
      onEvent: ({ type }, session) => {
        if (type === 'session.start')
          session.update({ tts: failing, language: 'de' }).catch((thrown: unknown) => (refused = thrown));
      },
    });
    expect(refused).toMatchObject({ category: 'auth', provider: 'failing' });
    expect(ofType(result.events, 'session.updated')).toEqual([]);
    expect(heard(result)).toBe(wordsOf('Yes abc.'));
  });

  it('takes a change that a tool has begun, after the turn', async () => {
    let session: Session | null = null;
    const second = model('Echo.');
    const first: LanguageModel = {
      name: 'calling',
      async *generate({ messages }) {
        await Promise.resolve();
        const calls = messages.at(-1)?.role === 'user';
        if (calls) yield { type: 'tool_call', call: { id: '1', name: 'change', arguments: '{}' } };
        else yield { type: 'token', text: 'Fine.' };
        yield { type: 'done', finishReason: calls ? 'tool_calls' : 'stop' };
      },
    };
    const change = defineTool({
      description: 'Changes the model.',
      parameters: z.object({}),
      execute: () => {
        void session?.update({ llm: second });
        return 'changed';
      },
    });
    const result = await call({
      via,
      config: {
        stt: toneRecogniser(),
        tts: standInVoice,
        llm: first,
        agent: { ...agent, tools: { change } },
      },
      says: [
        ['one', 'two'],
        ['three', 'four'],
      ],
      onEvent: (_event, begun) => (session = begun),
    });
    expect(heard(result)).toBe(`${wordsOf('Fine.')} ${wordsOf('Echo.')}`);
  });

  it('takes a change at once while your code has to answer', async () => {
    const result = await call({
      via,
      config: { stt: toneRecogniser(), tts: standInVoice },
      says: [['one', 'two']],
      onEvent: ({ type }, session) => {
        if (type !== 'transcript.final') return;
        void session
          .update({ tts: otherVoice('other'), language: 'de' })
          .then(() => session.speak('Ja abc.'));
      },
    });
    expect(ofType(result.events, 'session.updated')).toMatchObject([
      { changed: ['language', 'tts'], providers: { tts: 'other' } },
    ]);
    expect(heard(result)).toBe(wordsOf('Ja abc.'));
  });

  it('changes its language at all vendors, on their wires, and keeps them where a key is refused', async () => {
    const clock = new VirtualClock();
    const traffic = new LoopbackTraffic();
    const vendors = await startSimulatedVendors({
      deepgram: { clock, hearing: toneHearing },
      openai: { clock, answers: () => 'Ja abc.' },
      elevenlabs: { clock, voice: toneSpeech },
    });
    const { stt, llm, tts } = vendors.providers;
    const outcomes: string[] = [];
    const note = (change: Promise<void>, name: string): void =>
      void change.then(
        () => outcomes.push(`${name} in effect`),
        (thrown: unknown) =>
          outcomes.push(`${name} ${thrown instanceof ProviderError ? thrown.category : '?'}`),
      );
    try {
      const result = await call({
        via,
        ...{ clock, traffic },
        config: { ...vendors.providers, agent },
        says: [
          ['one', 'two'],
          ['three', 'four', 'five', 'six'],
        ],
        onEvent: ({ type, turn }, session) => {
          if (type === 'session.start') note(session.update({ stt: { ...stt, apiKey: 'wrong' } }), 'stt');
          if (type === 'session.start') note(session.update({ llm: { ...llm, apiKey: 'wrong' } }), 'llm');
          if (type === 'session.start') note(session.update({ tts: { ...tts, apiKey: 'wrong' } }), 'tts');
          if (type === 'speech.start' && turn === 2) note(session.update({ language: 'de-AT' }), 'language');
        },
      });
      expect(outcomes).toEqual(['stt auth', 'llm auth', 'tts auth', 'language in effect']);
      expect(ofType(result.events, 'session.updated')).toMatchObject([
        { changed: ['language', 'stt', 'tts'] },
      ]);
      expect(finals(result.events)).toEqual(['one two', 'three four five six']);
      expect(heard(result)).toBe(`${wordsOf('Ja abc.')} ${wordsOf('Ja abc.')}`);
      const languages = vendors.deepgram.connections.map(({ query }) => query.parameters.language);
      expect(languages).toEqual([undefined, 'de-AT']);
      expect(vendors.deepgram.connections.map(({ isOpen }) => isOpen)).toEqual([false, false]);
      expect(vendors.problems).toEqual(['Incorrect API key provided: wrong.']);
      expect(ofType(result.events, 'error')).toEqual([]);
    } finally {
      await relay?.close();
      await traffic.idle();
      traffic.close();
      await vendors.close();
    }
  });
});
