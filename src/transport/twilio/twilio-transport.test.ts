import { describe, expect, it, jest } from '@jest/globals';
import { decodeMulaw } from '../../audio/g711.js';
import { TransportError } from '../../core/errors.js';
import { TwilioFarEnd } from '../../../test/harness/twilio-far-end.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { TwilioTransport } from './twilio-transport.js';
import { content, makeCall } from '../../../test/harness/twilio-transport-call.js';

jest.setTimeout(60_000);

describe('caller audio on Media Streams', () => {
  it('arrives decoded, with the original bytes beside it', () => {
    const { far, clock, audio } = makeCall();
    const bytes = content(0, 160);
    far.sayMulaw(bytes);
    clock.advance(1);
    expect(audio).toHaveLength(1);
    expect(audio[0]?.samples).toEqual(decodeMulaw(bytes));
    expect(audio[0]?.encoded?.bytes).toEqual(Buffer.from(bytes));
    expect(audio[0]?.sampleRateHz).toBe(8000);
  });

  it('is missed 3 s after the last, with the remedy', () => {
    const { far, clock, stops, transport } = makeCall();
    clock.advance(1000);
    far.sayMulaw(content(0, 160));
    clock.advance(2999);
    expect([stops, transport.mediaStopped]).toEqual([[], false]);
    clock.advance(1);
    expect(transport.mediaStopped).toBe(true);
    expect(stops.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^No audio has arrived from Twilio for 3 s .* check the tunnel or proxy/),
    ]);
  });

  it('is held until a listener is set, in order', () => {
    const clock = new VirtualClock();
    const far = new TwilioFarEnd(clock);
    const transport = new TwilioTransport(far.start, { clock });
    far.sayMulaw(content(0, 160));
    far.sendBack('dtmf', { dtmf: { track: 'inbound_track', digit: '7' } });
    clock.advance(1);
    const order: string[] = [];
    transport.start({
      onAudio: () => order.push('audio'),
      onDtmf: (digit) => order.push(digit),
      onHeard: () => undefined,
      onTypedText: () => undefined,
      onWarning: () => undefined,
      onEnd: () => undefined,
    });
    expect(order).toEqual(['audio', '7']);
  });
});

describe('the end of a call', () => {
  it('is a hang-up when the stream stops', () => {
    const call = makeCall();
    call.far.sendBack('stop', { stop: { accountSid: 'AC1', callSid: 'CA1' } });
    call.clock.advance(1);
    expect(call.ends).toEqual([{ reason: 'hangup', cause: undefined }]);
    expect(call.far.closeCode).toBe(1000);
  });

  it('is a hang-up when the socket closes', () => {
    const call = makeCall();
    call.far.close(1006);
    expect(call.ends).toEqual([{ reason: 'hangup', cause: undefined }]);
  });

  it('is a transport error when the socket fails', () => {
    const call = makeCall();
    call.far.emit('error', new Error('read ECONNRESET'));
    call.far.close(1006);
    expect(call.ends.map(({ reason }) => reason)).toEqual(['transport_error']);
    expect(call.ends[0]?.cause).toBeInstanceOf(TransportError);
    expect(call.ends[0]?.cause?.message).toMatch(/ECONNRESET/);
  });

  it('comes once, however often it is closed, and settles what was asked', async () => {
    const call = makeCall({ thereMs: 50, backMs: 50 });
    call.play(8000);
    await call.pass(200);
    const pausing = call.transport.pause();
    await Promise.all([call.transport.close(), call.transport.close()]);
    expect(call.ends).toEqual([{ reason: 'closed', cause: undefined }]);
    expect(await pausing).toEqual({ positionSamples: 1600, origin: 'estimated' });
    expect((await call.transport.clear()).origin).toBeDefined();
    call.play(800);
    call.transport.watch(8800);
    call.transport.resume(0);
    await call.pass(5000);
    expect(call.ends).toHaveLength(1);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('is told to a listener that comes later', async () => {
    const clock = new VirtualClock();
    const transport = new TwilioTransport(new TwilioFarEnd(clock).start, { clock });
    await transport.close();
    const ends: string[] = [];
    const unused = (): void => undefined;
    transport.start({
      onAudio: unused,
      onHeard: unused,
      onDtmf: unused,
      onTypedText: unused,
      onWarning: unused,
      onEnd: (reason) => ends.push(reason),
    });
    expect(ends).toEqual(['closed']);
  });

  it('comes with a warning when the connection is stuck', () => {
    const call = makeCall({}, { maxBufferedBytes: 10_000 });
    call.far.bufferedAmount = 10_001;
    call.play(160);
    expect(call.warnings.map(({ code }) => code)).toEqual(['stuck_connection']);
    expect(call.ends.map(({ reason }) => reason)).toEqual(['transport_error']);
  });

  it('comes for a call whose listener throws, and for no other', () => {
    const clock = new VirtualClock();
    const far = new TwilioFarEnd(clock);
    const transport = new TwilioTransport(far.start, { clock });
    const ends: string[] = [];
    const unused = (): void => undefined;
    transport.start({
      onAudio: () => {
        throw new Error('a bug');
      },
      onHeard: unused,
      onDtmf: unused,
      onTypedText: unused,
      onWarning: unused,
      onEnd: (reason) => ends.push(reason),
    });
    far.sayMulaw(content(0, 160));
    clock.advance(1);
    expect(ends).toEqual(['transport_error']);
  });
});
