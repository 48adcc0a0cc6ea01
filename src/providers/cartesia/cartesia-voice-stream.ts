import type { AudioFormat } from '../../audio/audio-frame.js';
import type { Clock } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import { AudioDecoder } from '../audio-decoder.js';
import { EncodingCheck } from '../encoding-check.js';
import { StreamWatchdog } from '../stream-watchdog.js';
import type { TextToSpeechStream, TtsEvent, TtsStreamOptions } from '../text-to-speech.js';
import { wrongFormat, type CartesiaFailure } from './cartesia-errors.js';
import { CartesiaSocket, type ContextListener } from './cartesia-socket.js';
import { endContext, speakText, type CartesiaTtsMessage, type Speaking } from './cartesia-tts-messages.js';
import { isSpeakable, SpokenChunks, type WordTimes } from './spoken-chunks.js';

export interface CartesiaVoiceStreamOptions extends TtsStreamOptions {
  /** Returns a socket that no other answer uses, or the failure; called at the first text of each context. */
  readonly leaseSocket: () => CartesiaSocket | CartesiaFailure;
  readonly nextContextId: () => string;
  readonly speaking: Speaking;
  readonly errorOf: (failure: CartesiaFailure) => ProviderError;
  readonly clock: Clock;
  /** Longest wait from the first text of a context to its first audio, connecting included. */
  readonly firstAudioTimeoutMs: number;
  /** Longest wait for the next audio while text is left to speak. */
  readonly audioTimeoutMs: number;
}

/** If the server has owed audio for this long when the stream is closed, its socket is closed too. */
const suspiciousSilenceMs = 1000;
/** How long to wait for audio that arrives after the end of its context. */
const stragglerMs = 100;
/**
 * Text for a context whose last audio is older than this is spoken in a new one. A context expires a second after its
 * last audio, and takes no further text: https://docs.cartesia.ai/use-the-api/tts-websocket/contexts
 */
const contextLifeMs = 700;

const noWords: WordTimes = { words: [], origin: 'measured' };

/** Speaks one answer, in one context; after a pause in its text in another one. */
export class CartesiaVoiceStream implements TextToSpeechStream, ContextListener {
  readonly #options: CartesiaVoiceStreamOptions;
  readonly #format: AudioFormat;
  readonly #watchdog: StreamWatchdog;
  readonly #decoder: AudioDecoder;
  readonly #encoding: EncodingCheck;
  readonly #chunks = new SpokenChunks();
  /** The open context and its socket; null before the first text, and after the server has ended the context. */
  #context: { readonly id: string; readonly socket: CartesiaSocket } | null = null;
  #chunksDone = 0;
  /** How many words of the current chunk had their times reported. */
  #wordsTold = 0;
  #toldRequest = false;
  /** Samples received, including the silence at the beginning. */
  #samples = 0;
  #heardMs = 0;
  /** Characters sent and seconds received, the former since the last report of usage, the latter as reported. */
  #characters = 0;
  #toldSeconds = 0;
  /** The data were not speech in the requested format. */
  #isNoise = false;
  /** The server has ended the last context, but audio may still follow. */
  #isOver = false;
  #ended = false;
  #closed = false;

  constructor(options: CartesiaVoiceStreamOptions) {
    this.#options = options;
    this.#format = options.format;
    this.#decoder = new AudioDecoder(options.format);
    this.#encoding = new EncodingCheck(options.format.encoding);
    this.#watchdog = new StreamWatchdog(options.clock, options.signal);
    if (options.signal.aborted) this.close();
    else this.#watchdog.signal.addEventListener('abort', () => this.#onAbort(), { once: true });
  }

  write(text: string): void {
    if (this.#ended || this.#closed) return;
    const isSpoken = isSpeakable(text);
    const wasSilent = !this.#chunks.owesAudio;
    if (isSpoken && wasSilent) this.#leaveExpired();
    if (isSpoken && !this.#context) {
      const leased = this.#options.leaseSocket();
      if (!(leased instanceof CartesiaSocket)) {
        this.#ended = true;
        // Not before the caller is back from this call.
        queueMicrotask(() => this.onFailure(leased));
        return;
      }
      this.#context = { id: this.#options.nextContextId(), socket: leased };
      this.#chunks.beginContext();
      this.#watchdog.expect(this.#options.firstAudioTimeoutMs);
    } else if (isSpoken && wasSilent) {
      this.#watchdog.expect(this.#options.audioTimeoutMs);
    }
    this.#chunks.add(isSpoken ? text : '');
    if (isSpoken) this.#speak(text.trim());
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    if (this.#chunks.allSpoken) this.#leaveExpired();
    if (!this.#context) {
      // Not before the caller is back from this call.
      queueMicrotask(() => this.#finish());
      return;
    }
    const { id, socket } = this.#context;
    socket.send(id, this, { json: endContext(id, this.#options.speaking) });
    if (this.#samples > 0) this.#watchdog.expect(this.#options.audioTimeoutMs);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const isStalled = this.#watchdog.waitedMs >= suspiciousSilenceMs;
    this.#watchdog.stop();
    const context = this.#context;
    if (context && this.#isOver) context.socket.forget(context.id);
    else if (isStalled) context?.socket.close();
    else context?.socket.cancel(context.id);
    this.#tellUsage();
  }

  onSent(characters: number): void {
    this.#characters += characters;
  }

  onMessage({ audio, flushId, words, isFlushed, isDone }: CartesiaTtsMessage): void {
    if (this.#closed) return;
    this.#tellRequest();
    this.#heardMs = this.#options.clock.nowMs();
    if (words.length > 0) this.#chunks.time(words);
    if (audio !== null && audio !== '') this.#takeAudio(Buffer.from(audio, 'base64'), flushId);
    if (isFlushed) this.#onFlushed(flushId);
    if (words.length > 0) this.#tellNewWords();
    if (isDone) this.#onDone();
  }

  onFailure(failure: CartesiaFailure): void {
    if (this.#closed) return;
    const chunk = this.#chunks.current;
    const times = this.#isNoise ? noWords : this.#chunks.spokenWordsOf(chunk);
    if (times && chunk >= this.#chunksDone && chunk < this.#chunks.count) this.#tellWords(chunk, times);
    const error = this.#options.errorOf(failure);
    this.#tellUsage();
    this.#emit({ type: 'error', error });
    const socket = this.#context?.socket;
    this.close();
    // After any failure the next answer gets a new connection.
    socket?.close();
  }

  #speak(text: string): void {
    if (!this.#context) return;
    const { id, socket } = this.#context;
    const { speaking } = this.#options;
    // Texts are joined as they are. Chinese, Japanese and Thai have no spaces between sentences.
    const transcript = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}。！？]$/u.test(text)
      ? text
      : `${text} `;
    const [spoken = '', flush = ''] = speakText(id, speaking, transcript);
    socket.send(id, this, { json: spoken, characters: transcript.length }, { json: flush });
  }

  /** Leaves a context that takes no more text. */
  #leaveExpired(): void {
    if (!this.#context || this.#chunks.count === 0) return;
    if (this.#samples === 0 || this.#options.clock.nowMs() - this.#heardMs < contextLifeMs) return;
    this.#context.socket.forget(this.#context.id);
    this.#context = null;
  }

  #tellRequest(): void {
    const requestId = this.#context?.socket.requestId;
    if (this.#toldRequest || requestId === undefined) return;
    this.#toldRequest = true;
    this.#options.onIncident?.({ type: 'request', kind: 'tts', provider: 'cartesia', requestId });
  }

  #takeAudio(bytes: Uint8Array, flushId: number | null): void {
    if (!this.#encoding.accepts(bytes)) {
      this.#isNoise = true;
      this.onFailure(wrongFormat);
      return;
    }
    const { encoding, sampleRateHz } = this.#format;
    const samples = encoding === 'mulaw' ? bytes.length : bytes.length / 2;
    const chunk = this.#chunks.take((samples / sampleRateHz) * 1000, flushId, this.#isOver);
    if (chunk === null) return;
    this.#samples += samples;
    this.#finishChunksBefore(chunk);
    const frame = this.#decoder.decode(bytes);
    if (frame) this.#emit({ type: 'audio', chunk, frame });
    this.#tellNewWords();
    this.#watch();
  }

  #onFlushed(flushId: number | null): void {
    this.#chunks.flushed(flushId);
    this.#finishChunksBefore(this.#chunks.complete);
    this.#watch();
  }

  #watch(): void {
    if (this.#closed) return;
    if (this.#isOver) this.#waitForStragglers();
    else if (this.#ended || this.#chunks.owesAudio) this.#watchdog.expect(this.#options.audioTimeoutMs);
    else this.#watchdog.rest();
  }

  /** The server has ended the context: as requested, or because it had no text for a second. */
  #onDone(): void {
    if (this.#closed) return;
    if (this.#samples === 0) {
      this.onFailure({ message: 'It gave no audio.', category: 'server' });
    } else if (this.#ended) {
      // The end may have overtaken some audio, so wait briefly for it.
      this.#isOver = true;
      this.#context?.socket.listenOn(this.#context.id, this);
      this.#waitForStragglers();
    } else if (this.#chunks.owesAudio) {
      this.onFailure({ message: 'It ended the answer before its end.', category: 'server' });
    } else {
      this.#context = null;
      this.#watchdog.rest();
    }
  }

  #waitForStragglers(): void {
    if (this.#chunks.allSpoken) this.#finish();
    else this.#watchdog.expect(stragglerMs);
  }

  #finish(): void {
    if (this.#closed) return;
    this.#isOver = true;
    this.#finishChunksBefore(this.#chunks.count);
    this.#tellUsage();
    this.#emit({ type: 'done' });
    this.close();
  }

  #finishChunksBefore(end: number): void {
    for (; this.#chunksDone < end; this.#chunksDone++) {
      const chunk = this.#chunksDone;
      const times = this.#chunks.wordsOf(chunk);
      if (times) this.#tellWords(chunk, times);
      this.#emit({ type: 'chunk_done', chunk });
      this.#wordsTold = 0;
    }
  }

  /** Reports word times early, so that a cut while audio still arrives falls on the right word. */
  #tellNewWords(): void {
    const chunk = this.#chunks.current;
    if (this.#closed || chunk < this.#chunksDone) return;
    const times = this.#chunks.spokenWordsOf(chunk);
    if (!times || times.words.length <= this.#wordsTold) return;
    this.#wordsTold = times.words.length;
    this.#tellWords(chunk, times);
  }

  /** Reports word times relative to the stream's first sample, which is the first audible one. */
  #tellWords(chunk: number, { words, origin }: WordTimes): void {
    const skippedMs = (this.#decoder.skippedSamples / this.#format.sampleRateHz) * 1000;
    const fromStart = words.map(({ text, startMs, endMs }) => ({
      text,
      startMs: Math.max(0, startMs - skippedMs),
      endMs: Math.max(0, endMs - skippedMs),
    }));
    this.#emit({ type: 'alignment', chunk, words: fromStart, origin });
  }

  #onAbort(): void {
    const { expiredMs } = this.#watchdog;
    if (expiredMs === null) {
      this.close();
    } else if (this.#ended && this.#samples > 0 && (this.#isOver || !this.#chunks.owesAudio)) {
      // All text was spoken; only the server's end message is missing.
      this.#finish();
    } else {
      this.onFailure({ message: `It gave no audio for ${expiredMs} ms.`, category: 'timeout' });
    }
  }

  /** Reports what was used since the last report. */
  #tellUsage(): void {
    const { onUsage, speaking } = this.#options;
    const [characters, seconds] = [
      this.#characters,
      this.#samples / this.#format.sampleRateHz - this.#toldSeconds,
    ];
    if (characters === 0 && seconds === 0) return;
    this.#characters = 0;
    this.#toldSeconds += seconds;
    onUsage?.({ kind: 'tts', provider: 'cartesia', model: speaking.model, characters, seconds });
  }

  #emit(event: TtsEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }
}
