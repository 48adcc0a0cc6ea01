import type { AudioFormats } from '../audio/audio-frame.js';
import { ProviderError, type ProviderErrorCategory } from '../errors.js';
import type { SpeechToText, SpeechToTextStream, SttEvent, SttStreamOptions } from '../stt/speech-to-text.js';

/** One stream of a {@link ScriptedSpeechToText}: what it was given, and what the test has it say. */
export class ScriptedStream implements SpeechToTextStream {
  /** Milliseconds of audio, `speech_started` and `flush`, in order; audio in a row is one figure. */
  readonly inputs: (number | 'speech_started' | 'flush')[] = [];
  readonly options: SttStreamOptions;
  isClosed = false;

  constructor(options: SttStreamOptions) {
    this.options = options;
  }

  write({ samples, sampleRateHz }: Parameters<SpeechToTextStream['write']>[0]): void {
    const ms = (samples.length / sampleRateHz) * 1000;
    const last = this.inputs.at(-1);
    if (typeof last === 'number') this.inputs[this.inputs.length - 1] = last + ms;
    else this.inputs.push(ms);
  }

  speechStarted(): void {
    this.inputs.push('speech_started');
  }

  flush(): void {
    this.inputs.push('flush');
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  say(event: SttEvent): void {
    if (!this.isClosed) this.options.onEvent(event);
  }

  /** Answers a flush as a recogniser that tells nothing but the words. */
  answer(text: string): void {
    this.say({ type: 'final', text, endOfUtterance: true });
  }

  fail(category: ProviderErrorCategory = 'connection', retryAfterMs?: number): void {
    const details = { kind: 'stt', provider: 'scripted', category } as const;
    const error = new ProviderError(`Scripted: ${category}.`, {
      ...details,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    this.say({ type: 'error', error });
  }
}

export interface ScriptedSpeechToTextOptions {
  readonly name?: string;
  readonly accepts?: AudioFormats;
  readonly finalTimeoutMs?: number;
  readonly probe?: (signal: AbortSignal) => Promise<void>;
  /** Called with each stream as it is opened. */
  readonly onOpen?: (stream: ScriptedStream) => void;
}

/** A recogniser that says what a test has it say. */
export class ScriptedSpeechToText implements SpeechToText {
  readonly name: string;
  readonly accepts: AudioFormats;
  readonly finalTimeoutMs?: number;
  readonly probe?: (signal: AbortSignal) => Promise<void>;
  readonly streams: ScriptedStream[] = [];
  readonly #onOpen: (stream: ScriptedStream) => void;

  constructor(options: ScriptedSpeechToTextOptions = {}) {
    this.name = options.name ?? 'scripted';
    this.accepts = options.accepts ?? { encodings: ['linear16'], sampleRatesHz: 'any' };
    if (options.finalTimeoutMs !== undefined) this.finalTimeoutMs = options.finalTimeoutMs;
    if (options.probe) this.probe = options.probe;
    this.#onOpen = options.onOpen ?? (() => undefined);
  }

  /** The latest stream. Throws where there is none. */
  get stream(): ScriptedStream {
    const stream = this.streams.at(-1);
    if (!stream) throw new Error(`${this.name} was not opened.`);
    return stream;
  }

  open(options: SttStreamOptions): SpeechToTextStream {
    const stream = new ScriptedStream(options);
    this.streams.push(stream);
    this.#onOpen(stream);
    return stream;
  }
}
