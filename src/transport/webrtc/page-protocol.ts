/**
 * The protocol between page and relay beside the audio: JSON text on one reliable data channel that the page opens.
 * Only types and constants, since the page's code imports this file.
 *
 * Clocks: `pageMs` counts milliseconds on the page's monotonic clock, `relayMs` on the relay's. Only the relay converts
 * between them, by the `sync` exchange, as NTP does.
 */
import type { SessionEvent } from '../../events/session-event.js';

/** Label of the data channel. */
export const pageChannelLabel = 'hzrelay';

/** How often the relay polls the page's clock; the answers are the page's heartbeat. */
export const syncEveryMs = 500;

/** Longest typed turn in characters. */
export const maxTypedLength = 2000;

/** Silence after which the page, and the relay for received audio, counts a sound as ended. */
export const soundEndsAfterMs = 150;

/** An event of a call, counted from 1. A page that lags behind misses some; then a number is left out. */
export interface NumberedEvent {
  readonly number: number;
  readonly event: SessionEvent;
}

/** A message from the relay to the page. */
export type RelayMessage =
  /** An event of this page's session. */
  | ({ readonly type: 'event' } & NumberedEvent)
  /** Polls the page's clock; the page answers at once. */
  | { readonly type: 'sync'; readonly id: number; readonly relayMs: number };

/** A message from the page to the relay. */
export type PageMessage =
  /** The answer to `sync`: when the question arrived, and when the answer was sent. */
  | {
      readonly type: 'sync';
      readonly id: number;
      readonly receivedPageMs: number;
      readonly sentPageMs: number;
    }
  /** The visitor's sound began: its first audible sample, at the microphone. */
  | { readonly type: 'speech_start'; readonly pageMs: number }
  /** The visitor's sound ended: its last audible sample, at the microphone. Sent once the silence is certain. */
  | { readonly type: 'speech_end'; readonly pageMs: number }
  /** The agent became audible after silence: its first audible sample, at the loudspeaker. */
  | { readonly type: 'audible'; readonly pageMs: number }
  /** The browser's statistics about the delay from the relay to the ear. */
  | {
      readonly type: 'stats';
      /** Recent mean delay in the browser's jitter buffer. */
      readonly jitterBufferMs: number;
      /** Round trip of the ICE candidate pair; null while unknown. */
      readonly roundTripMs: number | null;
      /** Delay from the audio graph to the loudspeaker. */
      readonly outputLatencyMs: number;
    }
  /** The visitor typed instead of speaking. */
  | { readonly type: 'text'; readonly text: string }
  /** The visitor leaves; spares the relay a timeout. */
  | { readonly type: 'bye' };

/** JSON body of `POST /webrtc/offer`. */
export interface OfferRequest {
  readonly sdp: string;
  readonly type: 'offer';
  /** Continues a call whose connection was lost. */
  readonly resume?: {
    /** From the call's latest answer. */
    readonly token: string;
    /** The number of the last event that the page has got; it gets the ones behind it. */
    readonly eventsSeen: number;
  };
}

/** Response to an offer; `DELETE /webrtc/<id>` ends the call. */
export interface OfferResponse {
  /** 128 random bits in hex; it authorises a client to end the call. */
  readonly id: string;
  /** The call's name in events and logs. */
  readonly callId: string;
  /** Continues the call, see {@link OfferRequest}; absent for a client without a data channel. */
  readonly resume?: string;
  readonly sdp: string;
  readonly type: 'answer';
}
