/** A minimal browser: offers, connects, and sends continuous silence. */
import { systemClock } from '../../dist/core/clock.js';
import { offerConnection } from '../../dist/transport/webrtc/offering-peer.js';
import { writeRtpPacket } from '../../dist/transport/webrtc/rtp-packet.js';

/** One frame of Opus without content: 20 ms of silence. */
const silence = Uint8Array.of(0xf8, 0xff, 0xfe);

/** Offers a call and receives the relay's answer, without connecting yet. Rejects if there is no answer. */
export async function offerCall(relayUrl) {
  const { offer, accept, connection } = await offerConnection({
    clock: systemClock,
    bindAddress: '127.0.0.1',
  });
  try {
    const response = await globalThis.fetch(new URL('/webrtc/offer', relayUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'offer', sdp: offer }),
    });
    if (!response.ok) throw new Error(`The relay answered ${response.status}: ${await response.text()}`);
    const { sdp } = await response.json();
    return { accept: () => accept(sdp), connection };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Calls the relay; resolves when media flows. `ended` resolves with the reason when the connection is over. */
export async function callFromBrowser(relayUrl) {
  const { accept, connection } = await offerCall(relayUrl);
  accept();
  if (!(await connection.connected)) throw new Error('The connection failed.');
  const ended = new Promise((resolve) => {
    connection.start({
      onRtp: () => undefined,
      onChannelOpen: () => undefined,
      onText: () => undefined,
      onEnd: resolve,
    });
  });
  let sequenceNumber = 0;
  let timer = null;
  const send = () => {
    const { payloadType, ssrc } = connection.audio;
    const timestamp = sequenceNumber * 960;
    connection.sendRtp(
      writeRtpPacket({ payloadType, marker: false, sequenceNumber, timestamp, ssrc, payload: silence }),
    );
    sequenceNumber = (sequenceNumber + 1) & 0xffff;
    timer = systemClock.setTimer(20, send);
  };
  send();
  void ended.then(() => timer.cancel());
  return { connection, ended };
}
