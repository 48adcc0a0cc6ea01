import type { AudioFormats } from '#src/audio/audio-frame.js';
import type { TimedWord } from '#src/audio/timed-word.js';
import type { Clock } from '#src/core/clock.js';
import { ProviderError, type ProviderErrorCategory } from '#src/core/errors.js';
import type {
  TextToSpeech,
  TextToSpeechStream,
  TtsEvent,
  TtsStreamOptions,
} from '#src/providers/text-to-speech.js';

/** The behaviour of one stream of a scripted voice. */
export interface SpeechScript {
  /** Samples before it fails, goes silent or reports the end. @default all of the text */
  readonly samples?: number;
  readonly then?: 'fails' | 'hangs' | 'is done';
  /** @default 'connection' */
  readonly category?: ProviderErrorCategory;
  readonly retryAfterMs?: number;
  /** From the first text to the first audio. @default 0 */
  readonly firstAudioMs?: number;
  /** When word times are reported: with the first audio, after the last, at a failure as far as known, or never. */
  readonly words?: 'before' | 'behind' | 'at failure' | 'never';
}

export interface ScriptedVoiceOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Scripts of its streams in turn; the last one repeats. @default no failure */
  readonly scripts?: readonly SpeechScript[];
  /** @default 10 */
  readonly msPerCharacter?: number;
  /** Samples in a frame. @default 40 */
  readonly frameSamples?: number;
  /** @default mu-law and linear PCM at any rate */
  readonly produces?: AudioFormats;
}

/**
 * A voice that a test controls. All characters of a chunk last equally long, and {@link soundOf} defines the samples of each
 * word, so that the heard words can be read from the audio.
 */
export class ScriptedTextToSpeech implements TextToSpeech {
  readonly name: string;
  readonly produces: AudioFormats;
  readonly streams: ScriptedSpeechStream[] = [];
  warmUps = 0;
  closed = 0;
  probeFails: Error | null = null;
  warmUpFails: Error | null = null;
  readonly #options: ScriptedVoiceOptions;

  constructor(options: ScriptedVoiceOptions) {
    this.#options = options;
    this.name = options.name;
    this.produces = options.produces ?? { encodings: ['linear16', 'mulaw'], sampleRatesHz: 'any' };
  }

  /** Number of open streams. */
  get openStreams(): number {
    return this.streams.filter((stream) => !stream.isClosed).length;
  }

  warmUp(): Promise<void> {
    this.warmUps++;
    return this.warmUpFails ? Promise.reject(this.warmUpFails) : Promise.resolve();
  }

  probe(): Promise<void> {
    return this.probeFails ? Promise.reject(this.probeFails) : Promise.resolve();
  }

  open(options: TtsStreamOptions): TextToSpeechStream {
    const { scripts = [] } = this.#options;
    const script = scripts[this.streams.length] ?? scripts.at(-1) ?? {};
    const stream = new ScriptedSpeechStream({ ...this.#options, ...options, script });
    this.streams.push(stream);
    return stream;
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

/** The sample value of a word's sound, by its number, as in `w12`; the sound begins with its negative. */
export function soundOf(word: string): number {
  return 1000 + Number(/\d+/.exec(word)?.[0] ?? 0);
}

interface ScriptedStreamOptions extends ScriptedVoiceOptions, TtsStreamOptions {
  readonly script: SpeechScript;
}

/** One stream of a {@link ScriptedTextToSpeech}. */
export class ScriptedSpeechStream implements TextToSpeechStream {
  readonly texts: string[] = [];
  isClosed = false;
  readonly #options: ScriptedStreamOptions;
  #spoken = 0;
  #chunks = 0;
  #ended = false;
  #stopped = false;
  #speaks = false;

  constructor(options: ScriptedStreamOptions) {
    this.#options = options;
  }

  write(text: string): void {
    this.texts.push(text);
    this.#start();
  }

  end(): void {
    this.#ended = true;
    this.#start();
  }

  close(): void {
    this.isClosed = true;
  }

  #start(): void {
    const { clock, script } = this.#options;
    if (this.#speaks) return;
    this.#speaks = true;
    const { firstAudioMs = 0 } = script;
    if (firstAudioMs > 0 && this.#spoken === 0) clock.setTimer(firstAudioMs, () => this.#speak());
    else queueMicrotask(() => this.#speak());
  }

  #speak(): void {
    this.#speaks = false;
    for (let text = this.texts[this.#chunks]; text !== undefined; text = this.texts[this.#chunks]) {
      this.#speakChunk(this.#chunks, text);
      if (this.#stopped) return;
      this.#emit({ type: 'chunk_done', chunk: this.#chunks++ });
    }
    if (this.#ended) this.#emit({ type: 'done' });
  }

  #speakChunk(chunk: number, text: string): void {
    const { script, frameSamples = 40, format } = this.#options;
    const { samples: limit = Infinity, words = 'never' } = script;
    const { sound, timed } = this.#pronounce(text);
    if (words === 'before') this.#emit({ type: 'alignment', chunk, words: timed });
    const length = Math.min(sound.length, limit - this.#spoken);
    const startSample = this.#spoken;
    for (let from = 0; from < length; from += frameSamples) {
      const samples = sound.subarray(from, Math.min(from + frameSamples, length));
      this.#spoken += samples.length;
      this.#emit({ type: 'audio', chunk, frame: { samples, sampleRateHz: format.sampleRateHz } });
    }
    if (this.#spoken >= limit) {
      const heardMs = (startSample + length) / (format.sampleRateHz / 1000);
      const whole = timed.filter(({ endMs }) => endMs <= heardMs);
      if (words === 'at failure') this.#emit({ type: 'alignment', chunk, words: whole });
      this.#stop();
    } else if (words === 'behind' || words === 'at failure') {
      this.#emit({ type: 'alignment', chunk, words: timed });
    }
  }

  #pronounce(text: string): { readonly sound: Int16Array; readonly timed: readonly TimedWord[] } {
    const { msPerCharacter = 10, format } = this.#options;
    const perMs = format.sampleRateHz / 1000;
    const perCharacter = Math.round(msPerCharacter * perMs);
    const isSpeakable = /[\p{L}\p{N}]/u.test(text);
    const sound = new Int16Array(isSpeakable ? text.length * perCharacter : 0);
    const startMs = this.#spoken / perMs;
    const timed = [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => {
      const end = index + word.length;
      sound.fill(soundOf(word), index * perCharacter, end * perCharacter);
      sound[index * perCharacter] = -soundOf(word);
      const ms = (character: number): number => startMs + (character * perCharacter) / perMs;
      return { text: word, startMs: ms(index), endMs: ms(end) };
    });
    return { sound, timed };
  }

  #stop(): void {
    const { script, name } = this.#options;
    this.#stopped = true;
    const { then: ending = 'fails', category = 'connection', retryAfterMs } = script;
    if (ending === 'is done') this.#emit({ type: 'done' });
    if (ending !== 'fails') return;
    const details = { kind: 'tts', provider: name, category } as const;
    const error = new ProviderError(`It failed: ${category}.`, {
      ...details,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    this.#emit({ type: 'error', error });
  }

  #emit(event: TtsEvent): void {
    if (!this.isClosed) this.#options.onEvent(event);
  }
}
