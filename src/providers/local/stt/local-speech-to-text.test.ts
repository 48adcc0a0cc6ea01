import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { drawn } from '../../../../test/harness/thorough.js';
import { describeContract } from '../../../../test/contracts/describe-contract.js';
import { speechToTextContract } from '../../../simulators/contracts/speech-to-text-contract.js';
import { ProviderError } from '../../../core/errors.js';
import { callerSpeech, framesOf, noise } from '../../../simulators/caller-speech.js';
import { fliteVoices } from '../tts/flite.js';
import { WorkerPool } from '../../../workers/worker-pool.js';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '../../speech-to-text.js';
import { DecoderPool } from './decoder-pool.js';
import { LocalRecognitionStream } from './local-recognition-stream.js';
import { localSpeechToText, type LocalSpeechToText } from './local-speech-to-text.js';
import type { RecognitionService } from './recognition-service.js';

const grammar = `#JSGF V1.0;
grammar desk;
public <request> = book my appointment | reschedule for ( monday | friday ) | uh-huh;
`;

describeContract(
  'SoundSwallower as a SpeechToText',
  speechToTextContract({
    create: () => localSpeechToText({ grammar, workers: 1 }),
    utterance: 'book my appointment',
  }),
);

interface Call {
  readonly stream: SpeechToTextStream;
  readonly events: SttEvent[];
}

function call(stt: Pick<SpeechToText, 'open'>, onEvent: (event: SttEvent) => void = () => undefined): Call {
  const events: SttEvent[] = [];
  const stream = stt.open({
    format: { encoding: 'linear16', sampleRateHz: 8000 },
    signal: new AbortController().signal,
    onEvent: (event) => {
      events.push(event);
      onEvent(event);
    },
  });
  return { stream, events };
}

/** Writes it all at once: speech is noticed 500 ms after the beginning, as far as the audio's own time goes. */
function say(stream: SpeechToTextStream, samples: Int16Array): void {
  let frames = 0;
  for (const frame of framesOf(samples, 8000)) {
    stream.write(frame);
    if (++frames === 25) stream.speechStarted?.();
  }
}

const finalsOf = ({ events }: Call): string[] =>
  events.flatMap((event) => (event.type === 'final' ? [event.text] : []));

describe('the local speech to text', () => {
  let stt: LocalSpeechToText;
  beforeAll(async () => {
    stt = localSpeechToText({ grammar, workers: 1, maxDecoders: 1 });
    await stt.warmUp();
  });
  afterAll(() => stt.close());
  const opened: SpeechToTextStream[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((stream) => stream.close()));
  });
  const open = (by: Pick<SpeechToText, 'open'> = stt): Call => {
    const opening = call(by);
    opened.push(opening.stream);
    return opening;
  };

  it.each(drawn(fliteVoices, 2))('recognises the voice %s on the phone', async (voice) => {
    const caller = open();
    for (const text of ['book my appointment', 'reschedule for friday']) {
      say(caller.stream, await callerSpeech(text, { voice }));
      caller.stream.flush();
    }
    await stt.idle();
    expect(finalsOf(caller)).toEqual(['book my appointment', 'reschedule for friday']);
  });

  it('gives an empty final for words that are not in the grammar, and for noise', async () => {
    const caller = open();
    say(caller.stream, await callerSpeech('the quick brown fox jumps over the lazy dog'));
    caller.stream.flush();
    say(caller.stream, noise(8000, 8000));
    caller.stream.flush();
    await stt.idle();
    expect(finalsOf(caller)).toEqual(['', '']);
  });

  it('idles as long as no speech is reported', async () => {
    const caller = open();
    for (const frame of framesOf(await callerSpeech('book my appointment'), 8000)) caller.stream.write(frame);
    caller.stream.flush();
    await stt.idle();
    expect(finalsOf(caller)).toEqual(['']);
  });

  it('does not hear the end of an utterance again at the beginning of the next one', async () => {
    const caller = open();
    say(caller.stream, await callerSpeech('book my appointment'));
    caller.stream.flush();
    caller.stream.speechStarted?.();
    for (const frame of framesOf(new Int16Array(4000), 8000)) caller.stream.write(frame);
    caller.stream.flush();
    await stt.idle();
    expect(finalsOf(caller)).toEqual(['book my appointment', '']);
  });

  it('lets the second of two callers wait for the only decoder, and catches up with what was said meanwhile', async () => {
    const [first, second] = [open(), open()];
    say(first.stream, await callerSpeech('book my appointment'));
    say(second.stream, await callerSpeech('reschedule for friday'));
    second.stream.flush();
    await stt.idle();
    expect(finalsOf(second)).toEqual([]);
    first.stream.flush();
    await stt.idle();
    expect(finalsOf(first)).toEqual(['book my appointment']);
    expect(finalsOf(second)).toEqual(['reschedule for friday']);
  });

  it('gives the decoder of a caller who hangs up to the next one, and drops a caller who hangs up waiting', async () => {
    const [first, second, third] = [open(), open(), open()];
    const speech = await callerSpeech('book my appointment');
    say(first.stream, speech);
    say(second.stream, speech);
    say(third.stream, speech);
    third.stream.flush();
    await second.stream.close();
    await first.stream.close();
    await stt.idle();
    expect(finalsOf(third)).toEqual(['book my appointment']);
    expect([...finalsOf(first), ...finalsOf(second)]).toEqual([]);
  });

  it('ends an utterance that goes on for half a minute', async () => {
    const caller = open();
    // Silence, which the decoder is done with soonest; only the length matters.
    say(caller.stream, new Int16Array(31 * 8000));
    await stt.idle();
    expect(finalsOf(caller)).toEqual(['']);
    say(caller.stream, await callerSpeech('book my appointment'));
    caller.stream.flush();
    await stt.idle();
    expect(finalsOf(caller)).toEqual(['', 'book my appointment']);
  });

  it('hears an utterance whose worker crashes again from the start', async () => {
    const entry = new URL('./recognition-worker.js', import.meta.url).href;
    const mortal = `import '${entry}'; import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ({ method }) => method === 'crash' && process.exit(3));`;
    const workers = new WorkerPool<RecognitionService & { crash(nothing: null): void }>({
      name: 'mortal',
      entry: new URL(`data:text/javascript,${encodeURIComponent(mortal)}`),
      size: 1,
    });
    const decoders = new DecoderPool({ workers, settings: { grammar, words: {} }, maxDecoders: 1 });
    await decoders.prepare(1);
    const caller = open({ open: (options) => new LocalRecognitionStream(decoders, options) });
    say(caller.stream, await callerSpeech('reschedule for friday'));
    await workers.idle();
    // The service itself does not know the method; the listener behind it ends the thread.
    await expect(workers.runOnEach('crash', null)).rejects.toThrow();
    caller.stream.flush();
    await workers.idle();
    expect(finalsOf(caller)).toEqual(['reschedule for friday']);
    await caller.stream.close();
    await workers.close();
  });

  it('reports a frame of another rate than was agreed, and a rate that it does not know', async () => {
    const wrongFrame = open();
    wrongFrame.stream.write({ samples: new Int16Array(320), sampleRateHz: 16000 });
    expect(wrongFrame.events).toEqual([{ type: 'error', error: expect.any(ProviderError) as unknown }]);

    const events: SttEvent[] = [];
    const format = { encoding: 'linear16', sampleRateHz: 44100 } as const;
    const signal = new AbortController().signal;
    await new Promise<void>((resolve) => {
      const onEvent = (event: SttEvent): void => {
        events.push(event);
        resolve();
      };
      opened.push(stt.open({ format, signal, onEvent }));
    });
    expect(events).toMatchObject([{ type: 'error', error: { category: 'bad_request', retryable: false } }]);
  });

  it('fails the open utterance when it is closed', async () => {
    const other = localSpeechToText({ grammar, workers: 1 });
    await other.warmUp();
    const caller = open(other);
    say(caller.stream, await callerSpeech('book my appointment'));
    await other.close();
    await other.close();
    caller.stream.flush();
    await other.idle();
    expect(caller.events.filter(({ type }) => type !== 'partial')).toMatchObject([{ type: 'error' }]);
  });
});

describe('the local grammar', () => {
  const warmUp = async (options: Parameters<typeof localSpeechToText>[0]): Promise<unknown> => {
    const stt = localSpeechToText({ workers: 1, ...options });
    try {
      return await stt.warmUp().catch((error: unknown) => error);
    } finally {
      await stt.close();
    }
  };
  const withWords = (words: string): string => `#JSGF V1.0;\ngrammar g;\npublic <g> = ${words};\n`;

  it('is refused with the name of every word that the dictionary lacks', async () => {
    const error = await warmUp({ grammar: withWords('hello zyzzyva | Friday') });
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      kind: 'stt',
      provider: 'local',
      category: 'bad_request',
      retryable: false,
    });
    expect(String(error)).toMatch(/"zyzzyva"/);
    expect(String(error)).toMatch(/"Friday"/);
    expect(String(error)).not.toMatch(/"hello"/);
  });

  it('may use words that come with their phones, but only phones that the model has', async () => {
    const words = { zyzzyva: 'Z IH Z IH V AH' };
    expect(await warmUp({ grammar: withWords('hello zyzzyva'), words })).toBeUndefined();
    const error = await warmUp({ grammar: withWords('hello zyzzyva'), words: { zyzzyva: 'Z IH QQ' } });
    expect(String(error)).toMatch(/The pronunciation of "zyzzyva" is not valid: .*QQ/);
  });

  it('is refused with the reason if it does not compile', async () => {
    for (const broken of ['hello', withWords('( hello'), withWords('<nowhere>'), '#JSGF V1.0;\ngrammar g;\n'])
      expect(String(await warmUp({ grammar: broken }))).toMatch(/The grammar does not compile: \S/);
  });

  it('that is refused fails each stream as well', async () => {
    const stt = localSpeechToText({ grammar: withWords('zyzzyva'), workers: 1 });
    const error = await new Promise((resolve) => {
      const { stream } = call(stt, (event) => resolve(event.type === 'error' && event.error));
      stream.speechStarted?.();
    });
    expect(String(error)).toMatch(/"zyzzyva"/);
    await stt.close();
  });

  it('needs at least one decoder', () => {
    expect(() => localSpeechToText({ maxDecoders: 0 })).toThrow(RangeError);
    expect(() => localSpeechToText({ workers: 0.5 })).toThrow(RangeError);
  });
});
