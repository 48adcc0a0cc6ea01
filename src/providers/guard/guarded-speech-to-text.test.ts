import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ProviderError } from '../../core/errors.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '../speech-to-text.js';
import { guardedProvider } from './guarded-provider.js';

const format = { encoding: 'linear16', sampleRateHz: 16_000 } as const;
const frame = { samples: new Int16Array(320), sampleRateHz: 16_000 };
const sound = { write: () => undefined, flush: () => undefined, close: () => Promise.resolve() };

interface Opened {
  readonly stream: SpeechToTextStream;
  readonly events: SttEvent[];
  /** Gives an event as the vendor does. */
  readonly give: (event: unknown) => void;
}

/** A guarded recogniser whose `open` returns this, as code in JavaScript may. */
function open(returned: () => unknown): Opened {
  const events: SttEvent[] = [];
  let give: Opened['give'] = () => undefined;
  const made = {
    name: 'acme',
    accepts: { encodings: ['linear16'], sampleRatesHz: [16_000] },
    open(options: Parameters<SpeechToText['open']>[0]) {
      give = options.onEvent as Opened['give'];
      return returned() as SpeechToTextStream;
    },
  } satisfies SpeechToText;
  const redact = (text: string): string => text.replaceAll('sk-secret', '[KEY]');
  const guarded = guardedProvider('stt', () => made, { name: 'acme', redact });
  const { signal } = new AbortController();
  const stream = guarded.open({ format, signal, onEvent: (event) => events.push(event) });
  return { stream, events, give };
}

/** The one error that the events must consist of. */
function onlyError(events: readonly SttEvent[]): ProviderError {
  const [event] = events;
  if (events.length !== 1 || event?.type !== 'error') throw new Error(`They are ${JSON.stringify(events)}.`);
  return event.error;
}

describe('the open() of a recogniser of the user’s own', () => {
  it.each<[string, () => unknown, string]>([
    ['is async', () => Promise.resolve(sound), 'a promise'],
    ['is async and rejects', () => Promise.reject(new Error('late')), 'a promise'],
    ['returns nothing', () => undefined, 'undefined'],
    ['returns null', () => null, 'null'],
    ['returns a function', () => () => sound, 'a function'],
    ['returns a part of a stream', () => ({ write: () => undefined }), 'an object without flush and close'],
  ])('that %s fails with words that say what it must return', async (_, returned, what) => {
    const { stream, events } = open(returned);
    stream.write(frame);
    stream.flush();
    await nextTurn();
    const error = onlyError(events);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind: 'stt', provider: 'acme', category: 'internal' });
    expect(error.message).toContain(
      `acme (stt): open() must return a stream at once, with write, flush and close; it returned ${what}.`,
    );
    await stream.close();
  });

  it('that throws fails with its words, without secrets', async () => {
    const { events } = open(() => {
      throw new Error('no sk-secret');
    });
    await nextTurn();
    expect(onlyError(events).message).toBe('acme failed: no [KEY]');
  });

  it('that returns a part of a stream has that closed, for nothing else will', async () => {
    let isClosed = false;
    open(() => ({ write: () => undefined, close: () => (isClosed = true) }));
    await nextTurn();
    expect(isClosed).toBe(true);
  });

  it('that is async has its stream closed when that comes', async () => {
    let isClosed = false;
    const late = {
      ...sound,
      close: () => {
        isClosed = true;
        throw new Error('late');
      },
    };
    open(() => Promise.resolve(late));
    await nextTurn();
    expect(isClosed).toBe(true);
  });
});

describe('the events of a recogniser of the user’s own', () => {
  it('pass as they are', () => {
    const { events, give } = open(() => sound);
    const given = [
      { type: 'partial', text: 'a' },
      { type: 'partial', text: 'a', words: [{ text: 'a', startMs: 0, endMs: 1 }] },
      { type: 'final', text: '', endOfUtterance: true },
      { type: 'final', text: 'a', endOfUtterance: false, untilMs: 3, answersFlush: true, more: 1 },
      { type: 'heard', untilMs: 0 },
    ];
    for (const event of given) give(event);
    expect(events).toEqual(given);
    expect(events[0]).toBe(given[0]);
  });

  it.each<[unknown, string]>([
    [null, 'onEvent() got null, not an event.'],
    [undefined, 'onEvent() got undefined, not an event.'],
    ['final', 'onEvent() got a string, not an event.'],
    [{}, "its type must be one of 'partial', 'final', 'heard', 'error'; it is undefined."],
    [{ type: 'zzz' }, "it is 'zzz'."],
    [{ type: 'partial' }, "{ type: 'partial' } needs text, a string; it got undefined."],
    [{ type: 'final', endOfUtterance: true }, "{ type: 'final' } needs text, a string; it got undefined."],
    [
      { type: 'final', text: 'a' },
      "{ type: 'final' } needs endOfUtterance, true or false; it got undefined.",
    ],
    [{ type: 'final', text: 'a', endOfUtterance: true, untilMs: NaN }, 'needs untilMs as a number, or none'],
    [
      { type: 'partial', text: 'a', words: [{}] },
      'needs words as a list of { text, startMs, endMs }, or none',
    ],
    [{ type: 'heard' }, "{ type: 'heard' } needs untilMs, a number; it got undefined."],
    [{ type: 'error' }, 'failed with undefined in place of an error.'],
    [{ type: 'error', error: 'no sk-secret' }, 'acme failed: no [KEY]'],
  ])('that break the contract are its failure, and nothing follows: %j', async (event, problem) => {
    const { events, give, stream } = open(() => sound);
    give(event);
    give({ type: 'partial', text: 'too late' });
    stream.flush();
    await nextTurn();
    const error = onlyError(events);
    expect(error).toMatchObject({ kind: 'stt', provider: 'acme', category: 'internal' });
    expect(error.message).toContain(problem);
  });

  it('are none after close', async () => {
    const { events, give, stream } = open(() => sound);
    give(null);
    await stream.close();
    give({ type: 'partial', text: 'too late' });
    await nextTurn();
    expect(events).toEqual([]);
  });
});

describe('a method of a recogniser’s stream', () => {
  const fails = (): never => {
    throw new Error('no sk-secret');
  };

  it.each([
    ['write', { ...sound, write: fails }],
    ['an async write', { ...sound, write: () => Promise.reject(new Error('no sk-secret')) }],
    ['flush', { ...sound, flush: fails }],
    ['speechStarted', { ...sound, speechStarted: fails }],
    ['recover', { ...sound, recover: fails }],
  ])('may fail: %s', async (_, broken) => {
    const { stream, events } = open(() => broken);
    stream.write(frame);
    stream.speechStarted?.();
    stream.flush();
    // An error is about to come, so that waiting goes on.
    const waits = stream.recover?.();
    await nextTurn();
    expect(onlyError(events).message).toBe('acme failed: no [KEY]');
    if (_ === 'recover') expect(waits).toBe(true);
  });

  it.each([
    ['close', { ...sound, close: fails }],
    ['an async close', { ...sound, close: () => Promise.reject(new Error('late')) }],
  ])('may fail without an event: %s', async (_, broken) => {
    const { stream, events } = open(() => broken);
    await stream.close();
    expect(events).toEqual([]);
  });
});
