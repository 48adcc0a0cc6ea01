/**
 * What the page and the relay say to each other beside the audio: JSON text on one reliable data channel that the page
 * opens. Only types and constants: the page's own code imports this file.
 *
 * Clocks: `pageMs` counts milliseconds on the page's monotonic clock, `relayMs` on the relay's. The page never converts;
 * the relay maps one to the other by the `sync` exchange, as NTP does.
 */
import type { SessionEvent } from '../../events/session-event.js';

/** Label of the data channel. */
export const pageChannelLabel = 'hzrelay';

/** How often the relay asks for the page's clock; the answers are the page's heartbeat. */
export const syncEveryMs = 1000;

/** Longest typed turn in characters. */
export const maxTypedLength = 2000;

/** Silence after which the page (and the relay, of what it receives) counts a sound as ended. */
export const soundEndsAfterMs = 150;

/** What the relay tells the page. */
export type RelayMessage =
  /** An event of this page's session, as every listener gets it. */
  | { readonly type: 'event'; readonly event: SessionEvent }
  /** Asks for the page's clock; to be answered at once. */
  | { readonly type: 'sync'; readonly id: number; readonly relayMs: number };

/** What the page tells the relay. */
export type PageMessage =
  /** The answer to `sync`: when it arrived, and when this left. */
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
  /** What the browser's statistics say of the way from the relay to the ear. */
  | {
      readonly type: 'stats';
      /** Mean time that audio waited in the browser's jitter buffer lately. */
      readonly jitterBufferMs: number;
      /** Of the ICE candidate pair; null while it is not known. */
      readonly roundTripMs: number | null;
      /** From the audio graph to the loudspeaker. */
      readonly outputLatencyMs: number;
    }
  /** The visitor typed instead of speaking. */
  | { readonly type: 'text'; readonly text: string }
  /** The visitor leaves; the relay need not wait for a time-out. */
  | { readonly type: 'bye' };

/** What a client posts to `/webrtc/offer` as JSON. */
export interface OfferRequest {
  readonly sdp: string;
  readonly type: 'offer';
}

/** What it gets back; `DELETE /webrtc/<id>` ends the call. */
export interface OfferResponse {
  /** 128 random bits in hex: whoever knows it may end the call. */
  readonly id: string;
  /** The call's name in events and logs. */
  readonly callId: string;
  readonly sdp: string;
  readonly type: 'answer';
}
