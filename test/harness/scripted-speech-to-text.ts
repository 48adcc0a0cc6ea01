import type { AudioFormats } from '#src/audio/audio-frame.js';
import { ProviderError, type ProviderErrorCategory } from '#src/core/errors.js';
import type {
  SpeechToText,
  SpeechToTextStream,
  SttEvent,
  SttStreamOptions,
} from '#src/providers/speech-to-text.js';

/** One stream of a {@link ScriptedSpeechToText}: records its inputs and emits the test's events. */
export class ScriptedStream implements SpeechToTextStream {
  /** Milliseconds of audio, `speech_started` and `flush`, in order; consecutive audio is one number. */
  readonly inputs: (number | 'speech_started' | 'flush')[] = [];
  readonly options: SttStreamOptions;
  isClosed = false;
  /** Its answer to whether more words may come. */
  isInDoubt = false;

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

  recover(): boolean {
    return this.isInDoubt;
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  say(event: SttEvent): void {
    if (!this.isClosed) this.options.onEvent(event);
  }

  /** Answers a flush like a recogniser without word times. */
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
  /** Called with each opened stream. */
  readonly onOpen?: (stream: ScriptedStream) => void;
}

/** A recogniser that a test controls. */
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

  /** The latest stream. Throws if there is none. */
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
