import type { ElevenLabs, ElevenLabsClient } from '@elevenlabs/elevenlabs-js';
import type { Clock } from '../../core/clock.js';
import { ProviderError } from '../../core/errors.js';
import { ofRequest, requestIdOf } from '../request-id.js';
import { StreamWatchdog } from '../stream-watchdog.js';
import type { TextToSpeechStream, TtsEvent, TtsStreamOptions } from '../text-to-speech.js';
import { AudioContainer } from './audio-container.js';
import { AudioDecoder } from '../audio-decoder.js';
import { failureOf, requestIdIn, type ElevenLabsFailure, wrongFormat } from './elevenlabs-errors.js';
import type { ElevenLabsVoiceSettings } from './elevenlabs-messages.js';
import { EncodingCheck } from '../encoding-check.js';

export interface ElevenLabsHttpStreamOptions extends TtsStreamOptions {
  readonly client: Promise<ElevenLabsClient>;
  /** ElevenLabs' name of the format. */
  readonly output: string;
  /** Rejects with a ProviderError. */
  readonly voiceId: () => Promise<string>;
  /** No id of a request may hold it. */
  readonly apiKey: string;
  /** Hears what ElevenLabs calls each request. */
  readonly onRequest: (requestId: string) => void;
  readonly errorOf: (failure: ElevenLabsFailure) => ProviderError;
  readonly voice: {
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

/** Speaks one answer with one HTTP request for each chunk of text, in order. */
export class ElevenLabsHttpStream implements TextToSpeechStream {
  readonly #options: ElevenLabsHttpStreamOptions;
  readonly #watchdog: StreamWatchdog;
  readonly #decoder: AudioDecoder;
  /** Resolves when all chunks written so far have been spoken. */
  #spoken: Promise<void> = Promise.resolve();
  #previousText = '';
  /** Of the request that is being answered. */
  #requestId: string | undefined;
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

  /** Never rejects: a failure is reported as an event and closes the stream. */
  async #speak(chunk: number, text: string): Promise<void> {
    if (this.#isClosed()) return;
    try {
      if (/[\p{L}\p{N}]/u.test(text)) await this.#request(chunk, text);
      this.#emit({ type: 'chunk_done', chunk });
    } catch (thrown) {
      const { expiredMs } = this.#watchdog;
      if (expiredMs !== null)
        this.#fail({ message: `It gave no audio for ${expiredMs} ms.`, category: 'timeout' });
      else this.#fail(thrown instanceof ProviderError ? thrown : failureOf(thrown));
    }
  }

  async #request(chunk: number, text: string): Promise<void> {
    const { client, voiceId, voice, output, firstAudioTimeoutMs, audioTimeoutMs } = this.#options;
    this.#requestId = undefined;
    const { textToSpeech } = await client;
    if (this.#isClosed()) return;
    // From here on the server is asked. Loading its SDK takes seconds on a busy machine, and is not its silence.
    this.#watchdog.expect(firstAudioTimeoutMs);
    const speaker = await voiceId();
    if (this.#isClosed()) return;
    const asked = textToSpeech.stream(
      speaker,
      {
        text,
        modelId: voice.modelId,
        outputFormat: output as ElevenLabs.TextToSpeechStreamRequestOutputFormat,
        ...(voice.languageCode !== undefined && { languageCode: voice.languageCode }),
        ...(voice.voiceSettings && { voiceSettings: voice.voiceSettings }),
        // Keeps the voice's tone between requests. Models of the third generation refuse it:
        // https://github.com/home-assistant/core/issues/182944
        ...(this.#previousText !== '' &&
          !voice.modelId.startsWith('eleven_v3') && { previousText: this.#previousText }),
      },
      {
        abortSignal: this.#watchdog.signal,
        maxRetries: 0,
        // The watchdog is faster, but the SDK's own timer outlives a failed request, by default for four minutes.
        timeoutInSeconds: firstAudioTimeoutMs / 1000 + 1,
      },
    );
    const { data: audio, rawResponse } = await asked.withRawResponse();
    this.#noteRequest(rawResponse.headers);
    const container = new AudioContainer(this.#options.format);
    const encoding = new EncodingCheck(this.#options.format.encoding);
    let length = 0;
    for await (const piece of audio) {
      if (this.#isClosed()) return;
      length += piece.length;
      this.#watchdog.expect(audioTimeoutMs);
      const bytes = container.unpack(piece);
      if (!bytes || !encoding.accepts(bytes)) {
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

  #noteRequest(headers: Pick<Headers, 'get'>): void {
    const { apiKey, onRequest } = this.#options;
    this.#requestId = requestIdOf(
      requestIdIn((name) => headers.get(name)),
      apiKey,
    );
    if (this.#requestId !== undefined) onRequest(this.#requestId);
  }

  #fail(failure: ElevenLabsFailure | ProviderError): void {
    const error = failure instanceof ProviderError ? failure : this.#options.errorOf(failure);
    this.#emit({ type: 'error', error: ofRequest(error, this.#requestId) });
    this.close();
  }

  /** A method, because TypeScript would narrow a property to false after the first check. */
  #isClosed(): boolean {
    return this.#closed || this.#options.signal.aborted;
  }

  #emit(event: TtsEvent): void {
    if (!this.#isClosed()) this.#options.onEvent(event);
  }
}
