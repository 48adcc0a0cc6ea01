/** One way for a connection or an answer of the simulated ElevenLabs to fail. */
export type ElevenLabsFault =
  /** The next connection, or HTTP request, is refused as ElevenLabs words it. */
  | {
      readonly fault: 'refuse';
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly retryAfter?: string;
    }
  /** The next connection's handshake is never answered. */
  | { readonly fault: 'no_handshake' }
  /**
   * After that many pieces of audio of the next answer the connection breaks; falls silent but stays open; or brings what is
   * no message.
   */
  | { readonly fault: 'drop' | 'stall' | 'garbage'; readonly afterPieces: number }
  /** After that many pieces an error is reported, and the socket is closed with 1008. */
  | { readonly fault: 'error'; readonly code: string; readonly afterPieces: number }
  /** Mu-law where PCM was asked for, PCM where mu-law was. */
  | { readonly fault: 'wrong_encoding' }
  /** The context speaks on after its end was reported. */
  | { readonly fault: 'stale_audio' }
  /** The end of the answer is reported before its last piece of audio. */
  | { readonly fault: 'out_of_order' }
  /** The end of the answer is not reported. */
  | { readonly fault: 'never_final' }
  /** The answer ends without any audio. */
  | { readonly fault: 'no_audio' };
