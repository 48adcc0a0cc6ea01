import { describe, expect, it } from '@jest/globals';
import type { ProviderIncident } from '../events/provider-incident.js';
import type { Member } from '../supervisor/line-up.js';
import type { Supervision } from '../supervisor/supervision.js';
import {
  ScriptedSpeechToText,
  type ScriptedSpeechToTextOptions,
} from '../testing/scripted-speech-to-text.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from './speech-to-text.js';
import { supervisedSpeechToText } from './supervised-speech-to-text.js';

interface Scene {
  readonly clock: VirtualClock;
  readonly stt: SpeechToText;
  readonly stream: SpeechToTextStream;
  readonly events: SttEvent[];
  readonly incidents: ProviderIncident[];
  /** Lets the line carry silence at its pace. */
  readonly line: (ms: number) => void;
  /** Writes as much audio at once. */
  readonly burst: (ms: number) => void;
  readonly finals: () => string[];
}

function begin(members: readonly Member<SpeechToText>[], supervision: Partial<Supervision> = {}): Scene {
  const clock = new VirtualClock();
  const stt = supervisedSpeechToText({ members, clock, supervision, random: () => 0.5 });
  const events: SttEvent[] = [];
  const incidents: ProviderIncident[] = [];
  const stream = stt.open({
    format: { encoding: 'linear16', sampleRateHz: 8000 },
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    onIncident: (incident) => incidents.push(incident),
  });
  const write = (): void => stream.write({ samples: new Int16Array(160), sampleRateHz: 8000 });
  const burst = (ms: number): void => Array.from({ length: ms / 20 }).forEach(write);
  const line = (ms: number): void => {
    for (let passedMs = 0; passedMs < ms; passedMs += 20) {
      clock.advance(20);
      write();
    }
  };
  const finals = (): string[] => events.flatMap((event) => (event.type === 'final' ? [event.text] : []));
  return { clock, stt, stream, events, incidents, line, burst, finals };
}

const scripted = (options: ScriptedSpeechToTextOptions = {}): ScriptedSpeechToText =>
  new ScriptedSpeechToText(options);
const types = (incidents: readonly ProviderIncident[]): string[] => incidents.map(({ type }) => type);

describe('a supervised stream', () => {
  it('begins again with what has not been answered: audio, starts of speech and flushes at their places', () => {
    const provider = scripted();
    const { clock, stream, line } = begin([{ provider }]);
    line(400);
    stream.speechStarted?.();
    line(600);
    stream.flush();
    line(100);
    stream.speechStarted?.();
    line(200);
    provider.stream.answer('hello');
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.streams).toHaveLength(2);
    expect(provider.stream.inputs).toEqual([100, 'speech_started', 200]);
    provider.stream.fail();
    line(40);
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual([100, 'speech_started', 240]);
  });

  it('repeats a flush that waits, and answers it once', () => {
    const provider = scripted();
    const { clock, stream, line, finals } = begin([{ provider }]);
    stream.speechStarted?.();
    line(600);
    stream.flush();
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual(['speech_started', 600, 'flush']);
    provider.stream.answer('hello');
    expect(finals()).toEqual(['hello']);
    provider.stream.fail();
    clock.advance(1000);
    line(20);
    expect(provider.stream.inputs).toEqual([20]);
  });

  it('tells its listener the times of the call, whichever stream they come from', () => {
    const provider = scripted();
    const { clock, events, line } = begin([{ provider }]);
    line(1000);
    provider.stream.say({ type: 'final', text: 'one', endOfUtterance: true, untilMs: 1000 });
    provider.stream.fail();
    clock.advance(1000);
    line(500);
    const words = [{ text: 'two', startMs: 100, endMs: 300 }];
    provider.stream.say({ type: 'heard', untilMs: 400 });
    provider.stream.say({ type: 'partial', text: 'two', words });
    provider.stream.say({ type: 'final', text: 'two', endOfUtterance: true, words, untilMs: 500 });
    const moved = [{ text: 'two', startMs: 1100, endMs: 1300 }];
    expect(events.slice(1)).toEqual([
      { type: 'heard', untilMs: 1400 },
      { type: 'partial', text: 'two', words: moved },
      {
        type: 'final',
        text: 'two',
        words: moved,
        endOfUtterance: true,
        untilMs: 1500,
        answersFlush: false,
      },
    ]);
  });

  it('begins 300 ms early with a recogniser that times its words, and leaves out what was said', () => {
    const provider = scripted();
    const { clock, events, line } = begin([{ provider }]);
    line(1000);
    const one = { text: 'one', startMs: 700, endMs: 950 };
    const final = { type: 'final', endOfUtterance: true, untilMs: 1000 } as const;
    provider.stream.say({ ...final, text: 'one', words: [one] });
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual([300]);
    line(300);
    const again = { text: 'one', startMs: 0, endMs: 250 };
    const two = { text: 'two', startMs: 290, endMs: 500 };
    provider.stream.say({ type: 'partial', text: 'one', words: [again] });
    provider.stream.say({ type: 'partial', text: 'one two', words: [again, two] });
    expect(events.slice(1)).toEqual([
      { type: 'partial', text: 'two', words: [{ text: 'two', startMs: 990, endMs: 1200 }] },
    ]);
  });

  it('waits longer before each repetition, and asks the next member when the attempts are used up', () => {
    const [one, two] = [scripted({ name: 'one' }), scripted({ name: 'two' })];
    const { clock, incidents } = begin([{ provider: one }, { provider: two }], {
      attempts: 3,
      retryDelayMs: 100,
    });
    one.stream.fail();
    clock.advance(99);
    expect(one.streams).toHaveLength(1);
    clock.advance(1);
    one.stream.fail('server');
    clock.advance(199);
    expect(one.streams).toHaveLength(2);
    clock.advance(1);
    expect(two.streams).toHaveLength(0);
    one.stream.fail('timeout');
    expect(two.streams).toHaveLength(1);
    two.stream.answer('');
    expect(incidents).toMatchObject([
      { type: 'error', error: { category: 'connection' } },
      { type: 'reconnect', attempt: 1, provider: 'one' },
      { type: 'error', error: { category: 'server' } },
      { type: 'reconnect', attempt: 2 },
      { type: 'error', error: { category: 'timeout' } },
      { type: 'failover', from: 'one', to: 'two', cause: 'Scripted: timeout.' },
      { type: 'recovered', provider: 'two' },
    ]);
  });

  it.each(['auth', 'bad_request', 'internal'] as const)(
    'does not repeat a failure of category %s',
    (category) => {
      const [one, two] = [scripted({ name: 'one' }), scripted({ name: 'two' })];
      const { incidents } = begin([{ provider: one }, { provider: two }]);
      one.stream.fail(category);
      expect(types(incidents)).toEqual(['error', 'failover']);
      expect([one.streams.length, two.streams.length]).toEqual([1, 1]);
    },
  );

  it('asks the next member at once where one wants to be left alone for longer than there is time', () => {
    const [one, two] = [scripted(), scripted()];
    const { incidents } = begin([{ provider: one }, { provider: two }], { budgetMs: 2000 });
    one.stream.fail('rate_limit', 3000);
    expect(types(incidents)).toEqual(['error', 'failover']);
    expect(two.streams).toHaveLength(1);
  });

  it('does not go back to one that would not serve this call', () => {
    const [one, two] = [scripted(), scripted()];
    const { line, incidents } = begin([{ provider: one }, { provider: two }]);
    one.stream.fail('bad_request');
    line(5000);
    expect(types(incidents)).toEqual(['error', 'failover']);
  });

  it('asks one that is known to be down before it gives up', () => {
    const [one, two] = [scripted(), scripted()];
    const { stt, stream } = begin([{ provider: one }, { provider: two }], { attempts: 1 });
    one.stream.fail();
    const events: SttEvent[] = [];
    const format = { encoding: 'linear16', sampleRateHz: 8000 } as const;
    const { signal } = new AbortController();
    const other = stt.open({ format, signal, onEvent: (event) => events.push(event) });
    two.stream.fail('bad_request');
    expect(one.streams).toHaveLength(2);
    expect(events).toEqual([]);
    return Promise.all([stream.close(), other.close()]);
  });

  it('fails with the last error when all members have failed, once, and is closed then', () => {
    const [one, two] = [scripted(), scripted()];
    const { clock, events, incidents, stream, line } = begin([{ provider: one }, { provider: two }]);
    one.stream.fail('auth');
    two.stream.fail('bad_request');
    stream.flush();
    line(100);
    expect(events).toMatchObject([{ type: 'error', error: { category: 'bad_request' } }]);
    expect(types(incidents)).toEqual(['error', 'failover']);
    expect([one.stream.isClosed, two.stream.isClosed]).toEqual([true, true]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('survives members that fail while they are being opened, in every way', () => {
    const one = scripted({ onOpen: (stream) => stream.fail('auth') });
    const two = scripted({
      onOpen: () => {
        throw new Error('not today');
      },
    });
    const three = scripted();
    const { incidents } = begin([{ provider: one }, { provider: two }, { provider: three }]);
    expect(incidents).toMatchObject([
      { type: 'error', error: { category: 'auth' } },
      { type: 'failover' },
      { type: 'error', error: { category: 'internal' } },
      { type: 'failover' },
    ]);
    expect(three.streams).toHaveLength(1);
    expect(one.stream.isClosed).toBe(true);
  });

  it('shares what it learns: the next call begins with a member that is well', () => {
    const [one, two] = [scripted(), scripted()];
    const { stt } = begin([{ provider: one }, { provider: two }]);
    one.stream.fail('auth');
    stt.open({
      format: { encoding: 'linear16', sampleRateHz: 8000 },
      signal: new AbortController().signal,
      onEvent: () => undefined,
    });
    expect([one.streams.length, two.streams.length]).toEqual([1, 2]);
  });

  it('keeps five seconds of silence, and thirty of what somebody says', () => {
    const provider = scripted();
    const { clock, stream, incidents, burst } = begin([{ provider }], { attempts: 5 });
    burst(20_000);
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual([5000]);
    stream.speechStarted?.();
    burst(29_000);
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual([1000, 'speech_started', 29_000]);
    expect(types(incidents)).not.toContain('warning');
    burst(10_000);
    provider.stream.fail();
    clock.advance(1000);
    expect(provider.stream.inputs).toEqual(['speech_started', 30_000]);
    expect(incidents.filter(({ type }) => type === 'warning')).toMatchObject([{ code: 'stt_audio_dropped' }]);
  });

  it('replaces a recogniser that does not answer a flush', () => {
    const provider = scripted({ finalTimeoutMs: 2000 });
    const { clock, stream, incidents, finals } = begin([{ provider }]);
    provider.stream.say({ type: 'partial', text: 'well' });
    stream.flush();
    clock.advance(2999);
    expect(incidents).toEqual([]);
    clock.advance(1);
    expect(incidents).toMatchObject([
      { type: 'error', error: { category: 'timeout' } },
      { type: 'reconnect' },
    ]);
    clock.advance(0);
    provider.streams[0]?.answer('too late');
    provider.stream.answer('well done');
    expect(finals()).toEqual(['well done']);
  });

  it('takes the silence of a recogniser for what it is, if that tells how far it listens', () => {
    const provider = scripted();
    const { incidents, line } = begin([{ provider }]);
    line(500);
    provider.stream.say({ type: 'heard', untilMs: 400 });
    line(1980);
    provider.stream.say({ type: 'heard', untilMs: 2000 });
    line(1980);
    // The same once more is no progress.
    provider.stream.say({ type: 'heard', untilMs: 2000 });
    expect(incidents).toEqual([]);
    line(20);
    expect(types(incidents)).toEqual(['error', 'reconnect']);
  });

  it('does not mistake a line that carries nothing, or a burst of audio, for a recogniser that is silent', () => {
    const provider = scripted();
    const { clock, incidents, line, burst } = begin([{ provider }]);
    line(500);
    provider.stream.say({ type: 'heard', untilMs: 400 });
    clock.advance(20_000);
    line(40);
    provider.stream.say({ type: 'heard', untilMs: 500 });
    burst(10_000);
    line(1000);
    expect(incidents).toEqual([]);
  });

  it('closes what it opened, waits for that, and says nothing afterwards', async () => {
    const provider = scripted();
    const { clock, events, stream } = begin([{ provider }]);
    const [opened] = provider.streams;
    stream.flush();
    await stream.close();
    await stream.close();
    expect(opened?.isClosed).toBe(true);
    opened?.options.onEvent({ type: 'partial', text: 'still here' });
    expect(events).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops at once when whoever hears of a failure closes it', () => {
    const provider = scripted();
    const clock = new VirtualClock();
    const members = [{ provider }, { provider: scripted() }];
    for (const category of ['connection', 'auth'] as const) {
      const stream = supervisedSpeechToText({ members, clock }).open({
        format: { encoding: 'linear16', sampleRateHz: 8000 },
        signal: new AbortController().signal,
        onEvent: () => undefined,
        onIncident: () => void stream.close(),
      });
      const before = provider.streams.length;
      provider.stream.fail(category);
      clock.advance(5000);
      expect(provider.streams).toHaveLength(before);
      expect(members[1]?.provider.streams).toEqual([]);
      expect(clock.pendingTimers).toBe(0);
    }
  });
});

describe('an answer that is overdue', () => {
  /** A recogniser that tells each 100 ms how far it has listened. */
  const listening = ({ line }: Scene, provider: ScriptedSpeechToText, ms: number, fromMs = 0): void => {
    for (let heardMs = fromMs; heardMs < fromMs + ms; heardMs += 100) {
      line(100);
      provider.stream.say({ type: 'heard', untilMs: heardMs + 100 });
    }
  };

  it('is not worth waiting for where none is due, or the recogniser is alive', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    expect(scene.stream.recover?.()).toBe(false);
    listening(scene, provider, 1000);
    scene.stream.flush();
    listening(scene, provider, 400, 1000);
    expect(scene.stream.recover?.()).toBe(false);
    expect(scene.incidents).toEqual([]);
  });

  it('comes from a replacement where the recogniser has fallen silent', () => {
    const provider = scripted();
    const scene = begin([{ provider }], { stallTimeoutMs: 2000 });
    listening(scene, provider, 1000);
    scene.line(180);
    scene.stream.flush();
    scene.clock.advance(400);
    expect(scene.stream.recover?.()).toBe(false);
    scene.line(400);
    expect(scene.stream.recover?.()).toBe(false);
    scene.line(20);
    expect(types(scene.incidents)).toEqual(['error', 'reconnect']);
    expect(scene.stream.recover?.()).toBe(true);
    scene.clock.advance(0);
    expect(scene.stream.recover?.()).toBe(true);
    provider.stream.say({
      type: 'final',
      text: 'hello',
      endOfUtterance: true,
      untilMs: 1600,
      answersFlush: true,
    });
    expect(scene.finals()).toEqual(['hello']);
    expect(scene.stream.recover?.()).toBe(false);
  });

  it('is worth a moment more where words are at stake and the recogniser has not moved since', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    listening(scene, provider, 1000);
    provider.stream.say({ type: 'partial', text: 'hello' });
    scene.stream.flush();
    scene.line(400);
    expect(scene.stream.recover?.()).toBe(true);
    expect(scene.incidents).toEqual([]);
    scene.line(200);
    expect(types(scene.incidents)).toEqual(['error', 'reconnect']);
  });

  it('is given more time by a recogniser that is seldom heard of', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    for (let second = 1; second <= 5; second++) {
      scene.line(1000);
      provider.stream.say({ type: 'heard', untilMs: 1000 * second });
    }
    scene.line(300);
    scene.stream.flush();
    scene.line(1180);
    expect(scene.incidents).toEqual([]);
    scene.line(20);
    expect(types(scene.incidents)).toEqual(['error', 'reconnect']);
  });

  it('is waited for during an outage, and as long as a slower fallback needs', () => {
    const [one, two] = [scripted(), scripted({ finalTimeoutMs: 2000 })];
    const { clock, stream, finals } = begin([{ provider: one }, { provider: two }], { attempts: 1 });
    stream.flush();
    one.stream.fail();
    expect(stream.recover?.()).toBe(true);
    two.stream.answer('');
    stream.flush();
    clock.advance(1999);
    expect(stream.recover?.()).toBe(true);
    clock.advance(1);
    expect(stream.recover?.()).toBe(false);
    expect(finals()).toEqual(['']);
  });

  it('that an adapter makes up, for a server that gave no sign of life, is not passed on', () => {
    const provider = scripted();
    const { clock, stream, finals, line, incidents } = begin([{ provider }]);
    line(1500);
    stream.flush();
    line(500);
    provider.stream.say({ type: 'final', text: '', endOfUtterance: true, untilMs: 0, answersFlush: true });
    expect(finals()).toEqual([]);
    clock.advance(0);
    expect(types(incidents)).toEqual(['error', 'reconnect']);
    expect(provider.stream.inputs).toEqual([1500, 'flush', 500]);
  });
});

describe('a member with a latency agreement', () => {
  const slaMs = 300;
  const slaBreaches = 2;

  /** An utterance whose final takes so long. */
  const utter = ({ stream, line }: Scene, provider: ScriptedSpeechToText, ms: number): void => {
    stream.speechStarted?.();
    line(500);
    stream.flush();
    line(ms);
    provider.stream.answer('yes');
  };

  it('is left between two utterances when it was too slow, with the figure as the cause', () => {
    const [one, two] = [scripted({ name: 'one' }), scripted({ name: 'two' })];
    const scene = begin([{ provider: one, slaMs }, { provider: two }], { slaBreaches });
    utter(scene, one, 320);
    utter(scene, one, 300);
    utter(scene, one, 320);
    expect(scene.incidents).toEqual([]);
    utter(scene, one, 340);
    expect(scene.incidents).toMatchObject([
      { type: 'failover', from: 'one', to: 'two', cause: expect.stringMatching(/300 ms.*340 ms/) },
    ]);
    expect(one.stream.isClosed).toBe(true);
    utter(scene, two, 900);
    expect(scene.finals()).toEqual(Array(5).fill('yes'));
  });

  it('is not left while the caller speaks', () => {
    const [one, two] = [scripted(), scripted()];
    const scene = begin([{ provider: one, slaMs }, { provider: two }], { slaBreaches: 1 });
    scene.stream.speechStarted?.();
    scene.stream.flush();
    scene.line(400);
    scene.stream.speechStarted?.();
    one.stream.answer('well');
    scene.line(3000);
    expect(scene.incidents).toEqual([]);
    scene.stream.flush();
    scene.line(400);
    one.stream.answer('yes');
    expect(types(scene.incidents)).toEqual(['failover']);
  });

  it('is taken again when it is well, between two utterances', async () => {
    const one = scripted({ name: 'one', probe: () => Promise.resolve() });
    const two = scripted({ name: 'two' });
    const scene = begin([{ provider: one, slaMs }, { provider: two }], { slaBreaches: 1, coolDownMs: 5000 });
    utter(scene, one, 400);
    expect(types(scene.incidents)).toEqual(['failover']);
    scene.line(7000);
    // The probe takes its time.
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    scene.stream.speechStarted?.();
    scene.line(2000);
    expect(types(scene.incidents)).toEqual(['failover']);
    scene.stream.flush();
    two.stream.answer('yes');
    expect(scene.incidents.at(-1)).toMatchObject({
      type: 'failover',
      from: 'two',
      to: 'one',
      cause: 'one works again.',
    });
    expect(one.streams).toHaveLength(2);
  });

  it('is not blamed for a reconnect', () => {
    const [one, two] = [scripted(), scripted()];
    const scene = begin([{ provider: one, slaMs }, { provider: two }], { slaBreaches: 1 });
    scene.stream.flush();
    one.stream.fail();
    scene.line(500);
    one.stream.answer('yes');
    expect(types(scene.incidents)).toEqual(['error', 'reconnect', 'recovered']);
  });
});

describe('the formats of a supervised recogniser', () => {
  const accepts = (...members: ScriptedSpeechToTextOptions['accepts'][]) =>
    supervisedSpeechToText({
      members: members.map((formats) => ({ provider: scripted(formats ? { accepts: formats } : {}) })),
      clock: new VirtualClock(),
    }).accepts;

  it('are the encodings of any member, at the rates that all know', () => {
    expect(
      accepts(
        { encodings: ['mulaw', 'linear16'], sampleRatesHz: [16000, 8000, 24000] },
        { encodings: ['linear16'], sampleRatesHz: [8000, 16000] },
        { encodings: ['linear16'], sampleRatesHz: 'any' },
      ),
    ).toEqual({ encodings: ['mulaw', 'linear16'], sampleRatesHz: [16000, 8000] });
  });

  it("are at the first one's rates where they have none in common", () => {
    expect(
      accepts(
        { encodings: ['mulaw'], sampleRatesHz: [8000] },
        { encodings: ['linear16'], sampleRatesHz: [16000] },
      ),
    ).toEqual({ encodings: ['mulaw', 'linear16'], sampleRatesHz: [8000] });
  });

  it('need a member', () => {
    expect(() => accepts()).toThrow(TypeError);
  });
});
