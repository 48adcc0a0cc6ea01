import { describe, expect, it } from '@jest/globals';
import type { TransportWarning } from '../transport.js';
import { twilioWire } from '../twilio/twilio-messages.js';
import { defaultInboundLimits, InboundGuard, type InboundLimits } from './inbound-guard.js';
import type { CallMessage } from './media-stream-wire.js';

const streamSid = 'MZ1';
const payload = Buffer.alloc(160, 0xff).toString('base64');

interface Guarded {
  readonly guard: InboundGuard;
  readonly warnings: TransportWarning[];
  readonly closings: { readonly code: number; readonly message: string }[];
  /** Sends a message with the next sequence number, or with the one given. */
  readonly say: (event: string, fields: object, sequenceNumber?: number) => CallMessage | null;
  readonly raw: (text: string | null, nowMs?: number) => CallMessage | null;
}

function makeGuard(limits: Partial<InboundLimits> = {}): Guarded {
  const warnings: TransportWarning[] = [];
  const closings: { code: number; message: string }[] = [];
  const guard = new InboundGuard({
    wire: twilioWire,
    streamId: streamSid,
    limits: { ...defaultInboundLimits, ...limits },
    nowMs: 0,
    isAwaitedMark: (name) => name === 'awaited',
    onWarning: (warning) => warnings.push(warning),
    onIntolerable: (code, message) => closings.push({ code, message }),
  });
  let sequence = 1;
  const raw = (text: string | null, nowMs = 0): CallMessage | null =>
    guard.admit(text, text?.length ?? 10, nowMs);
  return {
    guard,
    warnings,
    closings,
    raw,
    say(event, fields, sequenceNumber = sequence + 1) {
      sequence = sequenceNumber;
      return raw(JSON.stringify({ event, sequenceNumber: String(sequenceNumber), streamSid, ...fields }));
    },
  };
}

const media = { media: { track: 'inbound', chunk: '1', timestamp: '0', payload } };

describe('the guard of inbound messages', () => {
  it('admits a proper call without a warning', () => {
    const { guard, say, warnings } = makeGuard();
    expect(say('media', media)?.event).toBe('media');
    expect(say('mark', { mark: { name: 'awaited' } })?.event).toBe('mark');
    expect(say('dtmf', { dtmf: { track: 'inbound_track', digit: '1' } })?.event).toBe('dtmf');
    expect(say('stop', { stop: {} })?.event).toBe('stop');
    expect(warnings).toEqual([]);
    expect(guard.stats).toEqual({});
  });

  it.each([
    ['malformed_message', 'not json'],
    ['binary_message', null],
    [
      'bad_base64',
      JSON.stringify({
        event: 'media',
        sequenceNumber: '2',
        streamSid,
        media: { ...media.media, payload: '*' },
      }),
    ],
    ['wrong_stream', JSON.stringify({ event: 'stop', sequenceNumber: '2', streamSid: 'MZ2' })],
    ['repeated_start', JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' })],
  ])('drops %s, and ends the call at the 101st one', (code, text) => {
    const { guard, raw, closings } = makeGuard();
    for (let i = 0; i < 100; i++) expect(raw(text)).toBeNull();
    expect(closings).toEqual([]);
    raw(text);
    expect(closings).toEqual([{ code: 1008, message: 'More than 100 malformed messages' }]);
    expect(guard.stats).toEqual({ [code]: 101 });
  });

  it('tolerates any number of unknown events: carriers add some', () => {
    const { guard, raw, closings } = makeGuard();
    for (let i = 0; i < 900; i++) expect(raw('{"event":"applause"}')).toBeNull();
    expect(closings).toEqual([]);
    expect(guard.stats).toEqual({ unknown_event: 900 });
  });

  it('drops audio of another track', () => {
    const { guard, say } = makeGuard();
    expect(say('media', { media: { ...media.media, track: 'outbound' } })).toBeNull();
    expect(guard.stats).toEqual({ wrong_track: 1 });
  });

  it('drops repeated audio and digits, but not echoes and stop', () => {
    const { guard, say } = makeGuard();
    say('media', media, 2);
    expect(say('media', media, 2)).toBeNull();
    expect(say('dtmf', { dtmf: { track: 'inbound_track', digit: '1' } }, 1)).toBeNull();
    expect(say('mark', { mark: { name: 'awaited' } }, 2)).not.toBeNull();
    expect(say('stop', { stop: {} }, 2)).not.toBeNull();
    expect(guard.stats).toEqual({ repeated_sequence: 2 });
  });

  it('keeps delivering after a gap and after a restarted count', () => {
    const { guard, say } = makeGuard();
    expect(say('media', media, 5000)).not.toBeNull();
    expect(say('media', media, 5001)).not.toBeNull();
    expect(say('media', media, 3)).not.toBeNull();
    expect(say('media', media, 4)).not.toBeNull();
    expect(guard.stats).toEqual({ missing_sequence: 2 });
  });

  it('delivers frames of an odd size, but not empty ones', () => {
    const { guard, say } = makeGuard();
    expect(say('media', { media: { ...media.media, payload: '/w==' } })).toMatchObject({
      payload: Buffer.from([0xff]),
    });
    expect(say('media', { media: { ...media.media, payload: '' } })).toBeNull();
    expect(guard.stats).toEqual({ odd_payload: 2 });
  });

  it('closes with 1009 at a message that is too long', () => {
    const { raw, closings } = makeGuard();
    expect(raw(`{"event":"${'x'.repeat(65_536)}"}`)).toBeNull();
    expect(closings.map(({ code }) => code)).toEqual([1009]);
  });

  it('closes at a flood, but not at the burst after a network stall', () => {
    const burst = makeGuard();
    for (let i = 0; i < 1000; i++) burst.raw('{"event":"new"}');
    expect(burst.closings).toEqual([]);
    burst.raw('{"event":"new"}');
    expect(burst.closings.map(({ code }) => code)).toEqual([1008]);

    const steady = makeGuard();
    for (let i = 0; i < 10_000; i++) steady.raw('{"event":"new"}', i * 2);
    expect(steady.closings).toEqual([]);
  });

  it.each([
    ['a message of 48,000 bytes', 48_000, 3],
    ['messages of 1 s', 8000, 20],
    ['messages of two frames', 320, 500],
    ['messages of a frame and a bit', 161, 500],
  ])('counts audio by its length, not by messages: %s', (_what, bytes, passing) => {
    const { guard, say, closings } = makeGuard();
    const long = { media: { ...media.media, payload: Buffer.alloc(bytes, 0xff).toString('base64') } };
    for (let message = 0; message < passing; message++) expect(say('media', long)).not.toBeNull();
    expect(closings).toEqual([]);
    expect(say('media', long)).toBeNull();
    expect(closings).toMatchObject([{ code: 1008 }]);
    expect(guard.stats).toMatchObject({ flood: 1 });
  });

  it('does not count awaited echoes as a flood', () => {
    const { say, closings } = makeGuard();
    for (let i = 0; i < 5000; i++) say('mark', { mark: { name: 'awaited' } });
    expect(closings).toEqual([]);
  });

  it('warns at the 1st, 10th, 100th and 1000th time', () => {
    const { guard, warnings } = makeGuard();
    for (let i = 0; i < 1500; i++) guard.note('unknown_mark');
    expect(warnings.map(({ code }) => code)).toEqual(Array(4).fill('unknown_mark'));
    expect(warnings.map(({ message }) => message)).toEqual([
      'A mark was echoed that was never sent.',
      'A mark was echoed that was never sent, 10 times so far.',
      'A mark was echoed that was never sent, 100 times so far.',
      'A mark was echoed that was never sent, 1000 times so far.',
    ]);
  });
});
