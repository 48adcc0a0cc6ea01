import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeContract } from '../../../../test/contracts/describe-contract.js';
import { textToSpeechContract } from '../../../simulators/contracts/text-to-speech-contract.js';
import { ProviderError } from '../../../core/errors.js';
import { WorkerPool } from '../../../workers/worker-pool.js';
import type { TextToSpeech, TtsEvent } from '../../text-to-speech.js';
import type { FliteVoice } from './flite.js';
import { LocalSpeechStream } from './local-speech-stream.js';
import { localTextToSpeech, type LocalTextToSpeech } from './local-text-to-speech.js';
import { PronunciationCache } from './pronunciation-cache.js';
import type { SynthesisService } from './synthesis-service.js';

describeContract(
  'Flite as a TextToSpeech',
  textToSpeechContract({ create: () => localTextToSpeech({ workers: 1 }) }),
);

const format = { encoding: 'linear16', sampleRateHz: 16000 } as const;

describe('the local text to speech', () => {
  let tts: LocalTextToSpeech;
  beforeAll(async () => {
    tts = localTextToSpeech({ workers: 1 });
    await tts.warmUp();
  });
  afterAll(() => tts.close());

  const speak = (chunks: readonly string[], by: Pick<TextToSpeech, 'open'> = tts): Promise<TtsEvent[]> =>
    new Promise((resolve, reject) => {
      const events: TtsEvent[] = [];
      const onEvent = (event: TtsEvent): void => {
        events.push(event);
        if (event.type === 'done') resolve(events);
        if (event.type === 'error') reject(event.error);
      };
      const stream = by.open({ format, signal: new AbortController().signal, onEvent });
      for (const chunk of chunks) stream.write(chunk);
      stream.end();
    });

  it('has five voices, and rejects any other voice and an unintelligible pace', async () => {
    const unknown = 'festival' as FliteVoice;
    expect(() => localTextToSpeech({ voice: unknown })).toThrow('choose one of slt, rms, awb, kal, kal16');
    expect(() => localTextToSpeech({ stretch: 9 })).toThrow(RangeError);
    for (const voice of ['slt', 'rms', 'awb', 'kal', 'kal16'] as const) {
      const other = localTextToSpeech({ voice, workers: 1 });
      expect(seconds(await speak(['All right.'], other))).toBeGreaterThan(0.4);
      await other.close();
    }
  });

  it('speaks more slowly with a larger stretch', async () => {
    const slow = localTextToSpeech({ stretch: 1.5, workers: 1 });
    const ratio = seconds(await speak(['All right.'], slow)) / seconds(await speak(['All right.']));
    await slow.close();
    expect(ratio).toBeGreaterThan(1.2);
    expect(ratio).toBeLessThan(1.6);
  });

  it('rests a quarter of a second after a sentence and less after a clause', async () => {
    const text = ['All right.', 'Friday,', 'then.'];
    const words = (await speak(text)).flatMap((event) => (event.type === 'alignment' ? event.words : []));
    const gaps = words.slice(1).map(({ startMs }, index) => startMs - (words[index]?.endMs ?? 0));
    expect(gaps[1]).toBeGreaterThan(220);
    expect(gaps[1]).toBeLessThan(280);
    expect(gaps[2]).toBeGreaterThan(80);
    expect(gaps[2]).toBeLessThan(130);
  });

  it('times a number or an abbreviation as the one word that it is in the text', async () => {
    const text = 'It is at 3:30 pm on May 5th, with Dr. Smith.';
    const events = await speak([text]);
    const words = events.flatMap((event) => (event.type === 'alignment' ? event.words : []));
    expect(words.map((word) => word.text)).toEqual(text.split(' '));
    const lengthOf = (word: string): number => {
      const timed = words.find((other) => other.text === word);
      return timed ? timed.endMs - timed.startMs : 0;
    };
    expect(lengthOf('3:30')).toBeGreaterThan(2 * lengthOf('at'));
    for (const word of words) expect(word.endMs).toBeGreaterThan(word.startMs);
  });

  it('says what it can of text in another script, warns of the rest once, and never fails over it', async () => {
    const warnings: string[] = [];
    const by: Pick<TextToSpeech, 'open'> = {
      open: (options) =>
        tts.open({
          ...options,
          onIncident: (incident) => {
            if (incident.type === 'warning') warnings.push(`${incident.code}: ${incident.message}`);
          },
        }),
    };
    const hindi = await speak(['क्षमा करें, कुछ गलत हो गया।'], by);
    expect(hindi.map(({ type }) => type)).toEqual(['chunk_done', 'alignment', 'done']);
    const odd = ['Call Анна today.', '\ud800 \udc00 \0 \u200b 𝒳 ́ ﷽', '今天 天气', 'Bye.'];
    expect(seconds(await speak(odd, by))).toBeGreaterThan(0.5);
    expect(warnings).toEqual([
      'unsayable_text: The embedded voice knows Latin letters only and leaves out "क्षमा करें, कुछ गलत हो गया।": use a voice that speaks the language.',
      'unsayable_text: The embedded voice knows Latin letters only and leaves out "Анна": use a voice that speaks the language.',
    ]);
  });

  it('starts with a short piece of a long text, and gives all of it as one chunk', async () => {
    const text =
      'Thank you for calling, I have found three free appointments in the next week and will read them to you one by one.';
    const events = await speak([text]);
    const frames = events.flatMap((event) => (event.type === 'audio' ? [event] : []));
    expect(frames.length).toBeGreaterThan(1);
    expect(frames[0]?.frame.samples.length).toBeLessThan(2 * format.sampleRateHz);
    expect(new Set(frames.map(({ chunk }) => chunk))).toEqual(new Set([0]));
    expect(events.filter(({ type }) => type === 'alignment')).toHaveLength(1);
  });

  it('lets a stream that begins go before what another has yet to say', async () => {
    const order: string[] = [];
    const long = Array.from(
      { length: 12 },
      (_, index) => `This is sentence number ${index} of a long story.`,
    );
    const talker = speak(long).then(() => order.push('talker'));
    await speak(['Yes?']).then(() => order.push('beginner'));
    await talker;
    expect(order).toEqual(['beginner', 'talker']);
  });

  it('is idle when all events were delivered', async () => {
    let done = false;
    void speak(['One moment, please.']).then(() => (done = true));
    await tts.idle();
    expect(done).toBe(true);
  });

  it('fails the open streams when it is closed', async () => {
    const other = localTextToSpeech({ workers: 1 });
    const speech = speak(['One moment, please.'], other);
    const failure = expect(speech).rejects.toThrow('is closed');
    await other.close();
    await failure;
    await other.close();
  });

  it('fails the stream whose worker crashes, as something that may be tried again, and serves the next one', async () => {
    const entry = new URL('./synthesis-worker.js', import.meta.url).href;
    const crashing = `import '${entry}'; import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ argument }) => argument.text === 'Crash.' && process.exit(3));`;
    const pool = new WorkerPool<SynthesisService>({
      name: 'crashing',
      entry: new URL(`data:text/javascript,${encodeURIComponent(crashing)}`),
      size: 1,
    });
    const say = (text: string): Promise<TtsEvent[]> =>
      speak([text], {
        open: (options) =>
          new LocalSpeechStream({
            ...options,
            pool,
            pronunciations: new PronunciationCache(),
            voice: 'kal',
            stretch: 1,
          }),
      });
    const error = await say('Crash.').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind: 'tts', provider: 'local', retryable: true });
    expect(seconds(await say('All right.'))).toBeGreaterThan(0.3);
    await pool.close();
  });
});

function seconds(events: readonly TtsEvent[]): number {
  const samples = events.reduce(
    (sum, event) => (event.type === 'audio' ? sum + event.frame.samples.length : sum),
    0,
  );
  return samples / format.sampleRateHz;
}
