import { encodeMulaw } from '../../audio/g711.js';
import type { AudioFrame } from '../../audio/audio-frame.js';
import type { Clock, Timer } from '../../clock.js';
import type { ProviderError } from '../../errors.js';
import type { SpeechToTextStream, SttStreamOptions } from '../speech-to-text.js';
import { DeepgramConnection, type WireCount } from './deepgram-connection.js';
import { deepgramError, failureError } from './deepgram-errors.js';
import { parseDeepgramMessage } from './deepgram-messages.js';
import { FluxTranscript } from './flux-transcript.js';
import { isFlux } from './listen-request.js';
import type { ListenSocketOptions } from './listen-socket.js';
import { NovaTranscript } from './nova-transcript.js';
import { heardUntilSec, type Transcript, type TranscriptStep } from './transcript.js';
import { UnsentAudio } from './unsent-audio.js';

export interface DeepgramStreamOptions extends Omit<ListenSocketOptions, 'format'> {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly flushTimeoutMs: number;
  readonly forceEndTurn: boolean;
  readonly wire: WireCount;
}

/** More than anyone waits for a connection. */
const maxUnsentSec = 30;
/** No call is so far behind and comes back: what was unsent may be on its way and as much again behind it. */
const maxBufferedSec = 2 * maxUnsentSec;

/** One call's audio on its way to Deepgram, and what comes back. Starts with {@link start}. */
export class DeepgramStream implements SpeechToTextStream {
  readonly #settings: DeepgramStreamOptions;
  readonly #options: SttStreamOptions;
  readonly #connection: DeepgramConnection;
  readonly #transcript: Transcript;
  readonly #unsent: UnsentAudio;
  readonly #bytesPerSec: number;
  /** One for each flush that Deepgram was given and has not answered. */
  readonly #flushTimers: Timer[] = [];
  readonly #onAbort = (): void => void this.close();
  #sentBytes = 0;
  #heardMs = 0;
  #closed: Promise<void> | null = null;

  constructor(settings: DeepgramStreamOptions, options: SttStreamOptions) {
    const { encoding, sampleRateHz } = options.format;
    this.#settings = settings;
    this.#options = options;
    this.#bytesPerSec = sampleRateHz * (encoding === 'mulaw' ? 1 : Int16Array.BYTES_PER_ELEMENT);
    this.#unsent = new UnsentAudio(maxUnsentSec * this.#bytesPerSec);
    this.#transcript = isFlux(settings.model) ? new FluxTranscript(settings) : new NovaTranscript();
    this.#connection = new DeepgramConnection({
      ...settings,
      format: options.format,
      maxBufferedBytes: maxBufferedSec * this.#bytesPerSec,
      onOpen: () => this.#sendUnsent(),
      onMessage: (message) => this.#take(message),
      onFailure: (error) => this.fail(error),
    });
  }

  start(): void {
    const { signal } = this.#options;
    if (signal.aborted) return void this.close();
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#connection.open();
  }

  write(frame: AudioFrame): void {
    if (this.#closed || frame.samples.length === 0) return;
    const { sampleRateHz } = this.#options.format;
    if (frame.sampleRateHz !== sampleRateHz) {
      const message = `The stream was opened for ${sampleRateHz} Hz and got ${frame.sampleRateHz} Hz.`;
      return this.fail(deepgramError('bad_request', message));
    }
    const bytes = this.#bytesOf(frame);
    if (this.#connection.isOpen) this.#send(bytes);
    else this.#unsent.push(bytes);
  }

  flush(): void {
    if (this.#closed) return;
    if (this.#connection.isOpen) this.#flush();
    else this.#unsent.push('flush');
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  /** Reports the end of the stream, and closes it. */
  fail(error: ProviderError): void {
    if (this.#closed) return;
    void this.close();
    this.#options.onEvent({ type: 'error', error });
  }

  /** The bytes as they came over the phone line where there are such, so that nothing is coded twice. */
  #bytesOf({ samples, encoded }: AudioFrame): Uint8Array {
    if (this.#options.format.encoding === 'mulaw') return encoded?.bytes ?? encodeMulaw(samples);
    // Deepgram wants little-endian samples, which is what every machine that runs Node has in memory.
    return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  }

  #sendUnsent(): void {
    for (const item of this.#unsent.take()) {
      if (item === 'flush') this.#flush();
      else this.#send(item);
    }
  }

  #send(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length;
    this.#connection.sendAudio(bytes);
  }

  #flush(): void {
    const step = this.#transcript.flush(this.#sentBytes / this.#bytesPerSec);
    // Whoever flushes does not expect the answer before `flush()` returns.
    if (step.events.length > 0) return queueMicrotask(() => this.#follow(step));
    const { clock, flushTimeoutMs } = this.#settings;
    this.#flushTimers.push(
      clock.setTimer(flushTimeoutMs, () => this.#follow(this.#transcript.giveUpFlush())),
    );
    this.#follow(step);
  }

  #take(raw: unknown): void {
    const message = parseDeepgramMessage(raw);
    if (message === 'ignored') return;
    if (message === 'malformed')
      return this.fail(deepgramError('server', 'Deepgram sent something that is not a message of its own.'));
    if (message.type === 'Error') return this.fail(failureError(message, this.#settings.apiKey));
    this.#tellHeard(heardUntilSec(message));
    this.#follow(this.#transcript.take(message));
  }

  #tellHeard(untilSec: number | null): void {
    if (untilSec === null) return;
    this.#heardMs = Math.max(this.#heardMs, untilSec * 1000);
    this.#options.onEvent({ type: 'heard', untilMs: this.#heardMs });
  }

  #follow({ events, asksForFinal }: TranscriptStep): void {
    while (this.#flushTimers.length > this.#transcript.pendingFlushes) this.#flushTimers.shift()?.cancel();
    if (asksForFinal) this.#connection.sendFinalRequest();
    for (const event of events) if (!this.#closed) this.#options.onEvent(event);
  }

  async #shutDown(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#unsent.take();
    for (const timer of this.#flushTimers.splice(0)) timer.cancel();
    await this.#connection.close();
  }
}
