import type { AudioFrame } from '../../audio/audio-frame.js';
import { encodeMulaw } from '../../audio/g711.js';
import type { Clock, Timer } from '../../core/clock.js';
import type { SpeechToTextStream, SttEvent, SttStreamOptions } from '../speech-to-text.js';
import { UnsentAudio } from '../unsent-audio.js';
import { cartesiaError, type Asked, type CartesiaFailure } from './cartesia-errors.js';
import { isWhisper, type CartesiaSttMessage } from './cartesia-stt-messages.js';
import { InkTranscript, type InkStep } from './ink-transcript.js';
import { ListenConnection } from './listen-connection.js';

export interface CartesiaListenSettings {
  readonly asked: Asked;
  /** The address for audio of this format. */
  readonly urlOf: (format: SttStreamOptions['format']) => string;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly flushTimeoutMs: number;
  /** A message could not be understood. */
  readonly onOddMessage: () => void;
}

/** Audio kept while connecting; longer than any wait for a connection. */
const maxUnsentSec = 30;
/** Room for all unsent audio and as much again; a call that is further behind does not recover. */
const maxBufferedSec = 2 * maxUnsentSec;
/** Cartesia recommends messages of 100 ms: https://docs.cartesia.ai/api-reference/stt/websocket */
const pieceSec = 0.1;
/**
 * A request is sent after this time without audio. Cartesia has closed connections after 20 s without a message:
 * https://docs.cartesia.ai/2025-04-16/api-reference/stt/stt
 */
const keepAliveMs = 8000;

/** Sends one call's audio to Cartesia and reports its transcript. Starts with {@link start}. */
export class CartesiaListenStream implements SpeechToTextStream {
  readonly #settings: CartesiaListenSettings;
  readonly #options: SttStreamOptions;
  readonly #connection: ListenConnection;
  readonly #transcript: InkTranscript;
  readonly #unsent: UnsentAudio;
  readonly #bytesPerSec: number;
  /** One timer for each flush that is pending. */
  readonly #flushTimers: Timer[] = [];
  readonly #onAbort = (): void => void this.close();
  #settleTimer: Timer | null = null;
  #keepAliveTimer: Timer | null = null;
  /** Audio that waits until a message is full. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #sentBytes = 0;
  #toldBytes = 0;
  #wasUsed = false;
  #closed: Promise<void> | null = null;

  constructor(settings: CartesiaListenSettings, options: SttStreamOptions) {
    const { encoding, sampleRateHz } = options.format;
    this.#settings = settings;
    this.#options = options;
    this.#bytesPerSec = sampleRateHz * (encoding === 'mulaw' ? 1 : Int16Array.BYTES_PER_ELEMENT);
    this.#unsent = new UnsentAudio(maxUnsentSec * this.#bytesPerSec);
    this.#transcript = new InkTranscript({ spacesParts: isWhisper(settings.asked.model) });
    this.#connection = new ListenConnection({
      ...{ url: settings.urlOf(options.format), apiKey: settings.asked.apiKey, clock: settings.clock },
      connectTimeoutMs: settings.connectTimeoutMs,
      maxBufferedBytes: maxBufferedSec * this.#bytesPerSec,
      onOpen: () => this.#opened(),
      onMessage: (message) => this.#take(message),
      onOddMessage: settings.onOddMessage,
      onFailure: (failure) => this.fail(failure),
      onRequestId: (requestId) =>
        options.onIncident?.({ type: 'request', kind: 'stt', provider: 'cartesia', requestId }),
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
      const message = `The stream was opened for ${sampleRateHz} Hz and got ${frame.sampleRateHz} Hz`;
      return this.fail({ message, category: 'bad_request' });
    }
    const bytes = this.#bytesOf(frame);
    if (this.#connection.isOpen) this.#send(bytes);
    else this.#unsent.push(bytes);
  }

  /** Checks the connection when speech begins, so that a dead one is noticed early. */
  speechStarted(): void {
    if (this.#closed) return;
    this.#transcript.speechStarted();
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

  /** Reports the failure and closes the stream. */
  fail(failure: CartesiaFailure): void {
    if (this.#closed) return;
    void this.close();
    this.#options.onEvent({ type: 'error', error: cartesiaError(failure, this.#settings.asked) });
  }

  /** Uses the original bytes of phone audio if there are any, to avoid encoding again. */
  #bytesOf({ samples, encoded }: AudioFrame): Uint8Array {
    if (this.#options.format.encoding === 'mulaw') return encoded?.bytes ?? encodeMulaw(samples);
    // Cartesia expects little-endian samples; all machines that run Node store them so.
    return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  }

  #opened(): void {
    for (const item of this.#unsent.take()) {
      if (item === 'flush') this.#flush();
      else this.#send(item);
    }
    this.#keepAlive();
    this.#emit({ type: 'heard', untilMs: 0 });
  }

  #send(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#pieceBytes += bytes.length;
    if (this.#pieceBytes >= pieceSec * this.#bytesPerSec) this.#sendPieces();
  }

  #sendPieces(): void {
    if (this.#pieceBytes === 0 || !this.#connection.isOpen) return;
    const joined = Buffer.concat(this.#pieces, this.#pieceBytes);
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#wasUsed = true;
    if (this.#connection.sendAudio(joined)) this.#sentBytes += joined.length;
  }

  #flush(): void {
    this.#sendPieces();
    if (this.#closed) return;
    this.#tellUsage();
    const step = this.#transcript.flush(this.#sentMs);
    // The caller of `flush()` does not expect the answer before it returns.
    if (step) return queueMicrotask(() => this.#follow(step));
    const { clock, flushTimeoutMs } = this.#settings;
    this.#flushTimers.push(
      clock.setTimer(flushTimeoutMs, () => this.#follow(this.#transcript.giveUpFlush())),
    );
    this.#wasUsed = true;
    this.#connection.sendFinalRequest();
    this.#connection.check();
  }

  #keepAlive(): void {
    this.#keepAliveTimer = this.#settings.clock.setTimer(keepAliveMs, () => {
      if (!this.#wasUsed && this.#connection.isOpen) {
        this.#transcript.keptAlive(this.#sentMs);
        this.#connection.sendFinalRequest();
      }
      this.#wasUsed = false;
      this.#keepAlive();
    });
  }

  #take(message: CartesiaSttMessage): void {
    if (message.type === 'transcript')
      this.#follow(this.#transcript.transcript(message.text, message.isFinal));
    else if (message.type === 'flush_done') this.#follow(this.#transcript.flushDone());
  }

  #follow({ events, settleInMs }: InkStep): void {
    if (this.#closed) return;
    while (this.#flushTimers.length > this.#transcript.pendingFlushes) this.#flushTimers.shift()?.cancel();
    if (settleInMs !== undefined) {
      this.#settleTimer?.cancel();
      this.#settleTimer = this.#settings.clock.setTimer(settleInMs, () =>
        this.#follow(this.#transcript.settle()),
      );
    }
    for (const event of events) this.#emit(event);
  }

  #emit(event: SttEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }

  #tellUsage(): void {
    const seconds = (this.#sentBytes - this.#toldBytes) / this.#bytesPerSec;
    if (seconds === 0) return;
    this.#toldBytes = this.#sentBytes;
    const { model } = this.#settings.asked;
    this.#options.onUsage?.({ kind: 'stt', provider: 'cartesia', model, seconds });
  }

  get #sentMs(): number {
    return (this.#sentBytes / this.#bytesPerSec) * 1000;
  }

  async #shutDown(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#tellUsage();
    this.#unsent.take();
    for (const timer of this.#flushTimers.splice(0)) timer.cancel();
    this.#settleTimer?.cancel();
    this.#keepAliveTimer?.cancel();
    await this.#connection.close();
  }
}
