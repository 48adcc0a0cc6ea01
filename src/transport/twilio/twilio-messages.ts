/**
 * The messages of Twilio Media Streams, both ways. Numbers travel as strings, audio as base64 of mu-law at 8 kHz.
 *
 * Source: https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */
import { z } from 'zod';
import type { AudioFormat } from '../../audio/audio-frame.js';

/** The only format of Media Streams, in both directions. */
export const twilioFormat: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };

/** Twilio sends its audio in messages of this many samples: 20 ms. */
export const twilioFrameSamples = 160;

const text = z.string();
/** A counter as Twilio writes it: digits in a string, short enough to be exact as a number. */
const digits = z.string().regex(/^\d{1,15}$/);
const sequenced = { sequenceNumber: digits, streamSid: text };

const schemas = {
  connected: z.object({ event: z.literal('connected'), protocol: text, version: text }),
  start: z.object({
    event: z.literal('start'),
    ...sequenced,
    start: z.object({
      accountSid: text,
      streamSid: text,
      callSid: text,
      tracks: z.array(text),
      mediaFormat: z.object({ encoding: text, sampleRate: z.number(), channels: z.number() }),
      customParameters: z.record(text, text).default({}),
    }),
  }),
  media: z.object({
    event: z.literal('media'),
    ...sequenced,
    media: z.object({ track: text, chunk: digits, timestamp: digits, payload: text }),
  }),
  dtmf: z.object({
    event: z.literal('dtmf'),
    ...sequenced,
    dtmf: z.object({ track: text, digit: z.string().regex(/^[0-9A-D*#]$/) }),
  }),
  mark: z.object({ event: z.literal('mark'), ...sequenced, mark: z.object({ name: text }) }),
  stop: z.object({ event: z.literal('stop'), ...sequenced }),
};

interface Sequenced {
  readonly sequenceNumber: number;
  readonly streamSid: string;
}

/** First on every socket; names the protocol. */
export interface ConnectedMessage {
  readonly event: 'connected';
  readonly protocol: string;
  readonly version: string;
}

/** Second on every socket: which call this is and what its audio looks like. */
export interface StartMessage extends Sequenced {
  readonly event: 'start';
  readonly accountSid: string;
  readonly callSid: string;
  readonly tracks: readonly string[];
  readonly mediaFormat: { readonly encoding: string; readonly sampleRate: number; readonly channels: number };
  readonly customParameters: Readonly<Record<string, string>>;
}

/** A stretch of caller audio, in practice {@link twilioFrameSamples} long. */
export interface MediaMessage extends Sequenced {
  readonly event: 'media';
  readonly track: string;
  /** Mu-law bytes, one per sample. */
  readonly payload: Uint8Array;
}

/** The caller pressed a key. */
export interface DtmfMessage extends Sequenced {
  readonly event: 'dtmf';
  /** One of 0-9, A-D, * and #. */
  readonly digit: string;
}

/** A mark of ours came back: all audio before it was played, or a `clear` swept it out. */
export interface MarkMessage extends Sequenced {
  readonly event: 'mark';
  readonly name: string;
}

/** The stream is over: the caller hung up, or the call was ended elsewhere. */
export interface StopMessage extends Sequenced {
  readonly event: 'stop';
}

export type TwilioMessage =
  ConnectedMessage | StartMessage | MediaMessage | DtmfMessage | MarkMessage | StopMessage;

/** Why a text frame is no message. */
export type ParseFault = 'malformed_message' | 'unknown_event' | 'bad_base64';

export type ParseResult =
  | { readonly ok: true; readonly message: TwilioMessage }
  | { readonly ok: false; readonly code: ParseFault; readonly detail: string };

/**
 * Reads one text frame. Never throws: whatever is wrong comes back as a code and a detail, which repeats nothing of the
 * frame but the name of an unknown event, shortened.
 */
export function parseTwilioMessage(frame: string): ParseResult {
  let json: unknown;
  try {
    json = JSON.parse(frame);
  } catch {
    return fault('malformed_message', 'not JSON');
  }
  const event = (json as { event?: unknown } | null)?.event;
  switch (event) {
    case 'media': {
      const parsed = schemas.media.safeParse(json);
      if (!parsed.success) return mismatch(event, parsed.error);
      const { media } = parsed.data;
      const payload = decodeBase64(media.payload);
      if (!payload) return fault('bad_base64', 'media.payload is not base64');
      return { ok: true, message: { event, ...sequence(parsed.data), track: media.track, payload } };
    }
    case 'mark': {
      const parsed = schemas.mark.safeParse(json);
      if (!parsed.success) return mismatch(event, parsed.error);
      return { ok: true, message: { event, ...sequence(parsed.data), name: parsed.data.mark.name } };
    }
    case 'dtmf': {
      const parsed = schemas.dtmf.safeParse(json);
      if (!parsed.success) return mismatch(event, parsed.error);
      return { ok: true, message: { event, ...sequence(parsed.data), digit: parsed.data.dtmf.digit } };
    }
    case 'stop': {
      const parsed = schemas.stop.safeParse(json);
      if (!parsed.success) return mismatch(event, parsed.error);
      return { ok: true, message: { event, ...sequence(parsed.data) } };
    }
    case 'connected': {
      const parsed = schemas.connected.safeParse(json);
      return parsed.success ? { ok: true, message: parsed.data } : mismatch(event, parsed.error);
    }
    case 'start': {
      const parsed = schemas.start.safeParse(json);
      if (!parsed.success) return mismatch(event, parsed.error);
      const { accountSid, callSid, tracks, mediaFormat, customParameters, streamSid } = parsed.data.start;
      if (streamSid !== parsed.data.streamSid) return fault('malformed_message', 'start names two streams');
      const details = { accountSid, callSid, tracks, mediaFormat, customParameters };
      return { ok: true, message: { event, ...sequence(parsed.data), ...details } };
    }
    default:
      return typeof event === 'string'
        ? fault('unknown_event', `event ${JSON.stringify(event.slice(0, 40))}`)
        : fault('malformed_message', 'no event');
  }
}

function sequence(message: { readonly sequenceNumber: string; readonly streamSid: string }): Sequenced {
  return { sequenceNumber: Number(message.sequenceNumber), streamSid: message.streamSid };
}

function fault(code: ParseFault, detail: string): ParseResult {
  return { ok: false, code, detail };
}

function mismatch(event: string, error: z.ZodError): ParseResult {
  const [issue] = error.issues;
  // Only our own field names are repeated: a custom parameter's name comes from outside.
  const field = issue?.path.slice(0, 2).join('.') ?? '';
  return fault('malformed_message', `${event}: ${field}: ${issue?.code ?? 'invalid'}`);
}

/** Decodes canonical base64 (RFC 4648 §4), else null. `Buffer.from` skips what it does not know, hence the way back. */
function decodeBase64(encoded: string): Uint8Array | null {
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? bytes : null;
}

/** Audio for the far end's playout queue: mu-law bytes of any length. */
export function mediaMessage(streamSid: string, mulaw: Uint8Array): string {
  const payload = Buffer.from(mulaw.buffer, mulaw.byteOffset, mulaw.byteLength).toString('base64');
  return `{"event":"media","streamSid":${JSON.stringify(streamSid)},"media":{"payload":"${payload}"}}`;
}

/** Asks for an echo when all audio sent before it was played. */
export function markMessage(streamSid: string, name: string): string {
  return JSON.stringify({ event: 'mark', streamSid, mark: { name } });
}

/** Empties the far end's playout queue; every mark in it comes back at once. */
export function clearMessage(streamSid: string): string {
  return JSON.stringify({ event: 'clear', streamSid });
}
