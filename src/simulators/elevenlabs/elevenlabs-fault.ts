import type { AudioContainer } from './simulated-container.js';

/** One way for a connection or an answer of the simulated ElevenLabs to fail. */
export type ElevenLabsFault =
  /** The next connection or HTTP request is refused, in ElevenLabs' wording. */
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
   * After `afterPieces` pieces of audio of the next answer the connection breaks; goes silent but stays open; delivers half
   * a message, whose audio is lost; or reports the end too early.
   */
  | { readonly fault: 'drop' | 'stall' | 'garbage' | 'early_final'; readonly afterPieces: number }
  /**
   * After `afterPieces` pieces an error is reported and the socket is closed with 1008. With another wording than `fields` it
   * stays open and silent.
   */
  | {
      readonly fault: 'error';
      readonly code: string;
      readonly afterPieces: number;
      /** @default 'fields' */
      readonly worded?: ErrorWording;
    }
  /** Mu-law instead of PCM, or PCM instead of mu-law. */
  | { readonly fault: 'wrong_encoding' }
  /** All audio is sent in a container that was not requested. */
  | { readonly fault: 'container'; readonly container: AudioContainer }
  /** The context sends more audio after its end was reported. */
  | { readonly fault: 'stale_audio' }
  /** The end of the answer is reported before its last piece of audio. */
  | { readonly fault: 'out_of_order' }
  /** The end of the answer is not reported. */
  | { readonly fault: 'never_final' }
  /** The answer ends without any audio. */
  | { readonly fault: 'no_audio' };

/**
 * The form of an error: `{error, message}`; with an object as `error`; or as over HTTP, with an object or a sentence as
 * `detail`.
 */
export type ErrorWording = 'fields' | 'error_object' | 'detail_object' | 'detail_sentence';
