/**
 * A transport carries one call's audio in both directions and owns its playout: it knows which audio was sent and
 * heard, and drops or repeats the rest. Codecs, sockets and pacing stay behind this contract.
 *
 * Playout positions are counted in samples at `outputFormat.sampleRateHz`, over all audio passed to `play()` on this
 * transport: they only grow, and `clear()` does not reset them.
 */
import type { AudioFormat, AudioFrame } from '../audio/audio-frame.js';
import type { TransportType } from './registry.js';

export type { TransportType } from './registry.js';

/** Whether the far end reported a time or position, or it was calculated here for lack of a report. */
export type Origin = 'measured' | 'estimated';

/** How far playout got: everything before `positionSamples` was heard. */
export interface Heard {
  readonly positionSamples: number;
  readonly origin: Origin;
}

/** A watched position became audible at the far end. */
export interface HeardMark {
  readonly positionSamples: number;
  /** The time on the relay's clock, including the same transport delay as the caller's speech. */
  readonly atMs: number;
  readonly origin: Origin;
}

/** A problem on the wire that did not end the call. */
export interface TransportWarning {
  /** Stable, snake_case, for example `malformed_message`. */
  readonly code: string;
  readonly message: string;
}

export type TransportEndReason = 'hangup' | 'transport_error' | 'closed';

export interface TransportListener {
  /** One frame of caller audio, in arrival order; a lost frame is missing. */
  onAudio(frame: AudioFrame): void;
  /** A position given to `watch()` was reached. */
  onHeard(mark: HeardMark): void;
  onDtmf(digit: string): void;
  /** The caller typed instead of speaking (browser only). */
  onTypedText(text: string): void;
  /** For example `media_stopped`: no caller audio for 3 s although the line is open. */
  onWarning(warning: TransportWarning): void;
  /** Caller audio arrives again after a `media_stopped`, after a gap of `gapMs`. */
  onMediaResumed?(gapMs: number): void;
  /**
   * The connection is gone, but the far end may come back. Playout is paused at the position that `pause()` resolves
   * with. {@link onBack} or {@link onEnd} follows. Without this callback a lost connection ends the call.
   */
  onLost?(cause: string): void;
  /** The far end is back on a new connection. Playout stays paused until `resume()`. */
  onBack?(): void;
  /** The call is over; nothing is delivered afterwards. Called exactly once, also after `close()`. */
  onEnd(reason: TransportEndReason, cause?: Error): void;
}

/** The caller and the call. */
export interface CallInfo {
  /** The carrier's id of the call, if it has one (Twilio: the CallSid). */
  readonly callId?: string;
  readonly from?: string;
  readonly to?: string;
  /** Custom parameters that came with the call. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Quality of the caller's audio on a transport that can lose packets. */
export interface InboundQuality {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Share of the delivered audio that was concealed because its packet was lost or late, 0 to 1. */
  readonly concealedShare: number;
  /** Share of the delivered audio that was recovered from the redundancy in a later packet, 0 to 1. */
  readonly recoveredShare: number;
  /** Interarrival jitter (RFC 3550, section 6.4.1). */
  readonly jitterMs: number;
}

export interface Transport {
  readonly type: TransportType;
  readonly call: CallInfo;
  /** What `onAudio` delivers. */
  readonly inputFormat: AudioFormat;
  /** What `play()` takes. */
  readonly outputFormat: AudioFormat;
  /** Absent if the wire cannot lose packets. */
  readonly inboundQuality?: InboundQuality;
  /** Whether the caller's audio has stopped although the line is open; absent if this cannot be detected. */
  readonly mediaStopped?: boolean;
  /** Samples passed to `play()` so far. */
  readonly queuedSamples: number;

  /** Starts delivery. Called once; anything that arrived earlier is delivered in order. */
  start(listener: TransportListener): void;

  /**
   * Adds audio to the end of the queue; while paused it is held. Frames may have any length; their rate must be that of
   * `outputFormat`. After the end of the call it is a no-op.
   */
  play(frame: AudioFrame): void;

  /**
   * Requests one `onHeard` when the sample at `positionSamples` becomes audible; for the end of the queue, when all
   * audio before it was played. Stays in force across pause and resume; `clear()` cancels it.
   */
  watch(positionSamples: number): void;

  /**
   * Silences playout at once and keeps the audio that was not heard. Resolves within 250 ms with the position that the
   * caller heard. A second pause while paused resolves with the same position.
   */
  pause(): Promise<Heard>;

  /** Ends a pause and plays from `fromSamples`, at most 3 s before the heard position. */
  resume(fromSamples: number): void;

  /** Silences playout at once and drops everything queued. Also ends a pause. Resolves like `pause()`. */
  clear(): Promise<Heard>;

  /** Ends the call from this side. Idempotent; resolves when the connection is down. */
  close(): Promise<void>;
}
