/** The contract of every SpeechToText, as cases for any test runner. */
import assert from 'node:assert/strict';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '../../providers/speech-to-text.js';
import { callerSpeech, framesOf } from '../caller-speech.js';
import { ContractCases, type ContractSuite } from './contract-suite.js';

export interface SpeechToTextContractOptions {
  /** Makes the recogniser; the suite closes it. */
  readonly create: () => SpeechToText | Promise<SpeechToText>;
  /** An utterance that it recognises, exactly as it writes it. */
  readonly utterance: string;
  /** Only silence ends an utterance; a flush does not. The suite then sends silence while it waits. @default false */
  readonly endsBySilence?: boolean;
}

/** An open stream and its events so far. */
interface Listening {
  readonly stream: SpeechToTextStream;
  readonly events: readonly SttEvent[];
  readonly abort: AbortController;
  /** Resolves with all final texts once there are `count`. */
  readonly finals: (count: number) => Promise<string[]>;
  /** Length of the silence that was sent while waiting. */
  readonly silentMs: () => number;
}

const settleMs = 100;
/** Length of a frame of silence, and how often one is sent. */
const silenceMs = 20;

/** The conformance suite of the {@link SpeechToText} contract: every implementation must pass it. */
export function speechToTextContract({
  create,
  utterance,
  endsBySilence = false,
}: SpeechToTextContractOptions): ContractSuite {
  let stt: SpeechToText;
  let rates: readonly number[];
  const suite = new ContractCases(
    async () => {
      stt = await create();
      rates = stt.accepts.sampleRatesHz === 'any' ? [8000, 16000] : stt.accepts.sampleRatesHz;
      await stt.warmUp?.();
    },
    () => stt.close?.(),
  );

  const rate = (): number => rates[0] ?? 8000;

  const speech = (sampleRateHz = rate()): Promise<Int16Array> => callerSpeech(utterance, { sampleRateHz });

  const listen = (sampleRateHz = rate()): Listening => {
    const events: SttEvent[] = [];
    const abort = new AbortController();
    let check = (): void => undefined;
    const stream = stt.open({
      format: { encoding: 'linear16', sampleRateHz },
      signal: abort.signal,
      onEvent: (event) => {
        events.push(event);
        check();
      },
    });
    const finalsSoFar = (count: number): Promise<string[]> =>
      new Promise((resolve, reject) => {
        check = () => {
          const texts = events.flatMap((event) => (event.type === 'final' ? [event.text] : []));
          const failure = events.find((event) => event.type === 'error');
          if (failure) reject(failure.error);
          else if (texts.length >= count) resolve(texts);
        };
        check();
      });
    let silentMs = 0;
    const sendSilence = (): void => {
      stream.write({ samples: new Int16Array((sampleRateHz * silenceMs) / 1000), sampleRateHz });
      silentMs += silenceMs;
    };
    const finals = async (count: number): Promise<string[]> => {
      const silence = endsBySilence ? setInterval(sendSilence, silenceMs) : undefined;
      try {
        return await finalsSoFar(count);
      } finally {
        clearInterval(silence);
      }
    };
    return { stream, events, abort, finals, silentMs: () => silentMs };
  };

  /** Sends speech to a stream as a session does: the detector reports speech shortly after its beginning. */
  const say = (stream: SpeechToTextStream, samples: Int16Array, sampleRateHz = rate()): void => {
    let heardMs = 0;
    for (const frame of framesOf(samples, sampleRateHz)) {
      stream.write(frame);
      heardMs += 20;
      if (heardMs === 500) stream.speechStarted?.();
    }
  };

  /** Waits until late events have arrived. */
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, settleMs));

  suite.it('recognises speech at every rate that it accepts', async () => {
    for (const sampleRateHz of rates) {
      const { stream, finals } = listen(sampleRateHz);
      say(stream, await speech(sampleRateHz), sampleRateHz);
      stream.flush();
      assert.deepEqual(await finals(1), [utterance]);
      await stream.close();
    }
  });

  suite.it('emits no empty partial, and none after the final', async () => {
    const { stream, events, finals } = listen();
    say(stream, await speech());
    stream.flush();
    await finals(1);
    const said = events.filter(({ type }) => type !== 'heard');
    assert.equal(
      said.findIndex(({ type }) => type === 'final'),
      said.length - 1,
    );
    for (const event of events) if (event.type === 'partial') assert.notEqual(event.text, '');
    await stream.close();
  });

  suite.it('answers each flush with one final, in order, empty if nothing was said', async () => {
    const { stream, events, finals } = listen();
    const said = await speech();
    stream.flush();
    say(stream, said);
    stream.flush();
    if (endsBySilence) await finals(2);
    stream.flush();
    say(stream, said);
    stream.flush();
    assert.deepEqual(await finals(4), ['', utterance, '', utterance]);
    await settle();
    const finalEvents = events.filter(({ type }) => type === 'final');
    assert.equal(finalEvents.length, 4);
    assert.equal(
      finalEvents.every((event) => event.type === 'final' && event.endOfUtterance),
      true,
    );
    await stream.close();
  });

  suite.it(
    'reports word times, if any, within the audio and in order, for words that spell the text',
    async () => {
      const { stream, events, finals, silentMs } = listen();
      const said = await speech();
      for (let time = 0; time < 2; time++) {
        say(stream, said);
        stream.flush();
      }
      await finals(2);
      const writtenMs = (2 * said.length * 1000) / rate() + silentMs();
      for (const type of ['heard', 'final'] as const) {
        const positions = events.flatMap((event) =>
          event.type === type && event.untilMs !== undefined ? [event.untilMs] : [],
        );
        assert.deepEqual(
          positions,
          [...positions].sort((one, other) => one - other),
        );
        assert.ok((positions.at(-1) ?? 0) <= writtenMs + 1, `A ${type} lies after the end of the audio.`);
      }
      for (const event of events) {
        if ((event.type !== 'partial' && event.type !== 'final') || !event.words) continue;
        assert.equal(event.words.map(({ text }) => text).join(' '), event.text);
        const edges = event.words.flatMap(({ startMs, endMs }) => [startMs, endMs]);
        assert.deepEqual(
          edges,
          [...edges].sort((one, other) => one - other),
        );
        assert.ok((edges.at(-1) ?? 0) <= writtenMs + 1, 'A word lies after the end of the audio.');
      }
      await stream.close();
    },
  );

  suite.it('emits an empty final for silence', async () => {
    const { stream, finals } = listen();
    say(stream, new Int16Array(rate()));
    stream.flush();
    assert.deepEqual(await finals(1), ['']);
    await stream.close();
  });

  suite.it('keeps streams apart', async () => {
    const [speaking, silent] = [listen(), listen()];
    const said = await speech();
    say(speaking.stream, said);
    say(silent.stream, new Int16Array(said.length));
    silent.stream.flush();
    speaking.stream.flush();
    assert.deepEqual(await speaking.finals(1), [utterance]);
    assert.deepEqual(await silent.finals(1), ['']);
    await Promise.all([speaking.stream.close(), silent.stream.close()]);
  });

  suite.it('emits nothing after it was closed, also during speech, and may be closed again', async () => {
    const { stream, events } = listen();
    say(stream, await speech());
    stream.flush();
    const before = events.length;
    await stream.close();
    say(stream, await speech());
    stream.flush();
    await settle();
    await stream.close();
    assert.equal(events.length, before);
  });

  suite.it('is closed by its signal', async () => {
    const { stream, events, abort } = listen();
    say(stream, await speech());
    stream.flush();
    const before = events.length;
    abort.abort();
    await settle();
    assert.equal(events.length, before);
    await stream.close();
  });

  suite.it('may be warmed up again', async () => {
    assert.deepEqual((await stt.warmUp?.()) ?? [], []);
  });
  return suite;
}
