import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { LanguageModel } from '../../providers/language-model.js';
import type { TextToSpeech, TextToSpeechStream, TtsStreamOptions } from '../../providers/text-to-speech.js';
import { format, listener, transport } from '../../../test/harness/output-line.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { ConversationHistory } from '../conversation-history.js';
import { OutputPipeline } from './output-pipeline.js';
import { RunningTools } from './running-tools.js';

describe('an answer whose beginning turns out to be reasoning', () => {
  /** A voice of 10 samples a character that speaks when it is told to, whether or not its stream was closed. */
  class LateVoice implements TextToSpeech {
    readonly name = 'late';
    readonly produces = { encodings: ['linear16'], sampleRatesHz: 'any' } as const;
    readonly #streams: { readonly options: TtsStreamOptions; readonly texts: string[] }[] = [];

    open(options: TtsStreamOptions): TextToSpeechStream {
      const texts: string[] = [];
      this.#streams.push({ options, texts });
      return { write: (text) => void texts.push(text), end: () => undefined, close: () => undefined };
    }

    /** All text of a stream so far. */
    speak(index: number): void {
      const { options, texts } = this.#streams[index]!;
      for (const [chunk, text] of texts.splice(0).entries()) {
        const samples = new Int16Array(text.length * 10).fill(1000 + index);
        options.onEvent({ type: 'audio', chunk, frame: { samples, sampleRateHz: 8000 } });
        options.onEvent({ type: 'chunk_done', chunk });
      }
    }
  }

  interface Scene {
    readonly pipeline: OutputPipeline;
    readonly voice: LateVoice;
    /** Which stream each frame that was played is from. */
    readonly played: number[];
    readonly watched: number[];
    readonly takeBack: () => Promise<void>;
    readonly goOn: () => Promise<void>;
  }

  async function scene(): Promise<Scene> {
    const voice = new LateVoice();
    const played: number[] = [];
    const watched: number[] = [];
    const steps: (() => void)[] = [];
    const model: LanguageModel = {
      name: 'thinker',
      async *generate() {
        yield { type: 'token', text: 'Okay, the caller wants one. Then I ask. ' };
        await new Promise<void>((resolve) => steps.push(resolve));
        yield { type: 'reasoning', text: '', soFar: true };
        await new Promise<void>((resolve) => steps.push(resolve));
        yield { type: 'token', text: 'Which day suits you? ' };
        yield { type: 'done', finishReason: 'stop' };
      },
    };
    const pipeline = new OutputPipeline({
      ...{ turn: 1, sessionId: 'a3f9b2c1', tts: voice, format, clock: new VirtualClock(), listener },
      ...{ apology: '', fallbackVoice: null, language: 'en', filler: '', fillerAfterMs: 0 },
      source: { from: 'model', model, history: new ConversationHistory(null), tools: {}, assumed: null },
      transport: {
        ...transport,
        play: ({ samples }) => void played.push((samples[0] ?? 0) - 1000),
        watch: (position) => void watched.push(position),
      },
      isEarly: false,
      tools: new RunningTools(),
      sessionSignal: new AbortController().signal,
    });
    const step = async (): Promise<void> => {
      steps.shift()?.();
      for (let tick = 0; tick < 3; tick++) await nextTick();
    };
    pipeline.start();
    await step();
    return { pipeline, voice, played, watched, takeBack: step, goOn: step };
  }

  it('plays nothing of it, where the voice gives its audio only then', async () => {
    const { pipeline, voice, played, takeBack, goOn } = await scene();
    await takeBack();
    voice.speak(0);
    await goOn();
    voice.speak(0);
    voice.speak(1);
    pipeline.speech.release();
    expect(new Set(played)).toEqual(new Set([1]));
    expect(pipeline.speech.heardText(pipeline.speech.endSamples)).toBe('Which day suits you?');
  });

  it('counts as heard what was played of it, and plays no more', async () => {
    const { pipeline, voice, played, takeBack, goOn } = await scene();
    voice.speak(0);
    pipeline.speech.release();
    await takeBack();
    voice.speak(0);
    await goOn();
    voice.speak(1);
    expect(played.indexOf(1)).toBe(played.lastIndexOf(0) + 1);
    expect(pipeline.speech.heardText(pipeline.speech.endSamples)).toBe(
      'Okay, the caller wants one. Which day suits you?',
    );
  });

  it('tells when the answer is heard, where the gate opened while there was nothing to hear', async () => {
    const { pipeline, voice, watched, takeBack, goOn } = await scene();
    voice.speak(0);
    await takeBack();
    pipeline.speech.release();
    await goOn();
    expect(watched).toEqual([]);
    voice.speak(1);
    expect(watched).toEqual([0]);
    expect(pipeline.speech.heardText(pipeline.speech.endSamples)).toBe('Which day suits you?');
  });
});
