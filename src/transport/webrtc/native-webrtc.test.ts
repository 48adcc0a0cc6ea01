import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PeerRecorder } from '../../../test/harness/peer-recorder.js';
import { webRtcUnused } from '../../../test/harness/webrtc-unused.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { answerOffer } from './answering-peer.js';
import { resolveWebRtcOptions } from './ice-options.js';
import { leaseWebRtc, webRtcUse, type WebRtcLease } from './native-webrtc.js';
import { readOffer } from './offer.js';
import { offerConnection } from './offering-peer.js';

let last: WebRtcLease;
beforeAll(async () => {
  await webRtcUnused();
  last = leaseWebRtc();
});
afterAll(() => last.release());

async function connect() {
  const clock = new VirtualClock();
  const offered = await offerConnection({ clock, bindAddress: '127.0.0.1' });
  const reading = readOffer(offered.offer);
  if (!reading.ok) throw new Error(reading.problem.message);
  const webrtc = resolveWebRtcOptions(undefined, true, []);
  const answered = await answerOffer(reading.offer, { clock, webrtc });
  const caller = new PeerRecorder();
  const relay = new PeerRecorder();
  offered.connection.start(caller);
  answered.connection.start(relay);
  offered.accept(answered.answer);
  await caller.until(() => caller.log.includes('open'));
  return {
    caller,
    sendText: (text: string) => offered.connection.sendText(text),
    relay,
    hangUp: () => offered.connection.close(),
  };
}

describe('the native library', () => {
  it('stays up for live calls when another relay of the process releases it', async () => {
    const other = leaseWebRtc();
    await other.load();
    const call = await connect();
    await other.release();
    await other.release();
    expect(call.sendText('still there')).toBe(true);
    await call.relay.until(() => call.relay.texts.length === 1);
    call.hangUp();
    await call.relay.ended();
  });

  it('shuts down with its last lease, and starts again for the next', async () => {
    await last.release();
    expect(webRtcUse()).toEqual({ leases: 0, nativeObjects: 0 });
    for (let round = 0; round < 3; round++) {
      const only = leaseWebRtc();
      const call = await connect();
      call.hangUp();
      await call.relay.ended();
      await only.release();
      expect(webRtcUse()).toEqual({ leases: 0, nativeObjects: 0 });
    }
  });

  it('releases everything that never connected', async () => {
    const only = leaseWebRtc();
    const clock = new VirtualClock();
    for (let i = 0; i < 5; i++) (await offerConnection({ clock })).connection.close();
    await only.release();
    expect(webRtcUse()).toEqual({ leases: 0, nativeObjects: 0 });
  });

  it('is not loaded by a claim alone', async () => {
    const unused = leaseWebRtc();
    expect(webRtcUse().leases).toBe(1);
    await unused.release();
    expect(webRtcUse().leases).toBe(0);
  });
});
