import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LanguageModel } from '../language-model.js';
import type { SpeechToText } from '../speech-to-text.js';
import type { TextToSpeech } from '../text-to-speech.js';
import { discard } from './discard.js';
import { guardedProvider } from './guarded-provider.js';

const options = { name: 'acme', redact: (text: string) => text };
const formats = { encodings: ['linear16'], sampleRatesHz: 'any' } as const;
const { signal } = new AbortController();
const open = (): never => {
  throw new Error('It is not used.');
};

/** What a vendor's async code returns before it fails, and whether anything handles that failure. */
class LateFailure {
  isHandled = false;

  readonly then = (_done: unknown, failed?: (reason: Error) => void): void => {
    if (!failed) return;
    this.isHandled = true;
    failed(new Error('late'));
  };
}

/** Asks a model whose generation is this. */
function answer(given: unknown): unknown {
  const model = { name: 'acme', generate: () => given } as unknown as LanguageModel;
  const parts = guardedProvider('llm', () => model, options).generate({ messages: [], tools: [], signal });
  return parts[Symbol.asyncIterator]();
}

describe('the failure of what is not taken', () => {
  it.each<[string, (late: LateFailure) => unknown]>([
    ['a provider', (late) => guardedProvider('stt', () => late as unknown as SpeechToText, options)],
    ['an answer', (late) => answer(late)],
    [
      'the words that cannot be said',
      (late) => {
        const voice = { name: 'acme', produces: formats, open, unsayable: () => late };
        return guardedProvider('tts', () => voice as unknown as TextToSpeech, options).unsayable?.('a');
      },
    ],
    [
      'a stream',
      (late) => {
        const ear = { name: 'acme', accepts: formats, open: () => late } as unknown as SpeechToText;
        const format = { encoding: 'linear16', sampleRateHz: 16_000 } as const;
        return guardedProvider('stt', () => ear, options).open({ format, signal, onEvent: () => undefined });
      },
    ],
  ])('is handled, else it would end the process: %s', async (_, take) => {
    const late = new LateFailure();
    try {
      take(late);
    } catch {
      // It is no provider and no answer: other tests say how.
    }
    await nextTurn();
    expect(late.isHandled).toBe(true);
  });
});

describe('what is not taken', () => {
  it.each<[string, (stream: unknown) => unknown]>([
    ['at once', (stream) => stream],
    ['when it comes', (stream) => Promise.resolve(stream)],
  ])('is closed %s', async (_, given) => {
    let closings = 0;
    discard(given({ close: () => closings++ }));
    await nextTurn();
    expect(closings).toBe(1);
  });

  it.each([undefined, null, 'text', {}, { close: 5 }])('may be anything: %j', async (given) => {
    discard(given);
    await nextTurn();
  });

  it('is not closed where it is the user’s own object', async () => {
    let closings = 0;
    const close = async (): Promise<void> => {
      await Promise.resolve();
      closings++;
    };
    const lent = { name: '', generate: open, close };
    expect(() => guardedProvider('llm', () => lent, options)).toThrow('its name is empty.');
    await nextTurn();
    expect(closings).toBe(0);
  });
});
