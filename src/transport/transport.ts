/**
 * A transport carries one call's audio in both directions and owns its playout: it knows what was sent, what was heard,
 * and how to take back what was not. Codecs, sockets and pacing stay behind this contract.
 *
 * Playout positions are counted in samples at `outputFormat.sampleRateHz`, over everything ever handed to `play()` on
 * this transport: they only grow, and `clear()` does not reset them.
 */
import type { AudioFormat, AudioFrame } from '../audio/audio-frame.js';

export type TransportType = 'twilio' | 'webrtc';

/** Whether a time or position was reported by the far end or calculated here because no report came. */
export type Origin = 'measured' | 'estimated';

/** How far playout got: everything before `positionSamples` was heard. */
export interface Heard {
  readonly positionSamples: number;
  readonly origin: Origin;
}

/** A watched position became audible at the far end. */
export interface HeardMark {
  readonly positionSamples: number;
  /** When it did, on the relay's clock and with the same transport delay that the caller's speech has. */
  readonly atMs: number;
  readonly origin: Origin;
}

/** Something odd on the wire that did not end the call. */
export interface TransportWarning {
  /** Stable, snake_case, for example `malformed_message`. */
  readonly code: string;
  readonly message: string;
}

export type TransportEndReason = 'hangup' | 'transport_error' | 'closed';

export interface TransportListener {
  /** One frame of caller audio, in arrival order; a frame lost on the way is simply missing. */
  onAudio(frame: AudioFrame): void;
  /** A position given to `watch()` was reached. */
  onHeard(mark: HeardMark): void;
  onDtmf(digit: string): void;
  /** The caller typed instead of speaking (browser only). */
  onTypedText(text: string): void;
  onWarning(warning: TransportWarning): void;
  /** The call is over; nothing is delivered afterwards. Called exactly once, also after `close()`. */
  onEnd(reason: TransportEndReason, cause?: Error): void;
}

/** Who is calling. */
export interface CallInfo {
  /** The carrier's id of the call, if it has one (Twilio: the CallSid). */
  readonly callId?: string;
  readonly from?: string;
  readonly to?: string;
  /** Custom parameters that came with the call. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** How the caller's audio arrives, where packets can be lost. */
export interface InboundQuality {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Share of the delivered audio that was made up because its packet was lost or late, 0 to 1. */
  readonly concealedShare: number;
  /** Share of the delivered audio that was recovered from the redundancy in a later packet, 0 to 1. */
  readonly recoveredShare: number;
  /** How unevenly packets arrive (RFC 3550, section 6.4.1). */
  readonly jitterMs: number;
}

export interface Transport {
  readonly type: TransportType;
  readonly call: CallInfo;
  /** What `onAudio` delivers. */
  readonly inputFormat: AudioFormat;
  /** What `play()` takes. */
  readonly outputFormat: AudioFormat;
  /** Where packets can be lost; left out where the wire loses nothing. */
  readonly inboundQuality?: InboundQuality;
  /** Samples handed to `play()` so far. */
  readonly queuedSamples: number;

  /** Starts delivery. Called once; what arrived earlier is delivered in order. */
  start(listener: TransportListener): void;

  /**
   * Queues audio behind everything queued before. While paused it is held. Frames may have any length; their rate must
   * be that of `outputFormat`. After the end of the call it is a no-op.
   */
  play(frame: AudioFrame): void;

  /**
   * Asks for one `onHeard` when the sample at `positionSamples` becomes audible, or, for the end of what is queued,
   * when all before it has been played out. It stays in force across pause and resume; `clear()` cancels it.
   */
  watch(positionSamples: number): void;

  /**
   * Silences playout at once and keeps what was not heard. Resolves with how far the caller heard, within 250 ms at the
   * latest. A second pause while paused resolves with the same answer.
   */
  pause(): Promise<Heard>;

  /** Ends a pause: plays again from `fromSamples` (at most 3 s before the heard position), then goes on. */
  resume(fromSamples: number): void;

  /** Silences playout at once and drops everything queued. Also ends a pause. Resolves like `pause()`. */
  clear(): Promise<Heard>;

  /** Ends the call from our side. Idempotent; resolves when the connection is down. */
  close(): Promise<void>;
}
