/** Text to speech: one stream per agent turn takes speakable chunks of text and gives audio in the same order. */
import type { AudioFormat, AudioFormats, AudioFrame } from '../audio/audio-frame.js';
import type { TimedWord } from '../audio/timed-word.js';
import type { ProviderError } from '../core/errors.js';
import type { OnIncident } from '../events/provider-incident.js';
import type { ProviderNotice } from '../events/provider-notice.js';
import type { OnUsage, TtsUsage } from '../metrics/provider-usage.js';

export type TtsEvent =
  /** Audio of chunk number `chunk` (0 for the first `write`). The first frame of a stream begins audibly. */
  | { readonly type: 'audio'; readonly chunk: number; readonly frame: AudioFrame }
  /**
   * Word times of a chunk, if the provider knows them; they may come before or after the chunk's audio, and again when
   * better ones are known. Before an `error`, the times of the words that were spoken, or an empty list. `origin`:
   * `measured` if the provider reported them (the default), `estimated` if they were derived from other data.
   */
  | {
      readonly type: 'alignment';
      readonly chunk: number;
      readonly words: readonly TimedWord[];
      readonly origin?: 'measured' | 'estimated';
    }
  /** All audio of a chunk has been given. */
  | { readonly type: 'chunk_done'; readonly chunk: number }
  /** All text has been spoken; comes once, after `end()`. */
  | { readonly type: 'done' }
  /** The stream has failed and gives nothing more. */
  | { readonly type: 'error'; readonly error: ProviderError };

export interface TtsStreamOptions {
  /** The format of the frames in `audio` events; with `mulaw` they must also have `frame.encoded`. */
  readonly format: AudioFormat;
  /** Aborting closes the stream. */
  readonly signal: AbortSignal;
  /** Never called after `close()`. */
  readonly onEvent: (event: TtsEvent) => void;
  /** Called with what a supervisor does about failures. A plain provider reports only its request ids and warnings. */
  readonly onIncident?: OnIncident;
  /** Called with what was used since the last report: at the latest when the stream ends, fails or is closed. */
  readonly onUsage?: OnUsage<TtsUsage>;
}

export interface TextToSpeechStream {
  /** Takes the next sentence or clause. */
  write(text: string): void;
  /** No more text follows. */
  end(): void;
  /** Stops synthesis and frees everything. Idempotent. */
  close(): void;
}

/** The words of a text that a voice cannot say. */
export interface UnsayableText {
  /** The name of the voice, since a fallback list has several. */
  readonly voice: string;
  /** Words that it cannot pronounce. */
  readonly words: readonly string[];
}

export interface TextToSpeech {
  /** For logs and metrics, for example `local`. */
  readonly name: string;
  /** The model that it uses; distinguishes providers of the same name in events. */
  readonly model?: string;
  readonly produces: AudioFormats;
  /** Whether it speaks the chunks of a stream as one text, so that a clause of a word or two sounds right. @default false */
  readonly joinsPieces?: boolean;
  /**
   * Loads models or opens connections for audio of this format before the first call; optional and idempotent. Resolves
   * with notices, if any.
   */
  warmUp?(format?: AudioFormat): Promise<void> | Promise<readonly ProviderNotice[]>;
  /**
   * Checks the provider with authenticated requests that cost nothing. Resolves with notices, if any. Rejects with a
   * ProviderError if the provider cannot be used.
   */
  probe?(signal: AbortSignal): Promise<void> | Promise<readonly ProviderNotice[]>;
  /**
   * The caller has begun to speak, so an answer in this format is likely within seconds: opens a connection unless one is
   * open. Never throws and never waits. Voices without connections leave it out.
   */
  preconnect?(format: AudioFormat): void;
  /**
   * The words of a text that this voice would skip, because it does not know the script; null if it says all of them.
   * Optional for voices that say any text.
   */
  unsayable?(text: string): UnsayableText | null;
  /** Opens a stream for one agent turn. Returns at once; failures arrive as `error` events. */
  open(options: TtsStreamOptions): TextToSpeechStream;
  /** Frees what its streams share. Idempotent. */
  close?(): Promise<void>;
}
