/** Faults of a {@link DeepgramSimulator}. Audio times count from the connection's first sample. */
export type DeepgramFault =
  /** The TCP connection is cut before the handshake. */
  | { readonly type: 'refuse' }
  /** The connection is accepted, but nothing ever answers. */
  | { readonly type: 'no_answer' }
  /** An HTTP status instead of a WebSocket: 401, 429 with `retryAfterSec`, 500, … */
  | {
      readonly type: 'status';
      readonly status: number;
      readonly retryAfterSec?: number;
      readonly body?: string;
    }
  /** The TCP connection is cut. */
  | { readonly type: 'drop'; readonly afterAudioMs: number }
  /** Deepgram closes the WebSocket: by default with 1011 and NET-0001, as after ten seconds without messages. */
  | {
      readonly type: 'close';
      readonly afterAudioMs: number;
      readonly code?: number;
      readonly reason?: string;
    }
  /** Deepgram ends its half of the TCP connection without a WebSocket close. */
  | { readonly type: 'half_close'; readonly afterAudioMs: number }
  /** Deepgram stops reading and sending; the connection stays open. */
  | { readonly type: 'stall'; readonly afterAudioMs: number }
  /** It recognises speech, but answers no WebSocket ping. */
  | { readonly type: 'no_pong' }
  /** From then on it answers pings and reads audio, but sends no messages. */
  | { readonly type: 'hang'; readonly afterAudioMs: number }
  /** It sends something that is not a Deepgram message, or the message `text`. */
  | { readonly type: 'garbage'; readonly afterAudioMs: number; readonly text?: string }
  /** Every message arrives in pieces of `bytes`, one each `everyMs`. */
  | { readonly type: 'slow_drip'; readonly bytes?: number; readonly everyMs?: number }
  /** Each pair of messages arrives in reverse order. */
  | { readonly type: 'out_of_order' }
  /** The TCP connection is cut in the middle of a final result. */
  | { readonly type: 'cut_final' }
  /** The audio is decoded in another encoding than declared: no words are recognised, and no error is sent. */
  | { readonly type: 'wrong_encoding' };

/** Faults at a position in the audio. */
export type MidStreamFault = Extract<DeepgramFault, { readonly afterAudioMs: number }>;

/** Faults before the WebSocket is open. */
export type HandshakeFault = Extract<DeepgramFault, { readonly type: 'refuse' | 'no_answer' | 'status' }>;

export function isHandshakeFault(fault: DeepgramFault): fault is HandshakeFault {
  return fault.type === 'refuse' || fault.type === 'no_answer' || fault.type === 'status';
}

export function isMidStreamFault(fault: DeepgramFault): fault is MidStreamFault {
  return 'afterAudioMs' in fault;
}
