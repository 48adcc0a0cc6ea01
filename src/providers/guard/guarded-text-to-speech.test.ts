import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ProviderError } from '../../core/errors.js';
import type { TextToSpeech, TextToSpeechStream, TtsEvent } from '../text-to-speech.js';
import { guardedProvider } from './guarded-provider.js';

const format = { encoding: 'linear16', sampleRateHz: 16_000 } as const;
const sound = { write: () => undefined, end: () => undefined, close: () => undefined };
const frame = { samples: new Int16Array(320), sampleRateHz: 16_000 };

/** A guarded voice whose `open` returns this, and the way to give events as it does. */
function open(returned: () => unknown) {
  const events: TtsEvent[] = [];
  let give: (event: unknown) => void = () => undefined;
  const made = {
    name: 'acme',
    produces: { encodings: ['linear16'], sampleRatesHz: 'any' },
    open(options: Parameters<TextToSpeech['open']>[0]) {
      give = options.onEvent as typeof give;
      return returned() as TextToSpeechStream;
    },
    unsayable: () => {
      throw new Error('It cannot tell.');
    },
    preconnect: () => Promise.reject(new Error('It is unreachable.')) as unknown as undefined,
  } satisfies TextToSpeech;
  const redact = (text: string): string => text.replaceAll('sk-secret', '[KEY]');
  const voice = guardedProvider('tts', () => made, { name: 'acme', redact });
  const { signal } = new AbortController();
  const stream = voice.open({ format, signal, onEvent: (event) => events.push(event) });
  return { voice, stream, events, give: (event: unknown) => give(event) };
}

function onlyError(events: readonly TtsEvent[]): ProviderError {
  const [event] = events;
  if (events.length !== 1 || event?.type !== 'error') throw new Error(`They are ${JSON.stringify(events)}.`);
  return event.error;
}

describe('a voice of the user’s own', () => {
  it.each<[string, () => unknown, string]>([
    ['a promise', () => Promise.resolve(sound), 'a promise'],
    ['nothing', () => undefined, 'undefined'],
    ['a stream without its end', () => ({ write: sound.write, close: sound.close }), 'an object without end'],
  ])('may open %s, which is its failure', async (_, returned, what) => {
    const { stream, events } = open(returned);
    stream.write('Hello.');
    stream.end();
    await nextTurn();
    expect(onlyError(events).message).toContain(
      `acme (tts): open() must return a stream at once, with write, end and close; it returned ${what}.`,
    );
    stream.close();
  });

  it('fails where write throws, though it goes on as if it had spoken', async () => {
    const { stream, events, give } = open(() => ({
      ...sound,
      write: () => {
        throw new Error('no sk-secret');
      },
      end: () => give({ type: 'done' }),
    }));
    stream.write('Hello.');
    stream.end();
    await nextTurn();
    expect(onlyError(events)).toMatchObject({ category: 'internal', message: 'acme failed: no [KEY]' });
  });

  it('passes its events on as they are, without a copy of the audio', () => {
    const { events, give } = open(() => sound);
    const encoded = { encoding: 'mulaw', bytes: new Uint8Array(320) };
    const given = [
      { type: 'alignment', chunk: 0, words: [{ text: 'a', startMs: 0, endMs: 1.5 }] },
      { type: 'audio', chunk: 0, frame },
      { type: 'audio', chunk: 0, frame: { ...frame, encoded } },
      { type: 'chunk_done', chunk: 0 },
      { type: 'done' },
    ];
    for (const event of given) give(event);
    expect(events).toHaveLength(given.length);
    for (const [index, event] of given.entries()) expect(events[index]).toBe(event);
  });

  it.each<[unknown, string]>([
    [null, 'onEvent() got null, not an event.'],
    [
      { type: 'zzz' },
      "its type must be one of 'audio', 'alignment', 'chunk_done', 'done', 'error'; it is 'zzz'.",
    ],
    [
      { type: 'audio', frame },
      "{ type: 'audio' } needs chunk, the number of a chunk from 0 on; it got undefined.",
    ],
    [{ type: 'chunk_done', chunk: -1 }, "{ type: 'chunk_done' } needs chunk"],
    [{ type: 'alignment', chunk: 0 }, 'needs words, a list of { text, startMs, endMs }; it got undefined.'],
    [{ type: 'audio', chunk: 0, frame: null }, 'needs frame, { samples, sampleRateHz }; it got null.'],
    [
      { type: 'audio', chunk: 0, frame: { samples: [1, 2], sampleRateHz: 8000 } },
      'needs frame.samples, an Int16Array; it got a list.',
    ],
    [
      { type: 'audio', chunk: 0, frame: { samples: new Int16Array(2), sampleRateHz: 'x' } },
      'needs frame.sampleRateHz, a number; it got a string.',
    ],
    [{ type: 'audio', chunk: 0, frame: { ...frame, encoded: 'mulaw' } }, 'needs frame.encoded as'],
  ])('fails by an event that breaks the contract: %j', async (event, problem) => {
    const { events, give } = open(() => sound);
    give(event);
    give({ type: 'done' });
    await nextTurn();
    const error = onlyError(events);
    expect(error).toMatchObject({ kind: 'tts', provider: 'acme', category: 'internal' });
    expect(error.message).toContain(problem);
  });

  it('may fail at what only helps, and at its end', async () => {
    const { voice, stream, events } = open(() => ({
      ...sound,
      close: () => {
        throw new Error('late');
      },
    }));
    voice.preconnect?.(format);
    expect(voice.unsayable?.('a')).toBeNull();
    stream.close();
    await nextTurn();
    expect(events).toEqual([]);
  });
});
