import { encodeMulaw } from '../../audio/g711.js';
import type { AudioFrame } from '../../audio/audio-frame.js';
import type { Clock, Timer } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import type { SpeechToTextStream, SttStreamOptions } from '../speech-to-text.js';
import { DeepgramConnection, type WireCount } from './deepgram-connection.js';
import { deepgramError, failureError } from './deepgram-errors.js';
import { parseDeepgramMessage } from './deepgram-messages.js';
import { FluxTranscript } from './flux-transcript.js';
import { isFlux } from './listen-request.js';
import type { ListenSocketOptions } from './listen-socket.js';
import { NovaTranscript } from './nova-transcript.js';
import { SilentAudio } from './silent-audio.js';
import { heardUntilSec, type Transcript, type TranscriptStep } from './transcript.js';
import { UnsentAudio } from '../unsent-audio.js';

export interface DeepgramStreamOptions extends Omit<ListenSocketOptions, 'format'> {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly flushTimeoutMs: number;
  readonly forceEndTurn: ForceEndTurnSupport;
  readonly wire: WireCount;
  readonly odd: OddMessageCount;
}

/**
 * Whether Flux is sent `ForceEndTurn`. All streams of a provider share one object, so that one refusal counts for all.
 */
export interface ForceEndTurnSupport {
  isUsed: boolean;
}

/** Counts of ignored messages: of a new type, or not Deepgram messages. */
export interface OddMessageCount {
  unknown: number;
  malformed: number;
}

/** Audio kept while connecting; longer than any wait for a connection. */
const maxUnsentSec = 30;
/** Room for all unsent audio and as much again; a call that is further behind does not recover. */
const maxBufferedSec = 2 * maxUnsentSec;

/** How a server says that it does not know `ForceEndTurn`: in an error's code or description, or as it closes. */
const unknownMessage = /UNPARSE?ABLE_CLIENT_MESSAGE|ForceEndTurn|unknown variant/i;

/** Sends one call's audio to Deepgram and reports its transcript. Starts with {@link start}. */
export class DeepgramStream implements SpeechToTextStream {
  readonly #settings: DeepgramStreamOptions;
  readonly #options: SttStreamOptions;
  readonly #connection: DeepgramConnection;
  readonly #transcript: Transcript;
  readonly #unsent: UnsentAudio;
  readonly #silent: SilentAudio;
  readonly #bytesPerSec: number;
  /** One timer for each flush that Deepgram has not answered. */
  readonly #flushTimers: Timer[] = [];
  readonly #onAbort = (): void => void this.close();
  #settleTimer: Timer | null = null;
  #sentBytes = 0;
  #heardMs = 0;
  /** Whether Flux was sent `ForceEndTurn`. */
  #asksFlux = false;
  #closed: Promise<void> | null = null;

  constructor(settings: DeepgramStreamOptions, options: SttStreamOptions) {
    const { encoding, sampleRateHz } = options.format;
    this.#settings = settings;
    this.#options = options;
    this.#bytesPerSec = sampleRateHz * (encoding === 'mulaw' ? 1 : Int16Array.BYTES_PER_ELEMENT);
    this.#unsent = new UnsentAudio(maxUnsentSec * this.#bytesPerSec);
    this.#silent = new SilentAudio(this.#bytesPerSec);
    this.#transcript = isFlux(settings.model)
      ? new FluxTranscript({ forceEndTurn: settings.forceEndTurn.isUsed })
      : new NovaTranscript();
    this.#connection = new DeepgramConnection({
      ...settings,
      format: options.format,
      maxBufferedBytes: maxBufferedSec * this.#bytesPerSec,
      onOpen: () => this.#opened(),
      onMessage: (message) => this.#take(message),
      onFailure: (error) => this.#lost(error),
      onRequestId: (requestId) =>
        options.onIncident?.({ type: 'request', kind: 'stt', provider: 'deepgram', requestId }),
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
    if (!this.#connection.isOpen) return this.#unsent.push(bytes);
    // Deepgram's own end of speech, which may answer a flush, depends on the silence that it gets.
    const due = this.#transcript.pendingFlushes > 0 ? bytes : this.#silent.push(bytes);
    if (due) this.#send(due);
  }

  /** Checks the connection when speech begins, so that a dead one is noticed early. */
  speechStarted(): void {
    this.#transcript.speechStarted?.();
    this.#silent.speechStarted();
    this.#sendSilence();
    this.#connection.check();
  }

  /** True while connecting, or while a pending flush depends on a check of the connection. */
  recover(): boolean {
    if (this.#closed) return false;
    return !this.#connection.isOpen || (this.#connection.isInDoubt && this.#transcript.pendingFlushes > 0);
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

  /** Reports the error and closes the stream. */
  fail(error: ProviderError): void {
    if (this.#closed) return;
    void this.close();
    this.#options.onEvent({ type: 'error', error: this.#connection.identified(error) });
  }

  /** Uses the original bytes of phone audio if there are any, to avoid encoding again. */
  #bytesOf({ samples, encoded }: AudioFrame): Uint8Array {
    if (this.#options.format.encoding === 'mulaw') return encoded?.bytes ?? encodeMulaw(samples);
    // Deepgram expects little-endian samples; all machines that run Node store them so.
    return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  }

  #opened(): void {
    for (const item of this.#unsent.take()) {
      if (item === 'flush') this.#flush();
      else this.#send(item);
    }
    this.#tellHeard(0);
  }

  #send(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length;
    this.#connection.sendAudio(bytes);
  }

  #sendSilence(): void {
    const waiting = this.#silent.take();
    if (waiting && this.#connection.isOpen) this.#send(waiting);
  }

  #flush(): void {
    this.#sendSilence();
    this.#silent.flushed();
    const step = this.#transcript.flush(this.#sentSec);
    // The caller of `flush()` does not expect the answer before it returns.
    if (step.events.length > 0) return queueMicrotask(() => this.#follow(step));
    const { clock, flushTimeoutMs } = this.#settings;
    this.#flushTimers.push(
      clock.setTimer(flushTimeoutMs, () => this.#follow(this.#transcript.giveUpFlush())),
    );
    this.#follow(step);
    this.#connection.check();
  }

  #take(raw: unknown): void {
    const message = parseDeepgramMessage(raw);
    if (message === 'ignored') return;
    if (message === 'unknown' || message === 'malformed') {
      this.#settings.odd[message]++;
      return;
    }
    if (message.type === 'Error') return this.#lost(failureError(message, this.#settings.apiKey));
    const heardSec = heardUntilSec(message);
    if (heardSec !== null) this.#tellHeard(Math.min(heardSec, this.#sentSec));
    this.#follow(this.#transcript.take(message, this.#sentSec));
  }

  /**
   * Deepgram has failed. If it does not know `ForceEndTurn`, stop sending it and report an error that can be retried.
   */
  #lost(error: ProviderError): void {
    const isUnknown = this.#asksFlux && unknownMessage.test(error.message);
    if (!isUnknown) return this.fail(error);
    this.#settings.forceEndTurn.isUsed = false;
    const message =
      'This Deepgram does not know ForceEndTurn: from now on Flux ends its turns by itself, which takes longer.';
    this.fail(deepgramError('server', message, error));
  }

  #tellHeard(untilSec: number): void {
    this.#heardMs = Math.max(this.#heardMs, untilSec * 1000);
    this.#options.onEvent({ type: 'heard', untilMs: this.#heardMs });
  }

  #follow({ events, asksForFinal, settleInMs }: TranscriptStep): void {
    while (this.#flushTimers.length > this.#transcript.pendingFlushes) this.#flushTimers.shift()?.cancel();
    if (asksForFinal) this.#askForFinal();
    if (settleInMs !== undefined) {
      this.#settleTimer?.cancel();
      this.#settleTimer = this.#settings.clock.setTimer(settleInMs, () =>
        this.#follow(this.#transcript.settle()),
      );
    }
    for (const event of events) if (!this.#closed) this.#options.onEvent(event);
  }

  #askForFinal(): void {
    this.#asksFlux ||= isFlux(this.#settings.model);
    this.#connection.sendFinalRequest();
  }

  get #sentSec(): number {
    return this.#sentBytes / this.#bytesPerSec;
  }

  async #shutDown(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#unsent.take();
    for (const timer of this.#flushTimers.splice(0)) timer.cancel();
    this.#settleTimer?.cancel();
    await this.#connection.close();
  }
}
