/** What every SpeechToText must do, as a suite of tests: run it in the implementation's own test file. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SpeechToText, SpeechToTextStream, SttEvent } from '../stt/speech-to-text.js';
import { callerSpeech, framesOf } from './caller-speech.js';

export interface SttContractOptions {
  /** Makes what is tested; the suite closes it. */
  readonly create: () => SpeechToText | Promise<SpeechToText>;
  /** Something that it understands, exactly as it writes it. */
  readonly utterance: string;
}

/** An open stream and what it has said so far. */
interface Listening {
  readonly stream: SpeechToTextStream;
  readonly events: readonly SttEvent[];
  readonly abort: AbortController;
  /** Resolves with all final texts as soon as there are so many. */
  readonly finals: (count: number) => Promise<string[]>;
}

const settleMs = 100;

/** Describes the contract for one implementation. */
export function describeSpeechToText(name: string, { create, utterance }: SttContractOptions): void {
  describe(`${name} as a SpeechToText`, () => {
    let stt: SpeechToText;
    let rates: readonly number[];

    beforeAll(async () => {
      stt = await create();
      rates = stt.accepts.sampleRatesHz === 'any' ? [8000, 16000] : stt.accepts.sampleRatesHz;
      await stt.warmUp?.();
    });
    afterAll(() => stt.close?.());

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
      const finals = (count: number): Promise<string[]> =>
        new Promise((resolve, reject) => {
          check = () => {
            const texts = events.flatMap((event) => (event.type === 'final' ? [event.text] : []));
            const failure = events.find((event) => event.type === 'error');
            if (failure) reject(failure.error);
            else if (texts.length >= count) resolve(texts);
          };
          check();
        });
      return { stream, events, abort, finals };
    };

    /** Says something to a stream as a session does: the detector is sure of speech a little after its beginning. */
    const say = (stream: SpeechToTextStream, samples: Int16Array, sampleRateHz = rate()): void => {
      let heardMs = 0;
      for (const frame of framesOf(samples, sampleRateHz)) {
        stream.write(frame);
        heardMs += 20;
        if (heardMs === 500) stream.speechStarted?.();
      }
    };

    /** Long enough for anything that is still under way to arrive. */
    const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, settleMs));

    it('recognises speech at every rate that it accepts', async () => {
      for (const sampleRateHz of rates) {
        const { stream, finals } = listen(sampleRateHz);
        say(stream, await speech(sampleRateHz), sampleRateHz);
        stream.flush();
        expect(await finals(1)).toEqual([utterance]);
        await stream.close();
      }
    });

    it('gives partials that are not empty, and all of them before the final', async () => {
      const { stream, events, finals } = listen();
      say(stream, await speech());
      stream.flush();
      await finals(1);
      const said = events.filter(({ type }) => type !== 'heard');
      expect(said.findIndex(({ type }) => type === 'final')).toBe(said.length - 1);
      for (const event of events) if (event.type === 'partial') expect(event.text).not.toBe('');
      await stream.close();
    });

    it('answers each flush with one final, in order, empty where nothing was said', async () => {
      const { stream, events, finals } = listen();
      const said = await speech();
      stream.flush();
      say(stream, said);
      stream.flush();
      stream.flush();
      say(stream, said);
      stream.flush();
      expect(await finals(4)).toEqual(['', utterance, '', utterance]);
      await settle();
      const finalEvents = events.filter(({ type }) => type === 'final');
      expect(finalEvents).toHaveLength(4);
      expect(finalEvents.every((event) => event.type === 'final' && event.endOfUtterance)).toBe(true);
      await stream.close();
    });

    it('tells times, where it does, that lie in the audio and in order, of words that spell their text', async () => {
      const { stream, events, finals } = listen();
      const said = await speech();
      for (let time = 0; time < 2; time++) {
        say(stream, said);
        stream.flush();
      }
      await finals(2);
      const writtenMs = (2 * said.length * 1000) / rate();
      for (const type of ['heard', 'final'] as const) {
        const positions = events.flatMap((event) =>
          event.type === type && event.untilMs !== undefined ? [event.untilMs] : [],
        );
        expect(positions).toEqual([...positions].sort((one, other) => one - other));
        expect(positions.at(-1) ?? 0).toBeLessThanOrEqual(writtenMs + 1);
      }
      for (const event of events) {
        if ((event.type !== 'partial' && event.type !== 'final') || !event.words) continue;
        expect(event.words.map(({ text }) => text).join(' ')).toBe(event.text);
        const edges = event.words.flatMap(({ startMs, endMs }) => [startMs, endMs]);
        expect(edges).toEqual([...edges].sort((one, other) => one - other));
        expect(edges.at(-1) ?? 0).toBeLessThanOrEqual(writtenMs + 1);
      }
      await stream.close();
    });

    it('gives an empty final for silence', async () => {
      const { stream, finals } = listen();
      say(stream, new Int16Array(rate()));
      stream.flush();
      expect(await finals(1)).toEqual(['']);
      await stream.close();
    });

    it('keeps streams apart', async () => {
      const [speaking, silent] = [listen(), listen()];
      const said = await speech();
      say(speaking.stream, said);
      say(silent.stream, new Int16Array(said.length));
      silent.stream.flush();
      speaking.stream.flush();
      expect(await speaking.finals(1)).toEqual([utterance]);
      expect(await silent.finals(1)).toEqual(['']);
      await Promise.all([speaking.stream.close(), silent.stream.close()]);
    });

    it('says nothing after it was closed, in the middle of speech too, and may be closed again', async () => {
      const { stream, events } = listen();
      say(stream, await speech());
      stream.flush();
      const before = events.length;
      await stream.close();
      say(stream, await speech());
      stream.flush();
      await settle();
      await stream.close();
      expect(events).toHaveLength(before);
    });

    it('is closed by its signal', async () => {
      const { stream, events, abort } = listen();
      say(stream, await speech());
      stream.flush();
      const before = events.length;
      abort.abort();
      await settle();
      expect(events).toHaveLength(before);
      await stream.close();
    });

    it('may be warmed up again', async () => {
      await expect(Promise.resolve(stt.warmUp?.())).resolves.toBeUndefined();
    });
  });
}
