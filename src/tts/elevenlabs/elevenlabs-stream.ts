import { durationMs, sliceFrame, type AudioFrame } from '../../audio/audio-frame.js';
import type { Clock } from '../../clock.js';
import { StreamWatchdog } from '../../supervisor/stream-watchdog.js';
import type { TextToSpeechStream, TtsEvent, TtsStreamOptions } from '../text-to-speech.js';
import { AudioDecoder } from './audio-decoder.js';
import { elevenLabsError, type ElevenLabsFailure, wrongFormat } from './elevenlabs-errors.js';
import {
  closeContext,
  openContext,
  speakText,
  type CharacterTimes,
  type ElevenLabsMessage,
  type ElevenLabsVoiceSettings,
} from './elevenlabs-messages.js';
import { ElevenLabsSocket, type ContextListener } from './elevenlabs-socket.js';
import { EncodingCheck } from './encoding-check.js';
import { SpokenChunks } from './spoken-chunks.js';

export interface ElevenLabsStreamOptions extends TtsStreamOptions {
  /** A socket over which nobody else speaks, or why there is none; asked for when there is something to say. */
  readonly leaseSocket: () => ElevenLabsSocket | ElevenLabsFailure;
  readonly contextId: string;
  readonly voiceSettings: ElevenLabsVoiceSettings | undefined;
  /** For errors, which must not hold it. */
  readonly apiKey: string;
  readonly clock: Clock;
  /** Longest wait from a text to its first audio, the connection included. */
  readonly firstAudioTimeoutMs: number;
  /** Longest silence of the server while there is something left to say. */
  readonly audioTimeoutMs: number;
}

/** Audio may be this much shorter than its characters say, by rounding, or longer, by pauses that have no characters. */
const shortageMs = 200;
const longestPauseMs = 1500;
/** A server that owed something for so long when it was left is not trusted with the next answer. */
const suspiciousSilenceMs = 1000;

/** Audio that comes behind the end of its context comes at once or never. */
const stragglerMs = 100;

/** One answer, spoken in one context of a socket that goes on when the answer is over. */
export class ElevenLabsStream implements TextToSpeechStream, ContextListener {
  readonly #options: ElevenLabsStreamOptions;
  readonly #watchdog: StreamWatchdog;
  readonly #decoder: AudioDecoder;
  readonly #encoding: EncodingCheck;
  readonly #chunks = new SpokenChunks();
  #socket: ElevenLabsSocket | null = null;
  #chunksDone = 0;
  /** Samples that came, the silence at the beginning included. */
  #samples = 0;
  /** Length of what was spoken by the characters' times. */
  #spokenMs = 0;
  #isTimed = false;
  /** What came was no speech in the format that was asked for. */
  #isNoise = false;
  /** The server has ended the context, though letters are missing. */
  #isOver = false;
  #ended = false;
  #closed = false;

  constructor(options: ElevenLabsStreamOptions) {
    this.#options = options;
    this.#decoder = new AudioDecoder(options.format);
    this.#encoding = new EncodingCheck(options.format.encoding);
    this.#watchdog = new StreamWatchdog(options.clock, options.signal);
    if (options.signal.aborted) this.close();
    else this.#watchdog.signal.addEventListener('abort', () => this.#onAbort(), { once: true });
  }

  write(text: string): void {
    if (this.#ended || this.#closed) return;
    const isSpeakable = /[\p{L}\p{N}]/u.test(text);
    const wasSilent = this.#chunks.allSpoken;
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

  onMessage({ audio, times, isFinal }: ElevenLabsMessage): void {
    if (audio !== null && audio !== '') this.#takeAudio(Buffer.from(audio, 'base64'), times);
    if (isFinal) this.#onFinal();
  }

  onFailure(failure: ElevenLabsFailure): void {
    if (this.#closed) return;
    const chunk = this.#chunks.current;
    const words = this.#isNoise ? [] : this.#chunks.spokenWordsOf(chunk);
    if (words && chunk >= this.#chunksDone) this.#emit({ type: 'alignment', chunk, words });
    this.#emit({ type: 'error', error: elevenLabsError(failure, this.#options.apiKey) });
    this.close();
    // Whatever it was, the next answer should not depend on this connection.
    this.#socket?.close();
  }

  #takeAudio(bytes: Uint8Array, times: CharacterTimes | null): void {
    const { sampleRateHz, encoding } = this.#options.format;
    const skippedBefore = this.#decoder.skippedSamples;
    const before = this.#samples;
    this.#samples += encoding === 'mulaw' ? bytes.length : bytes.length / 2;
    const frame = this.#decoder.decode(bytes);
    const skipped = this.#decoder.skippedSamples;
    const perMs = sampleRateHz / 1000;
    if (times) this.#isTimed = true;
    const isAccepted = this.#encoding.accepts(bytes);
    if (!isAccepted || (times && !this.#isPlausible(times))) {
      this.#isNoise = true;
      this.onFailure(wrongFormat);
      return;
    }
    const parts = this.#chunks.take(times, (before - skipped) / perMs);
    for (const [index, { chunk, fromMs }] of parts.entries()) {
      this.#finishChunksBefore(chunk);
      const untilMs = parts[index + 1]?.fromMs ?? Infinity;
      const position = (ms: number): number =>
        Math.max(0, Math.round(ms * perMs) - (skipped - skippedBefore));
      if (frame) this.#giveAudio(chunk, sliceFrame(frame, position(fromMs), position(untilMs)));
    }
    if (this.#isOver) {
      if (this.#chunks.allSpoken) this.#finish();
      return;
    }
    const isWaiting = this.#ended || (this.#isTimed && !this.#chunks.allSpoken);
    if (isWaiting) this.#watchdog.expect(this.#options.audioTimeoutMs);
    else this.#watchdog.rest();
  }

  /** Where the bytes give nothing away: those of another format last several times as long, or as short, as the characters spoken in them. */
  #isPlausible({ charStartTimesMs, charDurationsMs }: CharacterTimes): boolean {
    this.#spokenMs += (charStartTimesMs.at(-1) ?? 0) + (charDurationsMs.at(-1) ?? 0);
    const audioMs = (this.#samples / this.#options.format.sampleRateHz) * 1000;
    // So loud, and so much shorter than its letters: bytes of a slower format.
    if (this.#encoding.isDeafening && audioMs < this.#spokenMs / 2) return false;
    return audioMs >= this.#spokenMs * 0.8 - shortageMs && audioMs <= this.#spokenMs * 1.8 + longestPauseMs;
  }

  #giveAudio(chunk: number, frame: AudioFrame): void {
    if (durationMs(frame) > 0) this.#emit({ type: 'audio', chunk, frame });
  }

  /** The server has ended the context: as it was asked to, or since nothing was said in it for too long. */
  #onFinal(): void {
    if (this.#samples === 0) {
      this.onFailure({ message: 'It gave no audio.', category: 'server' });
    } else if (this.#ended && this.#isTimed && !this.#chunks.allSpoken) {
      // Letters are missing: their audio may have been overtaken. If it was not, nothing more comes, and that is that.
      this.#isOver = true;
      this.#socket?.listenOn(this.#options.contextId, this);
      this.#watchdog.expect(stragglerMs);
    } else if (this.#ended) {
      this.#finish();
    } else {
      this.onFailure({ message: 'It ended the answer before its end.', category: 'server' });
    }
  }

  #finish(): void {
    this.#finishChunksBefore(this.#chunks.count);
    this.#emit({ type: 'done' });
    this.close();
  }

  #finishChunksBefore(end: number): void {
    for (; this.#chunksDone < end; this.#chunksDone++) {
      const chunk = this.#chunksDone;
      const words = this.#chunks.wordsOf(chunk);
      if (words) this.#emit({ type: 'alignment', chunk, words });
      this.#emit({ type: 'chunk_done', chunk });
    }
  }

  #onAbort(): void {
    const { expiredMs } = this.#watchdog;
    if (expiredMs === null) {
      this.close();
    } else if (this.#isOver) {
      this.#finish();
    } else if (this.#ended && this.#isTimed && this.#chunks.allSpoken) {
      // Everything was said; the server merely did not say that it had finished.
      this.#finish();
    } else {
      this.onFailure({ message: `It gave no audio for ${expiredMs} ms.`, category: 'timeout' });
    }
  }

  #emit(event: TtsEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }
}
