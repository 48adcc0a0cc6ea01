/**
 * Speech to text: one stream per call takes the caller's audio and gives partial and final transcripts.
 *
 * Liveness: a stream counts as alive until it gives an `error`. It may give no events while the caller is silent, and
 * until its final. A provider behind a network must watch its connection itself (for example with WebSocket pings) and
 * give an `error` of category `timeout` or `connection` when the other end is gone. A stream has stalled only if it got
 * speech and a flush and did not answer the flush: then it is replaced, and its successor gets the audio again.
 */
import type { AudioFormat, AudioFormats, AudioFrame } from '../audio/audio-frame.js';
import type { TimedWord } from '../audio/timed-word.js';
import type { ProviderError } from '../core/errors.js';
import type { OnIncident } from '../events/provider-incident.js';
import type { ProviderNotice } from '../events/provider-notice.js';
import type { OnUsage, SttUsage } from '../metrics/provider-usage.js';

export type SttEvent =
  /**
   * The interim result for the current segment; replaces the previous one. `endLikely`: true if the recogniser thinks
   * that the caller has probably finished, so that an answer may be prepared; false if it takes that back; left out if
   * it does not say.
   */
  | {
      readonly type: 'partial';
      readonly text: string;
      readonly words?: readonly TimedWord[];
      readonly endLikely?: boolean;
    }
  /**
   * A finished segment, never changed again; empty if the audio had no words. `endOfUtterance`: the provider thinks
   * that the caller has finished (it answers a flush, or its own endpointing fired). `words` are the words of `text`
   * with their times, if known. `untilMs`: all words before this position, counted from the stream's first sample, are
   * final; left out if unknown. `answersFlush`: whether it answers the oldest pending flush; if left out, an
   * `endOfUtterance` answers it. An adapter that answers a flush in place of its silent server sets `untilMs` well
   * before the flush.
   */
  | {
      readonly type: 'final';
      readonly text: string;
      readonly endOfUtterance: boolean;
      readonly words?: readonly TimedWord[];
      readonly untilMs?: number;
      readonly answersFlush?: boolean;
    }
  /**
   * The audio before `untilMs`, counted from the stream's first sample, has been processed; 0: the stream is open.
   * Optional: shows earlier that a stream works again after a failure, and that a late answer will come.
   */
  | { readonly type: 'heard'; readonly untilMs: number }
  /** The stream has failed and gives nothing more. */
  | { readonly type: 'error'; readonly error: ProviderError };

export interface SttStreamOptions {
  /** The format of the frames passed to `write`. */
  readonly format: AudioFormat;
  /** Aborting closes the stream. */
  readonly signal: AbortSignal;
  /** Never called after `close()`. */
  readonly onEvent: (event: SttEvent) => void;
  /** Called with what a supervisor does about failures. A plain provider reports only its request ids and warnings. */
  readonly onIncident?: OnIncident;
  /**
   * The call's stream that this one replaces; the session closes it afterwards. A supervisor gives its successor the
   * unfinished audio again; a plain provider ignores it.
   */
  readonly replaces?: SpeechToTextStream;
  /**
   * Called with the audio that was sent since the last report: at each flush, and when the stream fails or is closed. Only
   * audio that was handed to the open connection counts.
   */
  readonly onUsage?: OnUsage<SttUsage>;
}

export interface SpeechToTextStream {
  /** Takes the caller's audio in order, silence included. Never throws and never blocks. */
  write(frame: AudioFrame): void;
  /**
   * The session's voice activity detector has detected the start of speech. A recogniser that idles through silence
   * starts here, with its own pre-roll of 500 ms; one behind a network may check its connection. Optional.
   */
  speechStarted?(): void;
  /**
   * The caller seems to have finished: requests a final for all audio written so far. Each flush gets one answer, which
   * may be empty.
   */
  flush(): void;
  /**
   * The answer to a flush is overdue. Returns true to go on waiting, because a `final` or an `error` is certain to
   * come: the provider's liveness is being checked, it is being replaced, or it is known to take longer. Returns false
   * if it is only slow: go on with the words known so far. Optional.
   */
  recover?(): boolean;
  /** Frees everything. Idempotent. */
  close(): Promise<void>;
}

export interface SpeechToText {
  /** For logs and metrics, for example `local`. */
  readonly name: string;
  /** The model that it uses; distinguishes providers of the same name in events. */
  readonly model?: string;
  readonly accepts: AudioFormats;
  /**
   * Whether a flush in the middle of speech costs it no words. Then it is flushed in the first silence, before the end of
   * the speech is certain. @default false
   */
  readonly flushesEarly?: boolean;
  /**
   * Timeout in milliseconds for the answer to a flush, unless the user sets one; then the session goes on with the
   * words known so far.
   * @default turn taking's own `finalTimeoutMs`
   */
  readonly finalTimeoutMs?: number;
  /** Loads models before the first call; optional and idempotent. Resolves with notices, if any. */
  warmUp?(): Promise<void> | Promise<readonly ProviderNotice[]>;
  /**
   * Checks the provider with authenticated requests that cost nothing. Resolves with notices, if any. Rejects with a
   * ProviderError if the provider cannot be used.
   */
  probe?(signal: AbortSignal): Promise<void> | Promise<readonly ProviderNotice[]>;
  /**
   * Loads what a stream in this format needs, so that it begins at once. A supervisor has it; a plain provider needs none.
   */
  prepare?(format: AudioFormat): Promise<void>;
  /** Opens a stream for one call. Returns at once; failures arrive as `error` events. */
  open(options: SttStreamOptions): SpeechToTextStream;
  /** Frees what its streams share, such as workers or sockets. Idempotent. */
  close?(): Promise<void>;
}
