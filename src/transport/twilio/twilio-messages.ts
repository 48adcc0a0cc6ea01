/**
 * The messages of Twilio Media Streams, both ways. Numbers travel as strings, audio as base64 of mu-law at 8 kHz.
 *
 * Source: https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */
import { z } from 'zod';
import type { AudioFormat } from '../../audio/audio-frame.js';
import type { MediaStreamWire, ParseFault, ParseResult } from '../media-stream/media-stream-wire.js';
import { twilioDefinition, twilioFormat } from './twilio-definition.js';

/** Samples in each of Twilio's audio messages: 20 ms. */
export const twilioFrameSamples = 160;

const text = z.string();
/** Twilio's counters: digits in a string, short enough to be exact as a number. */
const counter = /^\d{1,15}$/;
const digits = z.string().regex(counter);
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

/**
 * Audio as Twilio writes it: the fields in this order, without white space, the payload canonical base64. Fifty of these
 * messages arrive every second of a call; any other way of writing them is read as JSON.
 */
const usualMedia =
  /^\{"event":"media","sequenceNumber":"(\d{1,15})","media":\{"track":"(\w{1,20})","chunk":"\d{1,15}","timestamp":"\d{1,15}","payload":"((?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/][AQgw]==|[A-Za-z\d+/]{2}[AEIMQUYcgkosw048]=)?)"\},"streamSid":"(\w{1,64})"\}$/;

/** Longer frames are read as JSON: a regular expression's stack is small. */
const usualLength = 65_536;

/**
 * Reads one text frame. Never throws: faults are returned as a code and a detail. The detail quotes nothing from the
 * frame except the shortened name of an unknown event.
 */
export function parseTwilioMessage(frame: string): ParseResult {
  const usual = frame.length <= usualLength ? usualMedia.exec(frame) : null;
  if (usual) {
    const [, sequenceNumber = '', track, encoded = '', streamId = ''] = usual;
    const payload = Buffer.from(encoded, 'base64');
    const fromCaller = track === 'inbound';
    return {
      ok: true,
      message: { event: 'media', sequenceNumber: Number(sequenceNumber), streamId, fromCaller, payload },
    };
  }
  let json: unknown;
  try {
    json = JSON.parse(frame);
  } catch {
    return fault('malformed_message', 'not JSON');
  }
  const event = (json as { event?: unknown } | null)?.event;
  switch (event) {
    case 'media': {
      if (!isMediaMessage(json)) {
        const { error } = schemas.media.safeParse(json);
        return error ? mismatch(event, error) : fault('malformed_message', 'media');
      }
      const { media } = json;
      const payload = decodeBase64(media.payload);
      if (!payload) return fault('bad_base64', 'media.payload is not base64');
      const fromCaller = media.track === 'inbound';
      return { ok: true, message: { event, ...sequence(json), fromCaller, payload } };
    }
    case 'mark': {
      if (!isMarkMessage(json)) {
        const { error } = schemas.mark.safeParse(json);
        return error ? mismatch(event, error) : fault('malformed_message', 'mark');
      }
      return { ok: true, message: { event, ...sequence(json), name: json.mark.name } };
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
      return parsed.success ? { ok: true, message: { event } } : mismatch(event, parsed.error);
    }
    case 'start': {
      const parsed = schemas.start.safeParse(json);
      if (!parsed.success) return mismatch(event, parsed.error);
      const { callSid: callId, mediaFormat, customParameters: parameters, streamSid } = parsed.data.start;
      if (streamSid !== parsed.data.streamSid) return fault('malformed_message', 'start names two streams');
      const format = formatOf(mediaFormat);
      return { ok: true, message: { event, ...sequence(parsed.data), callId, format, parameters } };
    }
    default:
      return typeof event === 'string'
        ? fault('unknown_event', `event ${JSON.stringify(event.slice(0, 40))}`)
        : fault('malformed_message', 'no event');
  }
}

function sequence(message: { readonly sequenceNumber: string; readonly streamSid: string }): {
  readonly sequenceNumber: number;
  readonly streamId: string;
} {
  return { sequenceNumber: Number(message.sequenceNumber), streamId: message.streamSid };
}

type MediaMessage = z.infer<typeof schemas.media>;

type MarkMessage = z.infer<typeof schemas.mark>;

/** What `schemas.mark` says, checked by hand as `schemas.media` is. */
function isMarkMessage(json: unknown): json is MarkMessage {
  const { sequenceNumber, streamSid, mark } = json as Partial<MarkMessage>;
  const isNamed = typeof (mark as Partial<MarkMessage['mark']> | null | undefined)?.name === 'string';
  return isNamed && typeof streamSid === 'string' && isCounter(sequenceNumber);
}

/** What `schemas.media` says, checked by hand: fifty of these messages arrive every second of a call. */
function isMediaMessage(json: unknown): json is MediaMessage {
  const { sequenceNumber, streamSid, media } = json as Partial<MediaMessage>;
  if (typeof media !== 'object' || (media as unknown) === null) return false;
  const { track, chunk, timestamp, payload } = media as Partial<MediaMessage['media']>;
  return (
    typeof streamSid === 'string' &&
    typeof track === 'string' &&
    typeof payload === 'string' &&
    isCounter(sequenceNumber) &&
    isCounter(chunk) &&
    isCounter(timestamp)
  );
}

function isCounter(value: unknown): boolean {
  return typeof value === 'string' && counter.test(value);
}

/** Null for anything but mono mu-law. */
function formatOf(format: {
  readonly encoding: string;
  readonly sampleRate: number;
  readonly channels: number;
}): AudioFormat | null {
  const { encoding, sampleRate: sampleRateHz, channels } = format;
  return encoding === 'audio/x-mulaw' && channels === 1 ? { encoding: 'mulaw', sampleRateHz } : null;
}

function fault(code: ParseFault, detail: string): ParseResult {
  return { ok: false, code, detail };
}

function mismatch(event: string, error: z.ZodError): ParseResult {
  const [issue] = error.issues;
  // Quote only field names of the schema: names of custom parameters come from outside.
  const field = issue?.path.slice(0, 2).join('.') ?? '';
  return fault('malformed_message', `${event}: ${field}: ${issue?.code ?? 'invalid'}`);
}

/**
 * Decodes canonical base64 (RFC 4648 §4), else null. `Buffer.from` skips invalid characters, so encode again and
 * compare.
 */
function decodeBase64(encoded: string): Uint8Array | null {
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded ? bytes : null;
}

/** Audio for the far end's playout queue: mu-law bytes of any length. */
export function mediaMessage(streamSid: string, mulaw: Uint8Array): string {
  const payload = Buffer.from(mulaw.buffer, mulaw.byteOffset, mulaw.byteLength).toString('base64');
  return `{"event":"media","streamSid":${JSON.stringify(streamSid)},"media":{"payload":"${payload}"}}`;
}

/** Requests an echo once all audio sent before it was played. */
export function markMessage(streamSid: string, name: string): string {
  return JSON.stringify({ event: 'mark', streamSid, mark: { name } });
}

/** Empties the far end's playout queue; every mark in it is echoed at once. */
export function clearMessage(streamSid: string): string {
  return JSON.stringify({ event: 'clear', streamSid });
}

/** Twilio's message format for the shared media stream code. */
export const twilioWire: MediaStreamWire = {
  type: twilioDefinition.type,
  title: 'Twilio',
  format: twilioFormat,
  frameSamples: twilioFrameSamples,
  read: parseTwilioMessage,
  media: mediaMessage,
  mark: markMessage,
  clear: clearMessage,
};
