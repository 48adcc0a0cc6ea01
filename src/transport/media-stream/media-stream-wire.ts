/**
 * The message format of a carrier whose media streams are JSON over a WebSocket with marks. All other code in this
 * folder is the same for every carrier.
 */
import type { AudioFormat } from '../../audio/audio-frame.js';
import type { TransportType } from '../transport.js';

/** One carrier's message format. */
export interface MediaStreamWire {
  readonly type: TransportType;
  /** The carrier's name in warnings and errors. */
  readonly title: string;
  /** Format of the audio in both directions: mu-law, one byte per sample. */
  readonly format: AudioFormat & { readonly encoding: 'mulaw' };
  /** Samples in one of the carrier's messages, which it sends all the time. */
  readonly frameSamples: number;
  /** Reads one text frame. Never throws. */
  read(frame: string): ParseResult;
  /** Audio for the far end's playout queue: mu-law bytes of any length. */
  media(streamId: string, mulaw: Uint8Array): string;
  /** Requests an echo once all audio sent before it was played. */
  mark(streamId: string, name: string): string;
  /** Empties the far end's playout queue; every mark in it is echoed at once. */
  clear(streamId: string): string;
}

interface Sequenced {
  readonly sequenceNumber: number;
  readonly streamId: string;
}

/** First message on every socket. */
export interface ConnectedMessage {
  readonly event: 'connected';
}

/** Second message on every socket: the call and its audio format. */
export interface StartMessage extends Sequenced {
  readonly event: 'start';
  readonly callId: string;
  /** Null for an unsupported format. */
  readonly format: AudioFormat | null;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A piece of audio, in practice {@link MediaStreamWire.frameSamples} long. */
export interface MediaMessage extends Sequenced {
  readonly event: 'media';
  /** Whether it is the caller's audio; a stream may carry the other side too. */
  readonly fromCaller: boolean;
  /** Mu-law bytes, one per sample. */
  readonly payload: Uint8Array;
}

/** The caller pressed a key. */
export interface DtmfMessage extends Sequenced {
  readonly event: 'dtmf';
  /** One of 0-9, A-D, * and #. */
  readonly digit: string;
}

/** Echo of a mark: all audio before it was played, or a `clear` removed it. */
export interface MarkMessage extends Sequenced {
  readonly event: 'mark';
  readonly name: string;
}

/** The stream is over: the caller hung up, or the call was ended elsewhere. */
export interface StopMessage extends Sequenced {
  readonly event: 'stop';
}

/** A message of a running call. */
export type CallMessage = MediaMessage | DtmfMessage | MarkMessage | StopMessage;

export type StreamMessage = ConnectedMessage | StartMessage | CallMessage;

/** Why a text frame is not a valid message. */
export type ParseFault = 'malformed_message' | 'unknown_event' | 'bad_base64';

export type ParseResult =
  | { readonly ok: true; readonly message: StreamMessage }
  /** The detail quotes nothing from the frame except the shortened name of an unknown event. */
  | { readonly ok: false; readonly code: ParseFault; readonly detail: string };
