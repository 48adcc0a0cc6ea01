/** What every TextToSpeech must do, as a suite of tests: run it in the implementation's own test file. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AudioFormat } from '../audio/audio-frame.js';
import { decodeMulaw } from '../audio/g711.js';
import { isAudible } from '../audio/level.js';
import type { TextToSpeech, TextToSpeechStream, TtsEvent } from '../tts/text-to-speech.js';

export interface TtsContractOptions {
  /** Makes what is tested; the suite closes it. */
  readonly create: () => TextToSpeech | Promise<TextToSpeech>;
}

interface Speaking {
  readonly stream: TextToSpeechStream;
  readonly events: readonly TtsEvent[];
  readonly abort: AbortController;
  /** Resolves with everything that was said, once all of it was. */
  readonly done: Promise<readonly TtsEvent[]>;
}

const settleMs = 100;
const phone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const web: AudioFormat = { encoding: 'linear16', sampleRateHz: 24000 };

/** Describes the contract for one implementation. */
export function describeTextToSpeech(name: string, { create }: TtsContractOptions): void {
  describe(`${name} as a TextToSpeech`, () => {
    let tts: TextToSpeech;
    let formats: readonly AudioFormat[];

    beforeAll(async () => {
      tts = await create();
      const { encodings, sampleRatesHz } = tts.produces;
      formats = [phone, web].filter(
        ({ encoding, sampleRateHz }) =>
          encodings.includes(encoding) && (sampleRatesHz === 'any' || sampleRatesHz.includes(sampleRateHz)),
      );
      await tts.warmUp?.();
    });
    afterAll(() => tts.close?.());

    const open = (format = formats[0] ?? web): Speaking => {
      const events: TtsEvent[] = [];
      const abort = new AbortController();
      let onEvent: (event: TtsEvent) => void = (event) => events.push(event);
      const done = new Promise<readonly TtsEvent[]>((resolve, reject) => {
        onEvent = (event) => {
          events.push(event);
          if (event.type === 'done') resolve(events);
          if (event.type === 'error') reject(event.error);
        };
      });
      // A stream that is closed before its end settles nothing, and its test does not wait.
      done.catch(() => undefined);
      const stream = tts.open({ format, signal: abort.signal, onEvent: (event) => onEvent(event) });
      return { stream, events, abort, done };
    };

    const speak = (chunks: readonly string[], format?: AudioFormat): Promise<readonly TtsEvent[]> => {
      const { stream, done } = open(format);
      for (const chunk of chunks) stream.write(chunk);
      stream.end();
      return done;
    };

    /** Long enough for anything that is still under way to arrive. */
    const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, settleMs));

    const chunks = ['Good morning, this is the front desk.', 'How can I help you?', 'Please go ahead.'];

    it('knows at least one of the formats that transports play', () => {
      expect(formats).not.toHaveLength(0);
    });

    it('gives every format that was asked for', async () => {
      for (const format of formats) {
        const events = await speak(['All right.'], format);
        const frames = events.flatMap((event) => (event.type === 'audio' ? [event.frame] : []));
        expect(frames).not.toHaveLength(0);
        for (const { samples, sampleRateHz, encoded } of frames) {
          expect(sampleRateHz).toBe(format.sampleRateHz);
          expect(encoded?.bytes.length).toBe(format.encoding === 'mulaw' ? samples.length : undefined);
          if (encoded) expect(meanDifference(decodeMulaw(encoded.bytes), samples)).toBeLessThan(200);
        }
      }
    });

    it('begins audibly', async () => {
      const frames = (await speak(chunks)).flatMap((event) => (event.type === 'audio' ? [event.frame] : []));
      const first = frames[0];
      expect(first && isAudible(first.samples, -50, 0, first.sampleRateHz / 20)).toBe(true);
    });

    it('speaks the chunks in order and says when each is complete', async () => {
      const events = await speak(chunks);
      const audible = events.flatMap((event) => (event.type === 'audio' ? [event.chunk] : []));
      expect(audible).toEqual([...audible].sort((a, b) => a - b));
      expect(new Set(audible)).toEqual(new Set([0, 1, 2]));
      expect(events.flatMap((event) => (event.type === 'chunk_done' ? [event.chunk] : []))).toEqual([
        0, 1, 2,
      ]);
      for (const chunk of [0, 1, 2]) {
        const doneAt = events.findIndex((event) => event.type === 'chunk_done' && event.chunk === chunk);
        expect(events.findLastIndex((event) => event.type === 'audio' && event.chunk === chunk)).toBeLessThan(
          doneAt,
        );
      }
      expect(events.filter(({ type }) => type === 'done')).toHaveLength(1);
    });

    it('times, if it does, the words of each chunk as they stand in the text, inside its audio and in order', async () => {
      const events = await speak(chunks);
      const rateHz = (formats[0] ?? web).sampleRateHz;
      let chunkStartMs = 0;
      chunks.forEach((text, chunk) => {
        const samples = events.reduce(
          (sum, event) =>
            event.type === 'audio' && event.chunk === chunk ? sum + event.frame.samples.length : sum,
          0,
        );
        const chunkEndMs = chunkStartMs + (samples / rateHz) * 1000;
        const alignment = events.find((event) => event.type === 'alignment' && event.chunk === chunk);
        if (alignment?.type === 'alignment') {
          expect(alignment.words.map((word) => word.text)).toEqual(text.split(' '));
          let lastEndMs = chunkStartMs;
          for (const { startMs, endMs } of alignment.words) {
            expect(startMs).toBeGreaterThanOrEqual(lastEndMs - 1);
            expect(endMs).toBeGreaterThanOrEqual(startMs);
            lastEndMs = endMs;
          }
          expect(lastEndMs).toBeLessThanOrEqual(chunkEndMs + 1);
        }
        chunkStartMs = chunkEndMs;
      });
    });

    it('is done at once if there is nothing to say', async () => {
      const audio = (events: readonly TtsEvent[]): number =>
        events.filter(({ type }) => type === 'audio').length;
      expect(audio(await speak([]))).toBe(0);
      expect(audio(await speak(['...', ' ']))).toBe(0);
    });

    it('keeps streams apart', async () => {
      const [alone] = await Promise.all([speak(['One moment.'])]);
      const [first, second] = await Promise.all([speak(['One moment.']), speak(chunks)]);
      expect(samplesIn(first)).toBe(samplesIn(alone));
      expect(samplesIn(second)).toBeGreaterThan(samplesIn(first));
    });

    it('says nothing after it was closed, in the middle of its work too, and may be closed again', async () => {
      const { stream, events } = open();
      for (const chunk of chunks) stream.write(chunk);
      stream.close();
      stream.write('Hello?');
      stream.end();
      await settle();
      stream.close();
      expect(events).toEqual([]);
    });

    it('is closed by its signal', async () => {
      const { stream, events, abort } = open();
      stream.write(chunks.join(' '));
      stream.end();
      abort.abort();
      await settle();
      expect(events).toEqual([]);
    });

    it('says nothing on a signal that was aborted before', async () => {
      const events: TtsEvent[] = [];
      const format = formats[0] ?? web;
      const stream = tts.open({
        format,
        signal: AbortSignal.abort(),
        onEvent: (event) => events.push(event),
      });
      stream.write('Hello.');
      stream.end();
      await settle();
      expect(events).toEqual([]);
    });
  });
}

function samplesIn(events: readonly TtsEvent[]): number {
  return events.reduce((sum, event) => (event.type === 'audio' ? sum + event.frame.samples.length : sum), 0);
}

function meanDifference(a: Int16Array, b: Int16Array): number {
  return (
    a.reduce((sum, sample, index) => sum + Math.abs(sample - (b[index] ?? 0)), 0) / Math.max(1, a.length)
  );
}
