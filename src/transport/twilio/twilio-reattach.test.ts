/** A call whose media stream breaks goes on in another one. */
import { describe, expect, it } from '@jest/globals';
import { TwilioFarEnd } from '../../../test/harness/twilio-far-end.js';
import { bytesOf, makeCall, type Call } from '../../../test/harness/twilio-transport-call.js';

/** Time passes, and the far end sends silence all the time, as Twilio does. */
async function talk(call: Call, far: TwilioFarEnd, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20) {
    far.sayMulaw(new Uint8Array(160).fill(0xff));
    await call.pass(20);
  }
}

function another(call: Call, digit: string): TwilioFarEnd {
  return new TwilioFarEnd(call.clock, { thereMs: 30, backMs: 30, streamSid: `MZ${digit.repeat(32)}` });
}

describe('a stream that breaks', () => {
  it('pauses playout where it had got to, and the next one plays the rest', async () => {
    const call = makeCall({ thereMs: 30, backMs: 30 }, {}, { waits: true });
    call.play(16_000);
    call.transport.watch(16_000);
    await talk(call, call.far, 1000);
    call.far.terminate();
    expect(call.losses).toHaveLength(1);
    const { positionSamples, origin } = await call.transport.pause();
    expect(origin).toBe('estimated');
    // The far end had played for 1000 ms less the way there and back.
    expect(Math.abs(positionSamples - 940 * 8)).toBeLessThanOrEqual(40 * 8);
    call.play(4000);
    await call.pass(5000);
    expect(call.heardMarks).toEqual([]);
    const next = another(call, '2');
    expect(call.transport.reattach(next.start)).toBe(true);
    expect(call.returns).toBe(1);
    call.transport.resume(positionSamples);
    await talk(call, next, 3000);
    expect(Buffer.compare(next.heard, bytesOf([[positionSamples, 20_000]]))).toBe(0);
    expect(call.heardMarks).toMatchObject([{ positionSamples: 16_000, origin: 'measured' }]);
    expect([call.warnings, call.ends]).toEqual([[], []]);
  });

  it('keeps the pause that was already there', async () => {
    const call = makeCall({ thereMs: 30, backMs: 30 }, {}, { waits: true });
    call.play(16_000);
    await talk(call, call.far, 500);
    const paused = call.transport.pause();
    call.far.terminate();
    const { positionSamples } = await paused;
    expect(await call.transport.pause()).toEqual(await paused);
    const next = another(call, '2');
    call.transport.reattach(next.start);
    await talk(call, next, 500);
    expect(next.heard).toHaveLength(0);
    call.transport.resume(positionSamples);
    await talk(call, next, 400);
    expect(next.heard.length).toBeGreaterThan(0);
  });

  it('may be cleared while it is lost; what is played next is heard on the next stream', async () => {
    const call = makeCall({ thereMs: 30, backMs: 30 }, {}, { waits: true });
    call.play(16_000);
    await talk(call, call.far, 500);
    call.far.terminate();
    await call.transport.clear();
    call.play(800);
    const next = another(call, '2');
    call.transport.reattach(next.start);
    await talk(call, next, 400);
    expect(Buffer.compare(next.heard, bytesOf([[16_000, 16_800]]))).toBe(0);
  });

  it('is taken over also before its loss was noticed, and says nothing more', async () => {
    const call = makeCall({ thereMs: 30, backMs: 30 }, {}, { waits: true });
    await talk(call, call.far, 200);
    const next = another(call, '2');
    call.transport.reattach(next.start);
    expect(call.losses).toHaveLength(1);
    expect(call.far.closeCode).toBe(1000);
    const before = call.audio.length;
    call.far.readyState = 1;
    call.far.sendBack('dtmf', { dtmf: { track: 'inbound_track', digit: '5' } });
    call.far.emit('close', 1006);
    await talk(call, next, 100);
    expect(call.digits).toEqual([]);
    expect(call.audio.length).toBeGreaterThan(before);
    expect([call.losses.length, call.ends.length]).toEqual([1, 0]);
  });

  it('leaves no timer when the call ends meanwhile, and cannot be taken over then', async () => {
    const call = makeCall({}, {}, { waits: true });
    call.play(16_000);
    await talk(call, call.far, 100);
    call.far.terminate();
    await call.transport.close();
    expect(call.ends).toMatchObject([{ reason: 'closed' }]);
    expect(call.transport.reattach(another(call, '2').start)).toBe(false);
    await call.pass(2000);
    expect(call.clock.pendingTimers).toBe(0);
  });
});
