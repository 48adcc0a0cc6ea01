import type { ElevenLabs, ElevenLabsClient } from '@elevenlabs/elevenlabs-js';
import type { Clock } from '../../clock.js';
import { StreamWatchdog } from '../../supervisor/stream-watchdog.js';
import type { TextToSpeechStream, TtsEvent, TtsStreamOptions } from '../text-to-speech.js';
import { AudioDecoder } from './audio-decoder.js';
import { elevenLabsError, failureOf, type ElevenLabsFailure, wrongFormat } from './elevenlabs-errors.js';
import type { ElevenLabsVoiceSettings } from './elevenlabs-messages.js';
import { EncodingCheck } from './encoding-check.js';

export interface ElevenLabsHttpStreamOptions extends TtsStreamOptions {
  readonly client: Promise<ElevenLabsClient>;
  /** The vendor's name of the format. */
  readonly output: string;
  readonly voice: {
    readonly apiKey: string;
    readonly voiceId: string;
    readonly modelId: string;
    readonly languageCode?: string;
    readonly voiceSettings?: ElevenLabsVoiceSettings;
  };
  readonly clock: Clock;
  /** Longest wait from a request to its first audio. */
  readonly firstAudioTimeoutMs: number;
  /** Longest silence in the middle of a response. */
  readonly audioTimeoutMs: number;
}

/** One answer, spoken by one HTTP request after the other, each for a chunk of its text. */
export class ElevenLabsHttpStream implements TextToSpeechStream {
  readonly #options: ElevenLabsHttpStreamOptions;
  readonly #watchdog: StreamWatchdog;
  readonly #decoder: AudioDecoder;
  /** Settles when all that was written so far was spoken. */
  #spoken: Promise<void> = Promise.resolve();
  #previousText = '';
  #chunks = 0;
  #ended = false;
  #closed = false;

  constructor(options: ElevenLabsHttpStreamOptions) {
    this.#options = options;
    this.#decoder = new AudioDecoder(options.format);
    this.#watchdog = new StreamWatchdog(options.clock, options.signal);
    this.#closed = options.signal.aborted;
  }

  write(text: string): void {
    if (this.#ended || this.#closed) return;
    const chunk = this.#chunks++;
    this.#spoken = this.#spoken.then(() => this.#speak(chunk, text));
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    void this.#spoken.then(() => {
      this.#emit({ type: 'done' });
      this.close();
    });
  }

  close(): void {
    this.#closed = true;
    this.#watchdog.abort();
    this.#watchdog.stop();
  }

  /** Never rejects: a failure is an event, and closes the stream. */
  async #speak(chunk: number, text: string): Promise<void> {
    if (this.#isClosed()) return;
    try {
      if (/[\p{L}\p{N}]/u.test(text)) await this.#request(chunk, text);
      this.#emit({ type: 'chunk_done', chunk });
    } catch (thrown) {
      const { expiredMs } = this.#watchdog;
      if (expiredMs === null) this.#fail(failureOf(thrown));
      else this.#fail({ message: `It gave no audio for ${expiredMs} ms.`, category: 'timeout' });
    }
  }

  async #request(chunk: number, text: string): Promise<void> {
    const { client, voice, output, firstAudioTimeoutMs, audioTimeoutMs } = this.#options;
    this.#watchdog.expect(firstAudioTimeoutMs);
    const { textToSpeech } = await client;
    const audio = await textToSpeech.stream(
      voice.voiceId,
      {
        text,
        modelId: voice.modelId,
        outputFormat: output as ElevenLabs.TextToSpeechStreamRequestOutputFormat,
        ...(voice.languageCode !== undefined && { languageCode: voice.languageCode }),
        ...(voice.voiceSettings && { voiceSettings: voice.voiceSettings }),
        // So that the voice goes on in the same tone.
        ...(this.#previousText !== '' && { previousText: this.#previousText }),
      },
      {
        abortSignal: this.#watchdog.signal,
        maxRetries: 0,
        // The watchdog is faster; but the SDK's own timer outlives a request that fails, by default for four minutes.
        timeoutInSeconds: firstAudioTimeoutMs / 1000 + 1,
      },
    );
    const encoding = new EncodingCheck(this.#options.format.encoding);
    let length = 0;
    for await (const bytes of audio) {
      if (this.#isClosed()) return;
      length += bytes.length;
      this.#watchdog.expect(audioTimeoutMs);
      if (!encoding.accepts(bytes)) {
        this.#fail(wrongFormat);
        return;
      }
      const frame = this.#decoder.decode(bytes);
      if (frame) this.#emit({ type: 'audio', chunk, frame });
    }
    this.#watchdog.rest();
    if (length === 0) throw new Error('It gave no audio');
    this.#previousText = text;
  }

  #fail(failure: ElevenLabsFailure): void {
    this.#emit({ type: 'error', error: elevenLabsError(failure, this.#options.voice.apiKey) });
    this.close();
  }

  /** A method, since the compiler takes a property that was false once to stay so. */
  #isClosed(): boolean {
    return this.#closed || this.#options.signal.aborted;
  }

  #emit(event: TtsEvent): void {
    if (!this.#isClosed()) this.#options.onEvent(event);
  }
}
