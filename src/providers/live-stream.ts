import { encodeMulaw } from '../audio/g711.js';
import type { AudioFormat, AudioFrame } from '../audio/audio-frame.js';
import type { Clock, Timer } from '../core/clock.js';
import { ProviderError } from '../core/errors.js';
import { AudioBatch, SentAudio } from './live-audio.js';
import { LiveSocket, type LiveFailure, type WireCount } from './live-socket.js';
import type { LiveStep, LiveTranscript } from './live-transcript.js';
import { ofRequest, requestIdOf } from './request-id.js';
import type { SpeechToTextStream, SttStreamOptions } from './speech-to-text.js';
import { UnsentAudio } from './unsent-audio.js';

/** Counts of ignored messages: of a new type, or not the vendor's messages. */
export interface OddMessageCount {
  unknown: number;
  malformed: number;
}

/** What a vendor's message means for the stream. */
export type LiveReading<Message> =
  /** The server takes audio from now on. */
  | { readonly type: 'ready'; readonly requestId?: string | undefined }
  | { readonly type: 'message'; readonly message: Message; readonly heardMs?: number | undefined }
  | { readonly type: 'failure'; readonly error: ProviderError }
  | { readonly type: 'ignored' | 'unknown' | 'malformed' };

/** The wire of one vendor. */
export interface LiveWire<Message> {
  readonly provider: string;
  readonly apiKey: string;
  readonly model: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent; the caller's audio is encoded to it. */
  readonly format: AudioFormat;
  /** Audio is sent in pieces of at least this length, except at a flush. */
  readonly pieceMs: number;
  /** The shortest and the longest message of audio that the vendor takes. */
  readonly leastMs: number;
  readonly mostMs: number;
  /** The shortest audio between two requests for a final. */
  readonly leastFlushMs: number;
  /** Silence to send when the caller's audio stops; null if the vendor keeps a silent connection. */
  readonly idle: { readonly afterMs: number; readonly silenceMs: number } | null;
  readonly goodbye: string | null;
  /** Sent when the server is ready, before any audio. @default nothing */
  readonly hello?: string;
  /** A message of audio. */
  readonly audio: (bytes: Uint8Array) => Uint8Array | string;
  /** The messages that request a final for all audio up to and including the rest. */
  readonly finalRequest: (rest: Uint8Array) => readonly (Uint8Array | string)[];
  /** Reads a message. `sent` converts the vendor's positions. */
  readonly read: (text: string, sent: SentAudio) => LiveReading<Message>;
  readonly errorOf: (failure: LiveFailure) => ProviderError;
}

export interface LiveSettings {
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly flushTimeoutMs: number;
  readonly wire: WireCount;
  readonly odd: OddMessageCount;
}

/** Audio kept while connecting; longer than any wait for a connection. */
const maxUnsentSec = 30;
/** Room for all unsent audio and as much again, in base64; a call that is further behind does not recover. */
const maxBufferedSec = 3 * maxUnsentSec;

/** Sends one call's audio to a recogniser over a WebSocket and reports its transcript. Starts with {@link start}. */
export class LiveStream<Message> implements SpeechToTextStream {
  readonly #vendor: LiveWire<Message>;
  readonly #settings: LiveSettings;
  readonly #options: SttStreamOptions;
  readonly #transcript: LiveTranscript<Message>;
  readonly #socket: LiveSocket;
  readonly #unsent: UnsentAudio;
  readonly #batch: AudioBatch;
  readonly #sent: SentAudio;
  readonly #bytesPerMs: number;
  /** One timer for each flush that the vendor has not answered. */
  readonly #flushTimers: Timer[] = [];
  readonly #onAbort = (): void => void this.close();
  #settleTimer: Timer | null = null;
  #idleTimer: Timer | null = null;
  #heardMs = 0;
  /** All audio at the last request for a final. */
  #flushedMs = 0;
  /** All audio that was reported as used. */
  #reportedMs = 0;
  #requestId: string | undefined;
  #closed: Promise<void> | null = null;

  constructor(
    vendor: LiveWire<Message>,
    transcript: LiveTranscript<Message>,
    settings: LiveSettings,
    options: SttStreamOptions,
  ) {
    const { encoding, sampleRateHz } = vendor.format;
    const bytesPerSec = sampleRateHz * (encoding === 'mulaw' ? 1 : Int16Array.BYTES_PER_ELEMENT);
    this.#vendor = vendor;
    this.#transcript = transcript;
    this.#settings = settings;
    this.#options = options;
    this.#bytesPerMs = bytesPerSec / 1000;
    this.#unsent = new UnsentAudio(maxUnsentSec * bytesPerSec);
    const { pieceMs, mostMs } = vendor;
    this.#batch = new AudioBatch({ leastMs: pieceMs, mostMs, bytesPerMs: this.#bytesPerMs });
    this.#sent = new SentAudio(this.#bytesPerMs);
    this.#socket = new LiveSocket({
      ...settings,
      url: vendor.url,
      headers: vendor.headers,
      goodbye: vendor.goodbye,
      maxBufferedBytes: maxBufferedSec * bytesPerSec,
      onMessage: (text) => this.#take(text),
      onFailure: (failure) => this.fail(vendor.errorOf(failure)),
    });
  }

  start(): void {
    const { signal } = this.#options;
    if (signal.aborted) return void this.close();
    signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#socket.open();
  }

  write(frame: AudioFrame): void {
    if (this.#closed || frame.samples.length === 0) return;
    const { sampleRateHz } = this.#vendor.format;
    if (frame.sampleRateHz !== sampleRateHz) {
      const message = `The stream was opened for ${sampleRateHz} Hz and got ${frame.sampleRateHz} Hz.`;
      return this.fail(this.#error('bad_request', message));
    }
    const bytes = this.#bytesOf(frame);
    if (!this.#socket.isReady) return this.#unsent.push(bytes);
    // The vendor's own end of speech, which may answer a flush, depends on the silence that it gets.
    this.#sendPieces(this.#batch.push(bytes, this.#transcript.pendingFlushes > 0));
  }

  /** Checks the connection when speech begins, so that a dead one is noticed early. */
  speechStarted(): void {
    if (this.#closed) return;
    this.#transcript.speechStarted?.();
    const due = this.#batch.speechStarted();
    if (!this.#socket.isReady) return;
    this.#sendPieces(due);
    this.#socket.check();
  }

  /** True while connecting, or while a pending flush depends on a check of the connection. */
  recover(): boolean {
    if (this.#closed) return false;
    return !this.#socket.isReady || (this.#socket.isInDoubt && this.#transcript.pendingFlushes > 0);
  }

  flush(): void {
    if (this.#closed) return;
    if (this.#socket.isReady) this.#flush();
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
    this.#options.onEvent({ type: 'error', error: ofRequest(error, this.#requestId) });
  }

  #error(category: ProviderError['category'], message: string): ProviderError {
    return new ProviderError(message, { kind: 'stt', provider: this.#vendor.provider, category });
  }

  /** Uses the original bytes of phone audio if there are any, to avoid encoding again. */
  #bytesOf({ samples, encoded }: AudioFrame): Uint8Array {
    if (this.#vendor.format.encoding === 'mulaw') return encoded?.bytes ?? encodeMulaw(samples);
    // Vendors expect little-endian samples; all machines that run Node store them so.
    return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  }

  #ready(requestId: string | undefined): void {
    if (this.#socket.isReady) return;
    this.#requestId = requestIdOf(requestId, this.#vendor.apiKey);
    if (this.#requestId !== undefined)
      this.#options.onIncident?.({
        type: 'request',
        kind: 'stt',
        provider: this.#vendor.provider,
        requestId: this.#requestId,
      });
    this.#socket.ready();
    if (this.#vendor.hello !== undefined) this.#socket.send(this.#vendor.hello);
    this.#waitForAudio();
    let waiting: Uint8Array[] = [];
    const sendWaiting = (): void => {
      // Joined, since a vendor that takes long messages is sent few.
      if (waiting.length > 0) this.#sendPieces(this.#batch.push(Buffer.concat(waiting)));
      waiting = [];
    };
    for (const item of this.#unsent.take()) {
      if (item !== 'flush') waiting.push(item);
      else {
        sendWaiting();
        this.#flush();
      }
    }
    sendWaiting();
    this.#tellHeard(0);
  }

  #sendPieces(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces)
      if (this.#socket.send(this.#vendor.audio(piece))) this.#sent.sent(piece.length);
    if (pieces.length > 0) this.#waitForAudio();
  }

  #flush(): void {
    const { leastMs, leastFlushMs, finalRequest } = this.#vendor;
    const { clock, flushTimeoutMs } = this.#settings;
    const rest = this.#batch.flush();
    const step = this.#transcript.flush(this.#sent.callerMs + rest.length / this.#bytesPerMs);
    if (step.asksForFinal === true) {
      const restMs = rest.length / this.#bytesPerMs;
      const missingMs = Math.max(
        restMs === 0 ? 0 : leastMs - restMs,
        leastFlushMs - (this.#sent.totalMs + restMs - this.#flushedMs),
        0,
      );
      const padding = this.#silence(missingMs);
      const messages = finalRequest(Buffer.concat([rest, padding]));
      const [isTaken] = messages.map((message) => this.#socket.send(message));
      // The socket may have failed at this message.
      if (this.#closed) return;
      if (isTaken === true) {
        this.#sent.sent(rest.length);
        this.#sent.padded(padding.length);
      }
      this.#flushedMs = this.#sent.totalMs;
      this.#waitForAudio();
    }
    this.#reportUsage();
    // The caller of `flush()` does not expect the answer before it returns.
    if (step.events.length > 0) return queueMicrotask(() => this.#follow(step));
    this.#flushTimers.push(
      clock.setTimer(flushTimeoutMs, () => this.#follow(this.#transcript.giveUpFlush())),
    );
    this.#socket.check();
  }

  #silence(ms: number): Uint8Array {
    const isMulaw = this.#vendor.format.encoding === 'mulaw';
    const samples = Math.ceil((ms * this.#vendor.format.sampleRateHz) / 1000);
    return isMulaw ? new Uint8Array(samples).fill(mulawSilence) : new Uint8Array(samples * 2);
  }

  /** A vendor that closes silent connections gets a little silence when the caller's audio has stopped. */
  #waitForAudio(): void {
    const { idle } = this.#vendor;
    if (!idle || this.#closed) return;
    this.#idleTimer?.cancel();
    this.#idleTimer = this.#settings.clock.setTimer(idle.afterMs, () => {
      const padding = this.#silence(idle.silenceMs);
      if (this.#socket.send(this.#vendor.audio(padding))) this.#sent.padded(padding.length);
      this.#waitForAudio();
    });
  }

  #take(text: string): void {
    const reading = this.#vendor.read(text, this.#sent);
    switch (reading.type) {
      case 'ready':
        return this.#ready(reading.requestId);
      case 'failure':
        return this.fail(reading.error);
      case 'message':
        if (reading.heardMs !== undefined) this.#tellHeard(reading.heardMs);
        return this.#follow(this.#transcript.take(reading.message));
      case 'unknown':
      case 'malformed':
        this.#settings.odd[reading.type]++;
        return;
      case 'ignored':
        return;
    }
  }

  #tellHeard(untilMs: number): void {
    this.#heardMs = Math.max(this.#heardMs, Math.min(untilMs, this.#sent.callerMs));
    if (!this.#closed) this.#options.onEvent({ type: 'heard', untilMs: this.#heardMs });
  }

  #follow({ events, settleInMs }: LiveStep): void {
    while (this.#flushTimers.length > this.#transcript.pendingFlushes) this.#flushTimers.shift()?.cancel();
    if (settleInMs !== undefined && !this.#closed) {
      this.#settleTimer?.cancel();
      this.#settleTimer = this.#settings.clock.setTimer(settleInMs, () =>
        this.#follow(this.#transcript.settle()),
      );
    }
    for (const event of events) if (!this.#closed) this.#options.onEvent(event);
  }

  #reportUsage(): void {
    const seconds = (this.#sent.totalMs - this.#reportedMs) / 1000;
    if (seconds <= 0) return;
    this.#reportedMs = this.#sent.totalMs;
    const { provider, model } = this.#vendor;
    this.#options.onUsage?.({ kind: 'stt', provider, model, seconds });
  }

  async #shutDown(): Promise<void> {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#unsent.take();
    for (const timer of this.#flushTimers.splice(0)) timer.cancel();
    this.#settleTimer?.cancel();
    this.#idleTimer?.cancel();
    this.#reportUsage();
    await this.#socket.close();
  }
}

/** Mu-law's code for zero. */
const mulawSilence = 0xff;
