/** Speech to text: one stream per call takes the caller's audio and gives partial and final transcripts. */
import type { AudioFormat, AudioFormats, AudioFrame } from '../audio/audio-frame.js';
import type { TimedWord } from '../audio/timed-word.js';
import type { ProviderError } from '../errors.js';
import type { OnIncident } from '../events/provider-incident.js';

export type SttEvent =
  /** The running guess for the current segment; replaces the guess before it. */
  | { readonly type: 'partial'; readonly text: string; readonly words?: readonly TimedWord[] }
  /**
   * A finished segment, never changed again; empty where the audio held no words. `endOfUtterance`: the provider thinks
   * that the caller has finished (it answers a flush, or its own endpointing fired).
   * `words` are those of `text`, where the provider knows their times. `untilMs`: the audio before it, from the stream's
   * first sample, is dealt with; a provider that cannot tell leaves it out. `answersFlush`: whether it is the answer to the
   * oldest flush that waits for one; where it is left out, an `endOfUtterance` that comes while one waits is its answer.
   */
  | {
      readonly type: 'final';
      readonly text: string;
      readonly endOfUtterance: boolean;
      readonly words?: readonly TimedWord[];
      readonly untilMs?: number;
      readonly answersFlush?: boolean;
    }
  /** A sign of life: the audio before `untilMs`, from the stream's first sample, has been listened to. */
  | { readonly type: 'heard'; readonly untilMs: number }
  /** The stream has failed and gives nothing more. */
  | { readonly type: 'error'; readonly error: ProviderError };

export interface SttStreamOptions {
  /** What `write` will be given. */
  readonly format: AudioFormat;
  /** Aborting closes the stream. */
  readonly signal: AbortSignal;
  /** Never called after `close()`. */
  readonly onEvent: (event: SttEvent) => void;
  /** Hears what a supervisor does about failures; plain providers leave it alone. */
  readonly onIncident?: OnIncident;
}

export interface SpeechToTextStream {
  /** Takes caller audio, silence included, in order. Never throws and never blocks. */
  write(frame: AudioFrame): void;
  /**
   * The session's voice activity detector has heard speech begin. A recogniser that idles through silence starts here,
   * from a pre-roll of its own of 500 ms; others leave it out.
   */
  speechStarted?(): void;
  /** The caller seems to have finished: asks for a final for everything written so far. One answer each, empty too. */
  flush(): void;
  /**
   * The answer to a flush is overdue. Returns whether to go on waiting for it: where the provider shows no sign of life and
   * is being replaced (which begins now, if it has not), or is one that takes longer, a `final` or an `error` comes for
   * certain. False where it is merely slow: go on with the words known so far. A stream that has nothing better to offer
   * than the provider's own answer leaves it out.
   */
  recover?(): boolean;
  /** Frees everything. Idempotent. */
  close(): Promise<void>;
}

export interface SpeechToText {
  /** For logs and metrics, for example `local`. */
  readonly name: string;
  readonly accepts: AudioFormats;
  /**
   * How long its answer to a flush may take before the session goes on with what it has, where the user has not said so.
   * @default turn taking's own `finalTimeoutMs`
   */
  readonly finalTimeoutMs?: number;
  /** Loads models ahead of the first call; optional and idempotent. */
  warmUp?(): Promise<void>;
  /** One cheap authenticated request that costs nothing. Rejects with a ProviderError where the provider cannot be used. */
  probe?(signal: AbortSignal): Promise<void>;
  /** Opens a stream for one call. Returns at once; failures arrive as `error` events. */
  open(options: SttStreamOptions): SpeechToTextStream;
  /** Frees what the streams share, for providers that own workers or sockets. Idempotent. */
  close?(): Promise<void>;
}
