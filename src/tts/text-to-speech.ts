/** Text to speech: one stream per agent turn takes speakable chunks of text and gives audio in the same order. */
import type { AudioFormat, AudioFormats, AudioFrame } from '../audio/audio-frame.js';
import type { TimedWord } from '../audio/timed-word.js';
import type { ProviderError } from '../errors.js';
import type { OnIncident } from '../events/provider-incident.js';

export type TtsEvent =
  /** Audio of chunk number `chunk` (0 for the first `write`). The first frame of a stream begins audibly. */
  | { readonly type: 'audio'; readonly chunk: number; readonly frame: AudioFrame }
  /**
   * Word times of a chunk, if the provider knows them; they may come before or after the chunk's audio, and again where they
   * are known better. Before an `error`, those of the words that were spoken, be it none.
   */
  | { readonly type: 'alignment'; readonly chunk: number; readonly words: readonly TimedWord[] }
  /** All audio of a chunk was given. */
  | { readonly type: 'chunk_done'; readonly chunk: number }
  /** All text was spoken; comes once, after `end()`. */
  | { readonly type: 'done' }
  /** The stream has failed and gives nothing more. */
  | { readonly type: 'error'; readonly error: ProviderError };

export interface TtsStreamOptions {
  /** What `audio` events must carry: a rate and, where it is `mulaw`, `frame.encoded` too. */
  readonly format: AudioFormat;
  /** Aborting closes the stream. */
  readonly signal: AbortSignal;
  /** Never called after `close()`. */
  readonly onEvent: (event: TtsEvent) => void;
  /** Hears what a supervisor does about failures; plain providers leave it alone. */
  readonly onIncident?: OnIncident;
}

export interface TextToSpeechStream {
  /** Takes the next sentence or clause. */
  write(text: string): void;
  /** No more text follows. */
  end(): void;
  /** Stops synthesis and frees everything. Idempotent. */
  close(): void;
}

export interface TextToSpeech {
  /** For logs and metrics, for example `local`. */
  readonly name: string;
  readonly produces: AudioFormats;
  /** Loads models or opens connections for audio of this format, ahead of the first call; optional and idempotent. */
  warmUp?(format?: AudioFormat): Promise<void>;
  /** One cheap authenticated request that costs nothing. Rejects with a ProviderError where the provider cannot be used. */
  probe?(signal: AbortSignal): Promise<void>;
  /** Opens a stream for one agent turn. Returns at once; failures arrive as `error` events. */
  open(options: TtsStreamOptions): TextToSpeechStream;
  close?(): Promise<void>;
}
