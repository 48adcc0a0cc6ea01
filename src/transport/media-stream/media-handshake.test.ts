import { describe, expect, it } from '@jest/globals';
import { TwilioFarEnd } from '../../../test/harness/twilio-far-end.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { twilioWire } from '../twilio/twilio-messages.js';
import { acceptMediaStream, type MediaStart, type RefusalCode } from './media-handshake.js';
import { MediaStreamTransport } from './media-stream-transport.js';

const streamSid = `MZ${'1'.repeat(32)}`;
const connected = JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' });

function start(overrides: object = {}, parameters: object = { token: 'good', plan: 'gold' }): string {
  return JSON.stringify({
    event: 'start',
    sequenceNumber: '1',
    start: {
      accountSid: 'AC1',
      streamSid,
      callSid: 'CA1',
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: parameters,
      ...overrides,
    },
    streamSid,
  });
}

interface Handshake {
  readonly clock: VirtualClock;
  readonly far: TwilioFarEnd;
  readonly refusals: RefusalCode[];
  readonly accepted: Promise<MediaStart<string> | null>;
}

function begin(): Handshake {
  const clock = new VirtualClock();
  const far = new TwilioFarEnd(clock);
  const refusals: RefusalCode[] = [];
  const accepted = acceptMediaStream(far, {
    clock,
    wire: twilioWire,
    redeem: (token, callId) => (token === 'good' && callId === 'CA1' ? 'the grant' : null),
    onRefused: (code) => refusals.push(code),
  });
  return { clock, far, refusals, accepted };
}

describe('the handshake of a media socket', () => {
  it('accepts connected and a start with a valid token, and does not pass the token on', async () => {
    const { clock, far, refusals, accepted } = begin();
    far.sendRaw(connected);
    far.sendRaw(start());
    expect(await accepted).toMatchObject({
      streamId: streamSid,
      callId: 'CA1',
      parameters: { plan: 'gold' },
      grant: 'the grant',
    });
    expect((await accepted)?.parameters).not.toHaveProperty('token');
    expect(refusals).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('loses nothing between start and the transport', async () => {
    const { clock, far, accepted } = begin();
    far.sendRaw(connected);
    far.sendRaw(start());
    far.sayMulaw(new Uint8Array(160));
    clock.advance(1);
    const accept = await accepted;
    if (!accept) throw new Error('refused');
    far.sayMulaw(new Uint8Array(160));
    clock.advance(1);
    const transport = new MediaStreamTransport(twilioWire, accept, { clock });
    far.close(1006);
    const order: string[] = [];
    const unused = (): void => undefined;
    transport.start({
      onAudio: () => order.push('audio'),
      onHeard: unused,
      onDtmf: unused,
      onTypedText: unused,
      onWarning: unused,
      onEnd: (reason) => order.push(reason),
    });
    expect(order).toEqual(['audio', 'audio', 'hangup']);
    expect(transport.wire).toEqual({ sent: 0, received: 4 });
  });

  it.each<[string, RefusalCode, readonly (string | Uint8Array)[]]>([
    [
      'media before start',
      'unexpected_message',
      [
        connected,
        '{"event":"media","sequenceNumber":"1","streamSid":"a","media":{"track":"inbound","chunk":"1","timestamp":"1","payload":""}}',
      ],
    ],
    ['start without connected', 'unexpected_message', [start()]],
    ['connected twice', 'unexpected_message', [connected, connected]],
    ['text that is not JSON', 'malformed_message', ['GET / HTTP/1.1']],
    ['a binary message', 'malformed_message', [Uint8Array.from([1, 2])]],
    ['an unknown event', 'malformed_message', [connected, '{"event":"hello"}']],
    ['a start without its fields', 'malformed_message', [connected, '{"event":"start"}']],
    ['a wrong token', 'bad_token', [connected, start({}, { token: 'bad' })]],
    ['no token', 'bad_token', [connected, start({}, {})]],
    ['the token of another call', 'bad_token', [connected, start({ callSid: 'CA2' })]],
    [
      'another encoding',
      'unsupported_format',
      [connected, start({ mediaFormat: { encoding: 'audio/x-l16', sampleRate: 8000, channels: 1 } })],
    ],
    [
      'another rate',
      'unsupported_format',
      [connected, start({ mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 16000, channels: 1 } })],
    ],
    [
      'stereo',
      'unsupported_format',
      [connected, start({ mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 2 } })],
    ],
  ])('closes the socket at %s', async (_what, code, messages) => {
    const { clock, far, refusals, accepted } = begin();
    for (const message of messages) far.sendRaw(message);
    expect(await accepted).toBeNull();
    expect(refusals).toEqual([code]);
    expect([far.closeCode, far.closeReason]).toEqual([1008, code]);
    await Promise.resolve();
    expect(clock.pendingTimers).toBe(0);
  });

  it('closes the socket with 1009 at a message too long for a start', async () => {
    const { far, refusals, accepted } = begin();
    far.sendRaw(connected);
    far.sendRaw(start({}, { token: 'good', filler: 'x'.repeat(20_000) }));
    expect(await accepted).toBeNull();
    expect(refusals).toEqual(['oversize_message']);
    expect(far.closeCode).toBe(1009);
  });

  it('closes a socket that sends nothing for five seconds', async () => {
    const { clock, far, refusals, accepted } = begin();
    clock.advance(4999);
    expect(far.closeCode).toBeNull();
    clock.advance(1);
    expect(await accepted).toBeNull();
    expect(refusals).toEqual(['timeout']);
    expect(far.closeCode).toBe(1008);
  });

  it('resolves with null when the peer disconnects or fails', async () => {
    const gone = begin();
    gone.far.close(1001);
    expect(await gone.accepted).toBeNull();
    expect(gone.refusals).toEqual(['disconnected']);

    const failed = begin();
    failed.far.emit('error', new Error('ECONNRESET'));
    expect(await failed.accepted).toBeNull();
    expect(failed.refusals).toEqual(['disconnected']);
  });

  it.each([
    ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'oversize_message'],
    ['WS_ERR_INVALID_UTF8', 'malformed_message'],
    ['ECONNRESET', 'disconnected'],
  ])('reports a socket that fails with %s as %s', async (code, refusal) => {
    const failed = begin();
    failed.far.emit('error', Object.assign(new Error('what ws says'), { code }));
    expect(await failed.accepted).toBeNull();
    expect(failed.refusals).toEqual([refusal]);
  });
});
