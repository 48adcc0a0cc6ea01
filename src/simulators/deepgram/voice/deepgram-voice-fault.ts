/** One way for a connection or an answer of Deepgram's simulated voices to fail. */
export type DeepgramVoiceFault =
  /** The next connection is refused, in Deepgram's wording. */
  | {
      readonly fault: 'refuse';
      readonly status: number;
      readonly message?: string;
      readonly retryAfter?: string;
    }
  /** The next connection's handshake is never answered. */
  | { readonly fault: 'no_handshake' }
  /**
   * After `afterPieces` pieces of audio of the next answer the connection breaks; goes silent but stays open; or delivers half
   * a message and then nothing.
   */
  | { readonly fault: 'drop' | 'stall' | 'garbage'; readonly afterPieces: number }
  /** After `afterPieces` pieces Deepgram closes the connection. @default 1011 and NET-0000 */
  | {
      readonly fault: 'close';
      readonly afterPieces: number;
      readonly code?: number;
      readonly reason?: string;
    }
  /** Mu-law instead of PCM, or PCM instead of mu-law. */
  | { readonly fault: 'wrong_encoding' }
  /** More audio comes after the last flush was answered. */
  | { readonly fault: 'stale_audio' }
  /** Each flush is answered before its last piece of audio. */
  | { readonly fault: 'late_audio' }
  /** Nothing: messages of this wire keep their order, and audio has no name by which it could be told from other audio. */
  | { readonly fault: 'out_of_order' }
  /** Flushes are answered without any audio. */
  | { readonly fault: 'no_audio' }
  /** The next flush is refused, as if there had been too many. */
  | { readonly fault: 'excessive_flush' };

/** Faults before the WebSocket is open. */
export type SpeakHandshakeFault = Extract<DeepgramVoiceFault, { readonly fault: 'refuse' | 'no_handshake' }>;

export function isSpeakHandshakeFault(fault: DeepgramVoiceFault): fault is SpeakHandshakeFault {
  return fault.fault === 'refuse' || fault.fault === 'no_handshake';
}
