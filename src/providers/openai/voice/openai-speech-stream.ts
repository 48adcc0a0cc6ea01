import type { Clock } from '../../../core/clock.js';
import { ProviderError } from '../../../core/errors.js';
import { audibleStart } from '../../../audio/silence.js';
import { AudioContainer } from '../../audio-container.js';
import { EncodingCheck } from '../../encoding-check.js';
import { ofRequest } from '../../request-id.js';
import { StreamWatchdog } from '../../stream-watchdog.js';
import type { TextToSpeechStream, TtsEvent, TtsStreamOptions } from '../../text-to-speech.js';
import { audioError, connectionError, type AudioFailureContext } from '../audio/audio-errors.js';
import { PcmSamples } from './pcm-samples.js';
import { speechRateHz, type Speak, type Utterance } from './utterance.js';

export interface OpenAiSpeechStreamOptions extends TtsStreamOptions {
  readonly speak: Speak;
  readonly context: AudioFailureContext;
  readonly clock: Clock;
  /** Longest wait from a request to its first audio, in milliseconds. */
  readonly firstAudioTimeoutMs: number;
  /** Longest silence in the middle of a response, in milliseconds. */
  readonly audioTimeoutMs: number;
}

/** The text that plays and the next one: enough that no hole is heard between them. */
const mostRequests = 2;

const bytesPerSec = 2 * speechRateHz;

/**
 * The first piece may come alone, and the rest a moment later, which would be a hole in the first word: so much audio is
 * awaited before the answer begins. It usually comes within a few milliseconds. See the manners of the simulated voice.
 */
const openingSamples = 0.4 * speechRateHz;

/** A text, and what has arrived of its audio. */
interface Chunk {
  readonly text: string;
  /** Audio that waits for the end of the chunks before it. */
  readonly held: Int16Array[];
  state: 'waiting' | 'asked' | 'complete';
  utterance: Utterance | null;
  error: ProviderError | null;
  /** Bytes of audio received. */
  bytes: number;
}

/**
 * Speaks one answer with one request for each chunk of text. The request for the next chunk runs while the audio of the
 * chunk before it arrives and plays; the audio is given in order.
 */
export class OpenAiSpeechStream implements TextToSpeechStream {
  readonly #options: OpenAiSpeechStreamOptions;
  readonly #abort = new AbortController();
  readonly #onAbort = (): void => this.close();
  readonly #chunks: Chunk[] = [];
  /** Index of the chunk whose audio is given. */
  #current = 0;
  #asked = 0;
  #running = 0;
  /** Sound that waits for the rest of the {@link openingSamples}; null once the answer has begun. */
  #opening: Int16Array[] | null = [];
  #ended = false;
  #closed = false;

  constructor(options: OpenAiSpeechStreamOptions) {
    this.#options = options;
    if (options.signal.aborted) this.close();
    else options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  write(text: string): void {
    if (this.#ended || this.#closed) return;
    const isSpeakable = /[\p{L}\p{N}]/u.test(text);
    const state = isSpeakable ? 'waiting' : 'complete';
    this.#chunks.push({
      ...{ text: text.trim(), state, held: [], utterance: null, error: null, bytes: 0 },
    });
    if (isSpeakable) this.#askNext();
    // Not before the caller is back from this call.
    else queueMicrotask(() => this.#give());
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    queueMicrotask(() => this.#give());
  }

  close(): void {
    if (this.#closed) return;
    // Once it was sent, OpenAI may charge for a text whose audio is not wanted any more.
    this.#shutDown(['accepted', 'sent']);
  }

  /** Reports a failure that was known before any text was written. */
  fail(error: ProviderError): void {
    if (this.#closed) return;
    // Without a connection, nothing is certain to have arrived.
    this.#shutDown(error.category === 'connection' ? ['accepted'] : ['accepted', 'sent']);
    this.#options.onEvent({ type: 'error', error });
  }

  #shutDown(charged: readonly Utterance['state'][]): void {
    this.#closed = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#report(charged);
    this.#abort.abort();
  }

  #askNext(): void {
    while (this.#running < mostRequests && this.#asked < this.#chunks.length && !this.#closed) {
      const chunk = this.#chunks[this.#asked++];
      if (chunk?.state === 'waiting') void this.#ask(chunk);
    }
  }

  /** Never rejects: the failure is kept until the chunk's turn. */
  async #ask(chunk: Chunk): Promise<void> {
    const { clock, speak } = this.#options;
    const watchdog = new StreamWatchdog(clock, this.#abort.signal);
    const utterance = speak(chunk.text);
    chunk.utterance = utterance;
    chunk.state = 'asked';
    this.#running++;
    try {
      await this.#receive(chunk, utterance, watchdog);
    } catch (thrown) {
      chunk.error = ofRequest(this.#errorOf(thrown, watchdog), utterance.requestId);
    } finally {
      // Frees the connection of a response that was not read to its end.
      watchdog.abort();
      watchdog.stop();
    }
    chunk.state = 'complete';
    this.#running--;
    this.#give();
    this.#askNext();
  }

  async #receive(chunk: Chunk, utterance: Utterance, watchdog: StreamWatchdog): Promise<void> {
    const { format, firstAudioTimeoutMs, audioTimeoutMs, context } = this.#options;
    const container = new AudioContainer(format);
    const encoding = new EncodingCheck('linear16');
    const pcm = new PcmSamples();
    let isTold = false;
    const onAsked = (): void => watchdog.expect(firstAudioTimeoutMs);
    for await (const piece of utterance.audio(watchdog.signal, onAsked)) {
      if (this.#closed) return;
      watchdog.expect(audioTimeoutMs);
      if (!isTold) this.#tellRequest(utterance);
      isTold = true;
      chunk.bytes += piece.length;
      const bytes = container.unpack(piece);
      if (!bytes || !encoding.accepts(bytes))
        throw audioError('server', 'OpenAI sent audio in another format than it was asked for.', context);
      const samples = pcm.push(bytes);
      if (samples.length > 0) chunk.held.push(samples);
      this.#give();
    }
  }

  #tellRequest({ requestId }: Utterance): void {
    if (requestId === undefined) return;
    this.#options.onIncident?.({ type: 'request', kind: 'tts', provider: 'openai', requestId });
  }

  #errorOf(thrown: unknown, { expiredMs }: StreamWatchdog): ProviderError {
    const { context } = this.#options;
    if (expiredMs !== null)
      return audioError('timeout', `OpenAI gave no audio for ${expiredMs} ms.`, context);
    return thrown instanceof ProviderError ? thrown : connectionError(thrown, context);
  }

  /** Gives what has arrived, in order. */
  #give(): void {
    for (;;) {
      if (this.#closed) return;
      const chunk = this.#chunks[this.#current];
      if (!chunk) break;
      this.#giveAudio(chunk.held.splice(0), chunk.state === 'complete');
      if (this.#isClosed() || chunk.state !== 'complete') return;
      if (chunk.error) return this.fail(chunk.error);
      this.#emit({ type: 'chunk_done', chunk: this.#current++ });
    }
    if (!this.#ended) return;
    this.#shutDown(['accepted']);
    this.#options.onEvent({ type: 'done' });
  }

  #giveAudio(pieces: readonly Int16Array[], isLast: boolean): void {
    if (!this.#opening) return this.#emitAudio(pieces);
    for (const piece of pieces) {
      // The silence before the first sound is dropped.
      const start = this.#opening.length > 0 ? 0 : audibleStart(piece, speechRateHz);
      if (start < piece.length) this.#opening.push(piece.subarray(start));
    }
    const opening = this.#opening;
    const samples = opening.reduce((sum, { length }) => sum + length, 0);
    if (samples === 0 || (samples < openingSamples && !isLast)) return;
    this.#opening = null;
    this.#emitAudio(opening);
  }

  #emitAudio(pieces: readonly Int16Array[]): void {
    for (const samples of pieces)
      this.#emit({ type: 'audio', chunk: this.#current, frame: { samples, sampleRateHz: speechRateHz } });
  }

  #report(charged: readonly Utterance['state'][]): void {
    let characters = 0;
    let bytes = 0;
    for (const { text, utterance, bytes: its } of this.#chunks) {
      bytes += its;
      if (utterance && charged.includes(utterance.state)) characters += text.length;
    }
    if (characters === 0 && bytes === 0) return;
    const { onUsage, context } = this.#options;
    onUsage?.({
      ...{ kind: 'tts', provider: 'openai', model: context.model, characters, seconds: bytes / bytesPerSec },
    });
  }

  /** A method, because TypeScript would narrow a property to false after the first check. */
  #isClosed(): boolean {
    return this.#closed;
  }

  #emit(event: TtsEvent): void {
    if (!this.#isClosed()) this.#options.onEvent(event);
  }
}
