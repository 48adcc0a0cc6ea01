/** The ways in which {@link DeepgramSimulator} can fail. Times of audio are counted from the connection's first sample. */
export type DeepgramFault =
  /** The TCP connection is cut before anything is said. */
  | { readonly type: 'refuse' }
  /** The connection is taken, and nothing ever answers. */
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
  /** Deepgram closes: by default with 1011 and NET-0001, as after ten seconds of silence. */
  | {
      readonly type: 'close';
      readonly afterAudioMs: number;
      readonly code?: number;
      readonly reason?: string;
    }
  /** Deepgram's half of the TCP connection ends without a WebSocket goodbye. */
  | { readonly type: 'half_close'; readonly afterAudioMs: number }
  /** Nothing is read and nothing is said any more; the connection stays. */
  | { readonly type: 'stall'; readonly afterAudioMs: number }
  /** Something is sent that is none of Deepgram's messages, or (`text`) one of them at a bad moment. */
  | { readonly type: 'garbage'; readonly afterAudioMs: number; readonly text?: string }
  /** Every message comes in pieces of `bytes`, one in `everyMs`. */
  | { readonly type: 'slow_drip'; readonly bytes?: number; readonly everyMs?: number }
  /** Of each two messages the second comes first. */
  | { readonly type: 'out_of_order' }
  /** The TCP connection is cut in the middle of a final's message. */
  | { readonly type: 'cut_final' }
  /** The audio is taken for another encoding than it was declared in: nobody understands a word, and nobody says so. */
  | { readonly type: 'wrong_encoding' };

/** Faults that happen at a moment of the audio. */
export type MidStreamFault = Extract<DeepgramFault, { readonly afterAudioMs: number }>;

/** Faults that happen before there is a WebSocket. */
export type HandshakeFault = Extract<DeepgramFault, { readonly type: 'refuse' | 'no_answer' | 'status' }>;

export function isHandshakeFault(fault: DeepgramFault): fault is HandshakeFault {
  return fault.type === 'refuse' || fault.type === 'no_answer' || fault.type === 'status';
}

export function isMidStreamFault(fault: DeepgramFault): fault is MidStreamFault {
  return 'afterAudioMs' in fault;
}
