import { durationMs, sliceFrame, type AudioFrame } from '../../audio/audio-frame.js';
import type { Clock } from '../../core/clock.js';
import { ProviderError } from '../../core/errors.js';
import { StreamWatchdog } from '../stream-watchdog.js';
import type { TextToSpeechStream, TtsEvent, TtsStreamOptions } from '../text-to-speech.js';
import { AudioContainer } from './audio-container.js';
import { AudioDecoder } from '../audio-decoder.js';
import type { CharacterTimes } from './character-times.js';
import { wrongFormat, type ElevenLabsFailure } from './elevenlabs-errors.js';
import {
  closeContext,
  openContext,
  speakText,
  type ElevenLabsMessage,
  type ElevenLabsVoiceSettings,
} from './elevenlabs-messages.js';
import { ElevenLabsSocket, type ContextListener, type SocketFailure } from './elevenlabs-socket.js';
import { EncodingCheck } from '../encoding-check.js';
import type { SpeechPace } from './speech-pace.js';
import { SpokenChunks, type WordTimes } from './spoken-chunks.js';

export interface ElevenLabsStreamOptions extends TtsStreamOptions {
  /** Returns a socket that no other answer uses, or the failure; called at the first speakable text. */
  readonly leaseSocket: () => ElevenLabsSocket | ElevenLabsFailure;
  readonly contextId: string;
  readonly voiceSettings: ElevenLabsVoiceSettings | undefined;
  /** Hears what ElevenLabs calls the connection that the answer is spoken over, if it tells. */
  readonly onRequest: (requestId: string) => void;
  readonly errorOf: (failure: ElevenLabsFailure) => ProviderError;
  /** The voice's pace, updated after this answer. */
  readonly pace: SpeechPace;
  readonly clock: Clock;
  /** Longest wait from a text to its first audio, connecting included. */
  readonly firstAudioTimeoutMs: number;
  /** Longest wait for the next audio while text is left to speak. */
  readonly audioTimeoutMs: number;
}

/** If the server has owed audio for this long when the stream is closed, its socket is closed too. */
const suspiciousSilenceMs = 1000;

/** How long to wait for audio that arrives after the end of its context. */
const stragglerMs = 100;

const noWords: WordTimes = { words: [], origin: 'measured' };

/** Speaks one answer in one context of a socket that stays open for later answers. */
export class ElevenLabsStream implements TextToSpeechStream, ContextListener {
  readonly #options: ElevenLabsStreamOptions;
  readonly #watchdog: StreamWatchdog;
  readonly #decoder: AudioDecoder;
  readonly #container: AudioContainer;
  readonly #encoding: EncodingCheck;
  readonly #chunks: SpokenChunks;
  #socket: ElevenLabsSocket | null = null;
  #chunksDone = 0;
  #toldRequest = false;
  /** Samples received, including the silence at the beginning. */
  #samples = 0;
  /** How many words of the current chunk had their times reported. */
  #wordsTold = 0;
  /** The data were not speech in the requested format. */
  #isNoise = false;
  /** The server has ended the context, but audio may still follow. */
  #isOver = false;
  /** Audio from now on belongs to another text. */
  #isStale = false;
  #ended = false;
  #closed = false;

  constructor(options: ElevenLabsStreamOptions) {
    this.#options = options;
    this.#chunks = new SpokenChunks(options.pace);
    this.#decoder = new AudioDecoder(options.format);
    this.#container = new AudioContainer(options.format);
    this.#encoding = new EncodingCheck(options.format.encoding);
    this.#watchdog = new StreamWatchdog(options.clock, options.signal);
    if (options.signal.aborted) this.close();
    else this.#watchdog.signal.addEventListener('abort', () => this.#onAbort(), { once: true });
  }

  write(text: string): void {
    if (this.#ended || this.#closed) return;
    const isSpeakable = /[\p{L}\p{N}]/u.test(text);
    const wasSilent = !this.#chunks.owesAudio;
    this.#chunks.add(isSpeakable ? text : '');
    if (!isSpeakable) return;
    const { contextId, voiceSettings, firstAudioTimeoutMs, audioTimeoutMs } = this.#options;
    const speech = speakText(contextId, text.trim());
    if (this.#socket) {
      this.#socket.send(contextId, this, speech);
      if (wasSilent) this.#watchdog.expect(audioTimeoutMs);
      return;
    }
    const leased = this.#options.leaseSocket();
    if (leased instanceof ElevenLabsSocket) {
      this.#socket = leased;
      this.#watchdog.expect(firstAudioTimeoutMs);
      leased.send(contextId, this, openContext(contextId, voiceSettings), speech);
    } else {
      this.#ended = true;
      // Not before the caller is back from this call.
      queueMicrotask(() => this.onFailure(leased));
    }
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    if (!this.#socket) {
      // Not before the caller is back from this call.
      queueMicrotask(() => this.#finish());
      return;
    }
    this.#socket.send(this.#options.contextId, this, closeContext(this.#options.contextId));
    if (this.#samples > 0) this.#watchdog.expect(this.#options.audioTimeoutMs);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const isStalled = this.#watchdog.waitedMs >= suspiciousSilenceMs;
    this.#watchdog.stop();
    if (this.#isOver) this.#socket?.forget(this.#options.contextId);
    else if (isStalled) this.#socket?.close();
    else this.#socket?.leave(this.#options.contextId);
  }

  onMessage({ audio, times, isFlushed, isFinal }: ElevenLabsMessage): void {
    this.#tellRequest();
    // Behind the end of the context only what may have been overtaken by it counts: its letters tell.
    this.#isStale ||= this.#isOver && !this.#chunks.isOfText(times);
    if (audio !== null && audio !== '' && !this.#isStale)
      this.#takeAudio(Buffer.from(audio, 'base64'), times);
    if (isFlushed && !this.#closed) this.#onFlushed();
    if (isFinal && !this.#closed) this.#onFinal();
  }

  #tellRequest(): void {
    const requestId = this.#socket?.requestId;
    if (this.#toldRequest || requestId === undefined) return;
    this.#toldRequest = true;
    this.#options.onRequest(requestId);
  }

  onFailure(failure: SocketFailure): void {
    if (this.#closed) return;
    const chunk = this.#chunks.current;
    const times = this.#isNoise ? noWords : this.#chunks.spokenWordsOf(chunk);
    if (times && chunk >= this.#chunksDone) this.#tellWords(chunk, times);
    const error = failure instanceof ProviderError ? failure : this.#options.errorOf(failure);
    this.#emit({ type: 'error', error });
    this.close();
    // After any failure the next answer gets a new connection.
    this.#socket?.close();
  }

  #takeAudio(piece: Uint8Array, times: readonly CharacterTimes[]): void {
    const { sampleRateHz, encoding } = this.#options.format;
    const bytes = this.#container.unpack(piece);
    // Judge the format by the bytes alone: times come in too many shapes to prove anything.
    if (!bytes || !this.#encoding.accepts(bytes)) {
      this.#isNoise = true;
      this.onFailure(wrongFormat);
      return;
    }
    const skippedBefore = this.#decoder.skippedSamples;
    const perMs = sampleRateHz / 1000;
    const samples = encoding === 'mulaw' ? bytes.length : bytes.length / 2;
    this.#samples += samples;
    const frame = this.#decoder.decode(bytes);
    const skipped = this.#decoder.skippedSamples;
    const parts = this.#chunks.take(times, samples / perMs);
    for (const [index, { chunk, fromMs }] of parts.entries()) {
      this.#finishChunksBefore(chunk);
      const untilMs = parts[index + 1]?.fromMs ?? Infinity;
      const position = (ms: number): number =>
        Math.max(0, Math.round(ms * perMs) - (skipped - skippedBefore));
      if (frame) this.#giveAudio(chunk, sliceFrame(frame, position(fromMs), position(untilMs)));
    }
    this.#tellNewWords();
    if (this.#isOver) this.#waitForStragglers();
    else this.#watch();
  }

  /** The server has spoken one more chunk. */
  #onFlushed(): void {
    this.#finishChunksBefore(this.#chunks.flushed());
    if (!this.#isOver) this.#watch();
  }

  #watch(): void {
    if (this.#closed) return;
    const isWaiting = this.#ended || this.#chunks.owesAudio;
    if (isWaiting) this.#watchdog.expect(this.#options.audioTimeoutMs);
    else this.#watchdog.rest();
  }

  #giveAudio(chunk: number, frame: AudioFrame): void {
    if (durationMs(frame) > 0) this.#emit({ type: 'audio', chunk, frame });
  }

  /** The server has ended the context: as requested, or because it was inactive for too long. */
  #onFinal(): void {
    if (this.#samples === 0) {
      this.onFailure({ message: 'It gave no audio.', category: 'server' });
    } else if (this.#ended) {
      // The end may have overtaken some audio, so wait briefly for it.
      this.#isOver = true;
      this.#socket?.listenOn(this.#options.contextId, this);
      this.#waitForStragglers();
    } else {
      this.onFailure({ message: 'It ended the answer before its end.', category: 'server' });
    }
  }

  #waitForStragglers(): void {
    if (this.#chunks.allSpoken) this.#finish();
    else this.#watchdog.expect(stragglerMs);
  }

  #finish(): void {
    this.#finishChunksBefore(this.#chunks.count);
    this.#chunks.finish();
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
    const skippedMs = (this.#decoder.skippedSamples / this.#options.format.sampleRateHz) * 1000;
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
    } else if (this.#isOver && this.#chunks.isCut) {
      this.onFailure({ message: 'It ended the answer before its end.', category: 'server' });
    } else if (this.#isOver || (this.#ended && this.#samples > 0 && this.#seemsWhole)) {
      // All text was spoken; only the server's end message is missing.
      this.#finish();
    } else {
      this.onFailure({ message: `It gave no audio for ${expiredMs} ms.`, category: 'timeout' });
    }
  }

  get #seemsWhole(): boolean {
    return !this.#chunks.owesAudio && !this.#chunks.isCut;
  }

  #emit(event: TtsEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }
}
