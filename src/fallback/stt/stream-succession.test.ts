import { describe, expect, it } from '@jest/globals';
import { begin, scripted, types, type Scene } from '../../../test/harness/supervised-recogniser.js';
import type { ScriptedSpeechToText } from '../../../test/harness/scripted-speech-to-text.js';
import { ProviderError } from '../../core/errors.js';
import type { SpeechToText, SttEvent } from '../../providers/speech-to-text.js';

describe('the streams of one call', () => {
  it('wait longer before each repetition, and move to the next candidate when the attempts are used up', () => {
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
      { type: 'failover', from: 'one', to: 'two', cause: 'It did not answer in time.' },
    ]);
  });

  it.each(['auth', 'bad_request', 'internal'] as const)(
    'do not repeat after a failure of category %s',
    (category) => {
      const [one, two] = [scripted({ name: 'one' }), scripted({ name: 'two' })];
      const { incidents } = begin([{ provider: one }, { provider: two }]);
      one.stream.fail(category);
      expect(types(incidents)).toEqual(['error', 'failover']);
      expect([one.streams.length, two.streams.length]).toEqual([1, 1]);
    },
  );

  it('move to the next candidate at once if one demands a longer delay than the budget', () => {
    const [one, two] = [scripted(), scripted()];
    const { incidents } = begin([{ provider: one }, { provider: two }], { budgetMs: 2000 });
    one.stream.fail('rate_limit', 3000);
    expect(types(incidents)).toEqual(['error', 'failover']);
    expect(two.streams).toHaveLength(1);
  });

  it('do not go back to a candidate that refused this call', () => {
    const [one, two] = [scripted(), scripted()];
    const { line, incidents } = begin([{ provider: one }, { provider: two }]);
    one.stream.fail('bad_request');
    line(5000);
    expect(types(incidents)).toEqual(['error', 'failover']);
  });

  it('try a candidate that is known to be down before giving up', () => {
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

  it('end with one error, the last, and are closed when all candidates have failed', () => {
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

  it('survive candidates that fail in any way while they are being opened', () => {
    const throwing = (thrown: Error): ScriptedSpeechToText =>
      scripted({
        onOpen: () => {
          throw thrown;
        },
      });
    const one = scripted({ onOpen: (stream) => stream.fail('auth') });
    const refused = new ProviderError('No such model.', {
      ...{ kind: 'stt', provider: 'scripted', category: 'bad_request' },
    });
    const last = scripted();
    const providers = [one, throwing(new Error('not today')), throwing(refused), last];
    const { incidents } = begin(providers.map((provider) => ({ provider })));
    expect(incidents).toMatchObject([
      { type: 'error', error: { category: 'auth' } },
      { type: 'failover' },
      { type: 'error', error: { category: 'internal' } },
      { type: 'failover' },
      { type: 'error', error: { category: 'bad_request' } },
      { type: 'failover' },
    ]);
    expect(last.streams).toHaveLength(1);
    expect(one.stream.isClosed).toBe(true);
  });

  it.each(['write', 'flush', 'speechStarted'] as const)(
    'survive a candidate whose %s throws, and one that reports an error of the wrong class',
    (method) => {
      const boom = (): never => {
        throw new Error('boom');
      };
      const none = (): void => undefined;
      const stream = { write: none, flush: none, speechStarted: none, close: () => Promise.resolve() };
      const one = { name: 'one', accepts: scripted().accepts, open: () => ({ ...stream, [method]: boom }) };
      const two: SpeechToText = {
        ...one,
        name: 'two',
        open: ({ onEvent }) => ({
          ...stream,
          write: () => onEvent({ type: 'error', error: new Error('bang') as never }),
        }),
      };
      const three = scripted();
      const scene = begin([{ provider: one }, { provider: two }, { provider: three }]);
      scene.line(40);
      scene.stream.speechStarted?.();
      scene.stream.flush();
      scene.line(40);
      three.stream.answer('hello');
      const failure = (provider: string): object => ({
        type: 'error',
        error: expect.objectContaining({ provider, category: 'internal' }),
      });
      expect(scene.incidents).toMatchObject([
        failure('one'),
        { type: 'failover' },
        failure('two'),
        { type: 'failover' },
      ]);
      expect(scene.finals()).toEqual(['hello']);
    },
  );

  it('share what they learn: the next call begins with a candidate that works', () => {
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
});

describe('a recogniser that has been replaced', () => {
  it('has recovered when it recognises something, or when its stream has been open for a while', () => {
    const provider = scripted();
    const scene = begin([{ provider }]);
    provider.stream.fail();
    scene.clock.advance(200);
    provider.stream.say({ type: 'heard', untilMs: 0 });
    scene.line(1980);
    expect(types(scene.incidents)).toEqual(['error', 'reconnect']);
    scene.line(40);
    expect(types(scene.incidents)).toEqual(['error', 'reconnect', 'recovered']);
    provider.stream.fail();
    scene.clock.advance(200);
    provider.stream.say({ type: 'partial', text: 'yes' });
    expect(types(scene.incidents).slice(3)).toEqual(['error', 'reconnect', 'recovered']);
  });

  it('has not recovered if it only opens and fails, over and over', () => {
    const [one, two] = [scripted({ name: 'one' }), scripted({ name: 'two' })];
    const scene = begin([{ provider: one }, { provider: two }]);
    for (let time = 0; time < 2; time++) {
      one.stream.say({ type: 'heard', untilMs: 0 });
      one.stream.fail('server');
      scene.clock.advance(300);
    }
    expect(types(scene.incidents)).toEqual(['error', 'reconnect', 'error', 'failover']);
  });
});

describe('a candidate with a latency agreement', () => {
  const slaMs = 300;
  const slaBreaches = 2;

  /** An utterance whose final takes `ms`. */
  const utter = ({ stream, line }: Scene, provider: ScriptedSpeechToText, ms: number): void => {
    stream.speechStarted?.();
    line(500);
    stream.flush();
    line(ms);
    provider.stream.answer('yes');
  };

  it('is left between two utterances if it was too slow, with its latency in the cause', () => {
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

  it('is used again between two utterances when it works', async () => {
    const one = scripted({ name: 'one', probe: () => Promise.resolve() });
    const two = scripted({ name: 'two' });
    const scene = begin([{ provider: one, slaMs }, { provider: two }], { slaBreaches: 1, coolDownMs: 5000 });
    utter(scene, one, 400);
    expect(types(scene.incidents)).toEqual(['failover']);
    scene.line(7000);
    // Lets the probe finish.
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
