import type { Clock } from '../../../core/clock.js';
import type { ProviderError } from '../../../core/errors.js';
import { AudioDecoder } from '../../audio-decoder.js';
import { EncodingCheck } from '../../encoding-check.js';
import { ofRequest } from '../../request-id.js';
import { StreamWatchdog } from '../../stream-watchdog.js';
import type { TextToSpeechStream, TtsEvent, TtsStreamOptions } from '../../text-to-speech.js';
import { voiceError } from './speak-errors.js';
import type { SpeakListener, SpeakSocket } from './speak-socket.js';
import { SpeechQueue } from './speech-queue.js';

export interface DeepgramVoiceStreamOptions extends TtsStreamOptions {
  readonly voice: string;
  readonly clock: Clock;
  /** Longest wait from a text to its first audio, connecting included. */
  readonly firstAudioTimeoutMs: number;
  /** Longest wait for the next audio while text is left to speak. */
  readonly audioTimeoutMs: number;
  /** Returns a socket that no other answer uses, or why there is none. */
  readonly leaseSocket: () => SpeakSocket | ProviderError;
  /** Counts audio that belongs to no text. */
  readonly onIgnored: () => void;
}

/** Speaks one answer, over one connection or, if the answer is long, several in turn. */
export class DeepgramVoiceStream implements TextToSpeechStream, SpeakListener {
  readonly #options: DeepgramVoiceStreamOptions;
  readonly #queue = new SpeechQueue();
  readonly #decoder: AudioDecoder;
  readonly #encoding: EncodingCheck;
  readonly #watchdog: StreamWatchdog;
  #socket: SpeakSocket | null = null;
  /** Bytes of audio received, silence included. */
  #bytes = 0;
  #characters = 0;
  /** What Deepgram calls the connection; undefined if it does not tell. */
  #requestId: string | undefined;
  #hasSpoken = false;
  /** Whether audio has come over the present connection. */
  #isConnectionHeard = false;
  #ended = false;
  #closed = false;

  constructor(options: DeepgramVoiceStreamOptions) {
    this.#options = options;
    this.#decoder = new AudioDecoder(options.format);
    this.#encoding = new EncodingCheck(options.format.encoding);
    this.#watchdog = new StreamWatchdog(options.clock, options.signal);
    if (options.signal.aborted) this.close();
    else this.#watchdog.signal.addEventListener('abort', () => this.#onAbort(), { once: true });
  }

  write(text: string): void {
    if (this.#ended || this.#closed) return;
    if (this.#queue.add(text)) this.#expectAudio();
    this.#sendMore();
    // Chunks without words are complete at once, but not before the caller is back from this call.
    if (this.#queue.isEmpty) queueMicrotask(() => this.#tellDone());
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    if (this.#queue.isEmpty) queueMicrotask(() => this.#tellDone());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watchdog.stop();
    const socket = this.#socket;
    this.#socket = null;
    if (this.#queue.isSpeaking) socket?.leave();
    else socket?.release();
    this.#report();
  }

  onOpen(requestId: string | undefined): void {
    this.#requestId = requestId;
    if (requestId !== undefined)
      this.#options.onIncident?.({ type: 'request', kind: 'tts', provider: 'deepgram', requestId });
  }

  onSent(characters: number): void {
    this.#characters += characters;
  }

  onWarning(message: string): void {
    this.#options.onIncident?.({ type: 'warning', code: 'voice_warning', message });
  }

  onAudio(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#bytes += bytes.length;
    const { chunk } = this.#queue;
    // Nothing is owed, so nothing tells what it says.
    if (chunk === null) return this.#options.onIgnored();
    if (!this.#encoding.accepts(bytes))
      return this.#fail(voiceError('server', 'Deepgram sent audio in another format than requested.'));
    this.#hasSpoken = true;
    this.#isConnectionHeard = true;
    this.#watchdog.expect(this.#options.audioTimeoutMs);
    const frame = this.#decoder.decode(bytes);
    if (frame) this.#options.onEvent({ type: 'audio', chunk, frame });
  }

  onFlushed(): void {
    if (this.#closed) return;
    if (!this.#queue.flushed()) return this.#options.onIgnored();
    if (!this.#hasSpoken) return this.#fail(voiceError('server', 'Deepgram gave no audio for the text.'));
    this.#sendMore();
    if (this.#queue.isEmpty) this.#watchdog.rest();
    else this.#expectAudio();
    this.#tellDone();
  }

  onFailure(error: ProviderError): void {
    // While a tool runs nothing is owed: the next text gets a new connection.
    if (this.#queue.isEmpty) this.#socket = null;
    else this.#fail(error);
  }

  #fail(error: ProviderError): void {
    if (this.#closed) return;
    const socket = this.#socket;
    this.#socket = null;
    this.close();
    this.#options.onEvent({ type: 'error', error: ofRequest(error, this.#requestId) });
    // After any failure the next answer gets a new connection.
    socket?.close();
  }

  /** Sends what the connection may take; continues on another one when all of its audio has come. */
  #sendMore(): void {
    for (let piece = this.#queue.next; piece && !this.#closed; piece = this.#queue.next) {
      if (this.#socket && !this.#socket.takes(piece.text.length)) {
        if (this.#queue.isSpeaking) return;
        const socket = this.#socket;
        this.#socket = null;
        socket.release();
      }
      const socket = this.#socket ?? this.#lease();
      if (!socket) return;
      this.#queue.sent();
      socket.speak(piece.text);
    }
  }

  #lease(): SpeakSocket | null {
    const leased = this.#options.leaseSocket();
    if (!('lease' in leased)) {
      // Not before the caller is back from this call.
      queueMicrotask(() => this.#fail(leased));
      return null;
    }
    this.#socket = leased;
    this.#isConnectionHeard = false;
    this.#expectAudio();
    leased.lease(this);
    return leased;
  }

  #expectAudio(): void {
    const { firstAudioTimeoutMs, audioTimeoutMs } = this.#options;
    this.#watchdog.expect(this.#isConnectionHeard ? audioTimeoutMs : firstAudioTimeoutMs);
  }

  #tellDone(): void {
    for (const chunk of this.#queue.takeDone()) this.#emit({ type: 'chunk_done', chunk });
    if (!this.#ended || !this.#queue.isEmpty || this.#closed) return;
    this.#emit({ type: 'done' });
    this.close();
  }

  #onAbort(): void {
    const { expiredMs } = this.#watchdog;
    if (expiredMs === null) return this.close();
    this.#fail(voiceError('timeout', `Deepgram's voice gave no audio for ${expiredMs} ms.`));
  }

  #report(): void {
    if (this.#characters === 0 && this.#bytes === 0) return;
    const { format, voice, onUsage } = this.#options;
    const bytesPerSec =
      format.sampleRateHz * (format.encoding === 'mulaw' ? 1 : Int16Array.BYTES_PER_ELEMENT);
    onUsage?.({
      kind: 'tts',
      provider: 'deepgram',
      model: voice,
      characters: this.#characters,
      seconds: this.#bytes / bytesPerSec,
    });
  }

  #emit(event: TtsEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }
}
