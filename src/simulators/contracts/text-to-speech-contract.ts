/** The contract of every TextToSpeech, as cases for any test runner. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { negotiateFormat, type AudioFormat } from '../../audio/audio-frame.js';
import { decodeMulaw } from '../../audio/g711.js';
import { isAudible } from '../../audio/level.js';
import type { TextToSpeech, TextToSpeechStream, TtsEvent } from '../../providers/text-to-speech.js';
import { ContractCases, type ContractSuite } from './contract-suite.js';

export interface TextToSpeechContractOptions {
  /** Makes the voice; the suite closes it. */
  readonly create: () => TextToSpeech | Promise<TextToSpeech>;
  /** How long a silent stream is watched before it counts as silent, in real time. @default 100 */
  readonly settleMs?: number;
}

interface Speaking {
  readonly stream: TextToSpeechStream;
  readonly events: readonly TtsEvent[];
  readonly abort: AbortController;
  /** Resolves with all events when the stream is done. */
  readonly done: Promise<readonly TtsEvent[]>;
}

const phone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const web: AudioFormat = { encoding: 'linear16', sampleRateHz: 24000 };

/** The conformance suite of the {@link TextToSpeech} contract: every implementation must pass it. */
export function textToSpeechContract({ create, settleMs = 100 }: TextToSpeechContractOptions): ContractSuite {
  let tts: TextToSpeech;
  let formats: readonly AudioFormat[] = [];
  const suite = new ContractCases(
    async () => {
      tts = await create();
      // The formats that transports will ask for; audio at another rate is resampled.
      const [ofPhone, ofWeb] = [negotiateFormat(phone, tts.produces), negotiateFormat(web, tts.produces)];
      formats = isDeepStrictEqual(ofPhone, ofWeb) ? [ofPhone] : [ofPhone, ofWeb];
      await tts.warmUp?.();
    },
    () => tts.close?.(),
  );

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
    // A test that closes its stream early does not wait for `done`.
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

  /** Waits until late events have arrived. */
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, settleMs));

  const chunks = ['Good morning, this is the front desk.', 'How can I help you?', 'Please go ahead.'];

  suite.it('supports linear PCM, and mu-law optionally', () => {
    const { encodings, sampleRatesHz } = tts.produces;
    assert.ok(encodings.includes('linear16'), "Its `produces.encodings` lack 'linear16'.");
    assert.ok(sampleRatesHz === 'any' || sampleRatesHz.length > 0, 'Its `produces.sampleRatesHz` are empty.');
  });

  suite.it('produces every format that it supports', async () => {
    for (const format of formats) {
      const events = await speak(['All right.'], format);
      const frames = events.flatMap((event) => (event.type === 'audio' ? [event.frame] : []));
      assert.notEqual(frames.length, 0, 'It produces no audio.');
      for (const { samples, sampleRateHz, encoded } of frames) {
        assert.equal(sampleRateHz, format.sampleRateHz);
        assert.equal(encoded?.bytes.length, format.encoding === 'mulaw' ? samples.length : undefined);
        if (encoded) assert.ok(meanDifference(decodeMulaw(encoded.bytes), samples) < 200);
      }
    }
  });

  suite.it('begins audibly', async () => {
    const frames = (await speak(chunks)).flatMap((event) => (event.type === 'audio' ? [event.frame] : []));
    const first = frames[0];
    assert.equal(
      first && isAudible(first.samples, -50, 0, first.sampleRateHz / 20),
      true,
      'Its first frame begins with silence.',
    );
  });

  suite.it('speaks the chunks in order and reports when each is complete', async () => {
    const events = await speak(chunks);
    const audible = events.flatMap((event) => (event.type === 'audio' ? [event.chunk] : []));
    assert.deepEqual(
      audible,
      [...audible].sort((a, b) => a - b),
    );
    assert.deepEqual(new Set(audible), new Set([0, 1, 2]));
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'chunk_done' ? [event.chunk] : [])),
      [0, 1, 2],
    );
    for (const chunk of [0, 1, 2]) {
      const doneAt = events.findIndex((event) => event.type === 'chunk_done' && event.chunk === chunk);
      assert.ok(events.findLastIndex((event) => event.type === 'audio' && event.chunk === chunk) < doneAt);
    }
    assert.equal(events.filter(({ type }) => type === 'done').length, 1);
  });

  suite.it(
    'reports word times, if any, for the words of each chunk as written, within its audio and in order',
    async () => {
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
        // Times may be reported several times as they become known; the last ones count.
        const alignment = events.findLast((event) => event.type === 'alignment' && event.chunk === chunk);
        if (alignment?.type === 'alignment') {
          assert.deepEqual(
            alignment.words.map((word) => word.text),
            text.split(' '),
          );
          let lastEndMs = chunkStartMs;
          for (const { startMs, endMs } of alignment.words) {
            assert.ok(startMs >= lastEndMs - 1);
            assert.ok(endMs >= startMs);
            lastEndMs = endMs;
          }
          assert.ok(lastEndMs <= chunkEndMs + 1);
        }
        chunkStartMs = chunkEndMs;
      });
    },
  );

  suite.it('is done at once if there is nothing to say', async () => {
    const audio = (events: readonly TtsEvent[]): number =>
      events.filter(({ type }) => type === 'audio').length;
    assert.equal(audio(await speak([])), 0);
    assert.equal(
      audio(await speak(['...', ' '])),
      0,
      'It produces audio for text without a letter or a digit.',
    );
  });

  suite.it('keeps streams apart', async () => {
    const [alone] = await Promise.all([speak(['One moment.'])]);
    const [first, second] = await Promise.all([speak(['One moment.']), speak(chunks)]);
    assert.equal(samplesIn(first), samplesIn(alone));
    assert.ok(samplesIn(second) > samplesIn(first));
  });

  suite.it('emits nothing after it was closed, also while speaking, and may be closed again', async () => {
    const { stream, events } = open();
    for (const chunk of chunks) stream.write(chunk);
    stream.close();
    stream.write('Hello?');
    stream.end();
    await settle();
    stream.close();
    assert.deepEqual(events, []);
  });

  suite.it('is closed by its signal', async () => {
    const { stream, events, abort } = open();
    stream.write(chunks.join(' '));
    stream.end();
    abort.abort();
    await settle();
    assert.deepEqual(events, []);
  });

  suite.it('emits nothing if its signal has already aborted', async () => {
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
    assert.deepEqual(events, []);
  });
  return suite;
}

function samplesIn(events: readonly TtsEvent[]): number {
  return events.reduce((sum, event) => (event.type === 'audio' ? sum + event.frame.samples.length : sum), 0);
}

function meanDifference(a: Int16Array, b: Int16Array): number {
  return (
    a.reduce((sum, sample, index) => sum + Math.abs(sample - (b[index] ?? 0)), 0) / Math.max(1, a.length)
  );
}
