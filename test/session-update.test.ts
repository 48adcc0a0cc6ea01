/** Changes of a running call, over both transports, in virtual time. */
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { ConfigError, InvalidStateError, ProviderError } from '#src/core/errors.js';
import { standInVoice } from '#src/drills/stand-in-voice.js';
import { spokenWords, wordsInTones } from '#src/drills/tone-speech.js';
import { TestVoices, VirtualRelay } from '#src/drills/virtual-call.js';
import type { SessionEvent } from '#src/events/session-event.js';
import type { ModelFunction } from '#src/providers/function-model.js';
import type { ChatMessage } from '#src/providers/language-model.js';
import type { TextToSpeech } from '#src/providers/text-to-speech.js';
import type { SessionConfig } from '#src/relay/config/config.js';
import type { Recording } from '#src/replay/recordings.js';
import { callerRatesHz, type ReplayResult } from '#src/replay/replay-call.js';
import type { Session } from '#src/session/session.js';
import { VirtualClock } from '#src/simulators/virtual-clock.js';
import type { TransportType } from '#src/transport/transport.js';
import { ofType } from './harness/session-events.js';
import { drawn } from './harness/thorough.js';
import { toneRecogniser } from './harness/tone-recogniser.js';
import { sayTones } from './harness/tone-words.js';

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
  /** Called with each event, and with the session once it has begun. */
  readonly onEvent?: (event: SessionEvent, session: Session, clock: VirtualClock) => void;
}

/** Holds the call. What `onEvent` starts is not awaited. */
async function call({ via, config, says, onEvent }: Scene): Promise<ReplayResult> {
  const clock = new VirtualClock();
  let session: Session | null = null;
  relay = await VirtualRelay.start(
    voices,
    { turnTaking: { voiceThreshold: 0 }, ...config },
    {
      onSession: (made) => {
        session = made;
      },
    },
    { clock },
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
    let updated: Promise<void> | null = null;
    const { events } = await call({
      via,
      config: { stt: first, tts: standInVoice, llm: () => 'Yes a.', agent },
      says: [said, ['eight', 'nine']],
      onEvent: ({ type }, session, clock) => {
        if (type !== 'speech.start' || updated) return;
        updated = new Promise((resolve, reject) =>
          clock.setTimer(afterMs, () => void session.update({ stt: second }).then(resolve, reject)),
        );
      },
    });
    await updated;
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
    let updated: Promise<void> | null = null;
    let resolvedAfter = '';
    const result = await call({
      via,
      config: { stt: toneRecogniser(), tts: standInVoice, llm: first, agent },
      says: [
        ['one', 'two'],
        ['three', 'four'],
      ],
      onEvent: ({ type }, session) => {
        if (type === 'turn.end' || type === 'session.updated') resolvedAfter ||= updated ? type : '';
        if (type !== 'tts.audio_start' || updated) return;
        updated = session.update({ llm: second, agent: { systemPrompt: 'You echo.' } });
      },
    });
    await updated;
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
      ...otherVoice('failing'),
      warmUp: () =>
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
});
