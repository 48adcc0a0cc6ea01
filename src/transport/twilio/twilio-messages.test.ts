import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clearMessage, markMessage, mediaMessage, parseTwilioMessage } from './twilio-messages.js';

const streamSid = 'MZ1';

function media(overrides: object = {}, envelope: object = {}): string {
  const fields = { track: 'inbound', chunk: '2', timestamp: '5', payload: 'no+JhoaJjpw=', ...overrides };
  return JSON.stringify({ event: 'media', sequenceNumber: '4', media: fields, streamSid, ...envelope });
}

const start = {
  event: 'start',
  sequenceNumber: '1',
  start: {
    accountSid: 'AC1',
    streamSid,
    callSid: 'CA1',
    tracks: ['inbound'],
    mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
    customParameters: { FirstName: 'Jane' },
  },
  streamSid,
};

describe('reading a message of Media Streams', () => {
  it('reads connected', () => {
    const frame = JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    expect(parseTwilioMessage(frame)).toEqual({ ok: true, message: { event: 'connected' } });
  });

  it('reads start with its custom parameters', () => {
    expect(parseTwilioMessage(JSON.stringify(start))).toEqual({
      ok: true,
      message: {
        event: 'start',
        sequenceNumber: 1,
        streamId: streamSid,
        callId: 'CA1',
        format: { encoding: 'mulaw', sampleRateHz: 8000 },
        parameters: { FirstName: 'Jane' },
      },
    });
  });

  it('reads media and decodes its payload', () => {
    expect(parseTwilioMessage(media())).toEqual({
      ok: true,
      message: {
        event: 'media',
        sequenceNumber: 4,
        streamId: streamSid,
        fromCaller: true,
        payload: Buffer.from([0x9e, 0x8f, 0x89, 0x86, 0x86, 0x89, 0x8e, 0x9c]),
      },
    });
  });

  it('refuses media whose fields are missing or of another type, and names the first', () => {
    const odd = fc.constantFrom(undefined, null, 5, '', '5x', '1234567890123456', [], {});
    const fields = fc.constantFrom(
      'track',
      'chunk',
      'timestamp',
      'payload',
      'streamSid',
      'sequenceNumber',
      'media',
    );
    fc.assert(
      fc.property(fields, odd, (field, value) => {
        const isOuter = field === 'streamSid' || field === 'sequenceNumber' || field === 'media';
        const frame = isOuter ? media({}, { [field]: value }) : media({ [field]: value });
        const isText = field === 'track' || field === 'payload' || field === 'streamSid';
        const result = parseTwilioMessage(frame);
        if (isText && typeof value === 'string') {
          if (field !== 'payload') expect(result.ok).toBe(true);
        } else expect(result).toMatchObject({ ok: false, code: 'malformed_message' });
        if (!result.ok && result.code === 'malformed_message') expect(result.detail).toContain(field);
      }),
    );
  });

  it.each([
    ['dtmf', { dtmf: { track: 'inbound_track', digit: '#' } }, { digit: '#' }],
    ['mark', { mark: { name: 'my label' } }, { name: 'my label' }],
    ['stop', { stop: { accountSid: 'AC1', callSid: 'CA1' } }, {}],
  ])('reads %s', (event, fields, read) => {
    expect(parseTwilioMessage(JSON.stringify({ event, sequenceNumber: '5', streamSid, ...fields }))).toEqual({
      ok: true,
      message: { event, sequenceNumber: 5, streamId: streamSid, ...read },
    });
  });

  it.each([
    ['no JSON', '{"event":'],
    ['no object', '"media"'],
    ['null', 'null'],
    ['an array', '[{"event":"media"}]'],
    ['no event', '{}'],
    ['an event that is a number', '{"event":1}'],
    ['no media', JSON.stringify({ event: 'media', sequenceNumber: '1', streamSid })],
    ['a sequence number that is a number', media({}, { sequenceNumber: 4 })],
    ['a negative sequence number', media({}, { sequenceNumber: '-4' })],
    ['a sequence number beyond exactness', media({}, { sequenceNumber: '9'.repeat(16) })],
    ['a payload that is an object', media({ payload: {} })],
    ['a chunk in words', media({ chunk: 'two' })],
    ['a streamSid that is null', media({}, { streamSid: null })],
    [
      'a digit no phone has',
      JSON.stringify({ event: 'dtmf', sequenceNumber: '1', streamSid, dtmf: { track: 't', digit: '12' } }),
    ],
    [
      'custom parameters that are nested',
      JSON.stringify({ ...start, start: { ...start.start, customParameters: { a: {} } } }),
    ],
    ['two names for one stream', JSON.stringify({ ...start, streamSid: 'MZ2' })],
  ])('rejects %s', (_what, frame) => {
    expect(parseTwilioMessage(frame)).toMatchObject({ ok: false, code: 'malformed_message' });
  });

  it.each(['****', 'no+JhoaJjpw', 'no-JhoaJjpw=', ' no+JhoaJjpw=', 'no+Jh\noaJjpw=', 'AB==', 'no+Jhoa=Jjpw'])(
    'rejects an invalid payload that Buffer would decode: %j',
    (payload) => {
      expect(parseTwilioMessage(media({ payload }))).toMatchObject({ ok: false, code: 'bad_base64' });
    },
  );

  it('names an unknown event, shortened', () => {
    const parsed = parseTwilioMessage(JSON.stringify({ event: 'x'.repeat(1000) }));
    expect(parsed).toEqual({ ok: false, code: 'unknown_event', detail: `event "${'x'.repeat(40)}"` });
  });

  it('treats a parameter named like a property of Object.prototype as ordinary', () => {
    const frame = JSON.stringify(start).replace('"FirstName"', '"__proto__"');
    const parsed = parseTwilioMessage(frame);
    expect(parsed.ok ? Object.getPrototypeOf(parsed.message) : null).toBe(Object.prototype);
    expect('Jane' in Object.prototype).toBe(false);
  });

  it('never throws, for any frame', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"event":"media","media":${json}}`),
        ),
        (frame) => {
          const parsed = parseTwilioMessage(frame);
          expect(typeof parsed.ok).toBe('boolean');
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('writes and reads any audio unchanged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const sent = JSON.parse(mediaMessage(streamSid, bytes)) as { media: { payload: string } };
        const parsed = parseTwilioMessage(media({ payload: sent.media.payload }));
        expect(parsed).toMatchObject({ ok: true, message: { payload: Buffer.from(bytes) } });
      }),
    );
  });
});

describe('writing a message of Media Streams', () => {
  it('follows the form that Twilio documents', () => {
    const audio = Uint8Array.from([0, 0, 0x9e, 0x8f, 0x89, 0]).subarray(2, 5);
    expect(JSON.parse(mediaMessage(streamSid, audio))).toEqual({
      event: 'media',
      streamSid,
      media: { payload: 'no+J' },
    });
    expect(JSON.parse(markMessage(streamSid, 'a'))).toEqual({
      event: 'mark',
      streamSid,
      mark: { name: 'a' },
    });
    expect(JSON.parse(clearMessage(streamSid))).toEqual({ event: 'clear', streamSid });
  });
});
