/** The relay's cost of WebRTC calls, and the punctuality of its frames in many calls at once. */
import { Buffer } from 'node:buffer';
import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { createOpusEncoder } from '../../dist/audio/opus-encoder.js';
import { systemClock } from '../../dist/core/clock.js';
import { offerConnection } from '../../dist/transport/webrtc/offering-peer.js';
import { parseRtpPacket, writeRtpPacket } from '../../dist/transport/webrtc/rtp-packet.js';
import { startRelayProcess } from './relay-child.js';
import { distribution, single } from './section.js';

const frameMs = 20;
/** Delay of a browser's jitter buffer on a quiet network: a later frame is heard as a gap. */
const jitterBufferMs = 40;
const targetPercent = 1.5;
const settleMs = 3000;

/**
 * The agent talks in all calls the whole time, and the visitors' microphones send a quiet room. The visitors run in this
 * process and send packets that were encoded once, so that both processes fit on two cores.
 */
export async function browsersAtOnce({ calls, seconds }) {
  const relay = await startRelayProcess('./talking-relay-process.js');
  await wait(settleMs);
  const before = await relay.usage();
  await wait(2000);
  const empty = (await relay.usage()).cpuMs - before.cpuMs;
  const room = await roomPackets();
  const visitors = await Promise.all(Array.from({ length: calls }, () => visit(relay.url)));
  const stop = sendEvery(visitors, room);
  await wait(settleMs);
  for (const visitor of visitors) visitor.begin();
  const start = await relay.usage();
  await wait(seconds * 1000);
  const end = await relay.usage();
  const arrivals = visitors.map((visitor) => visitor.arrivals());
  stop();
  for (const visitor of visitors) visitor.leave();
  await relay.close();
  const percent = (end.cpuMs - start.cpuMs - (empty / 2) * seconds) / seconds / 10 / calls;
  const expected = calls * seconds * (1000 / frameMs);
  const received = arrivals.reduce((sum, { count }) => sum + count, 0);
  const problems = received < expected * 0.98 ? [`only ${received} of ${expected} frames arrived`] : [];
  return {
    title: `${calls} browsers at once, the agent talking in all of them`,
    figures: [
      single('each call: media, transport and session', '% of a core', percent, { most: targetPercent }),
      distribution(
        'connected after',
        'ms',
        visitors.map(({ connectMs }) => connectMs),
      ),
      single('frames that were sent late', '', end.lateFrames - start.lateFrames, { most: 0 }),
      single(
        `frames that arrived too late for a jitter buffer of ${jitterBufferMs} ms`,
        '',
        arrivals.reduce((sum, { late }) => sum + late, 0),
        { most: 0 },
      ),
      single('event loop delay of the relay, p99', 'ms', end.loopDelay.p99),
      single('relay’s memory', 'MB', end.residentMb),
    ],
    problems,
  };
}

/** Two seconds of a quiet room, as Opus. */
async function roomPackets() {
  const encoder = await createOpusEncoder({ sampleRateHz: 24_000 });
  let state = 1;
  const noise = () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return Math.round((state / 0x7fffffff - 0.5) * 60);
  };
  const packets = Array.from({ length: 100 }, () => encoder.encode(Int16Array.from({ length: 480 }, noise)));
  encoder.close();
  return packets;
}

async function visit(relayUrl) {
  const startedMs = performance.now();
  const { offer, accept, connection } = await offerConnection({
    clock: systemClock,
    bindAddress: '127.0.0.1',
  });
  const { sdp } = await post(`${relayUrl}/webrtc/offer`, { type: 'offer', sdp: offer });
  accept(sdp);
  if (!(await connection.connected)) throw new Error('A browser could not connect.');
  const connectMs = performance.now() - startedMs;
  let first = null;
  let seen = { count: 0, late: 0 };
  connection.start({
    onRtp(bytes) {
      const atMs = performance.now();
      const { timestamp } = parseRtpPacket(bytes);
      first ??= { atMs, timestamp };
      const dueMs = first.atMs + ((timestamp - first.timestamp) | 0) / 48;
      seen.count++;
      // Use the earliest frame as reference, so that a late first frame hides no others.
      if (atMs < dueMs) first = { atMs, timestamp };
      else if (atMs - dueMs > jitterBufferMs) seen.late++;
    },
    onText(text) {
      const message = JSON.parse(text);
      if (message.type !== 'sync') return;
      const pageMs = performance.now();
      const answer = { type: 'sync', id: message.id, receivedPageMs: pageMs, sentPageMs: pageMs };
      connection.sendText(JSON.stringify(answer));
    },
    onChannelOpen: () => undefined,
    onEnd: () => undefined,
  });
  return {
    connection,
    connectMs,
    /** Resets the counts. */
    begin: () => (seen = { count: 0, late: 0 }),
    arrivals: () => seen,
    leave: () => connection.close(),
  };
}

/** Sends all visitors' packets each 20 ms. Returns a function that stops it. */
function sendEvery(visitors, packets) {
  const startMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (; startMs + sent * frameMs <= performance.now(); sent++) {
      for (const { connection } of visitors) {
        const { payloadType, ssrc } = connection.audio;
        connection.sendRtp(
          writeRtpPacket({
            payloadType,
            marker: false,
            sequenceNumber: sent & 0xffff,
            timestamp: (sent * 960) >>> 0,
            ssrc,
            payload: packets[sent % packets.length],
          }),
        );
      }
    }
  }, 5);
  return () => clearInterval(timer);
}

function post(url, body) {
  const text = Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': text.length };
    request(url, { method: 'POST', headers, agent: false }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const answer = JSON.parse(Buffer.concat(chunks).toString());
        if (response.statusCode === 200) resolve(answer);
        else reject(new Error(`The relay answered ${response.statusCode}: ${answer.error}`));
      });
    })
      .on('error', reject)
      .end(text);
  });
}
